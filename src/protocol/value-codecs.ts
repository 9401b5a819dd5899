import { invalidArgument } from '../base/errors.js';
import type { CodedName, PlainDate, ValueType, ValueTypes } from './catalogue/value-type.js';
import { parseInteger, splitList, trimBlanks } from './scanner.js';
import { formatStreamTargets, parseStreamTargets } from './stream-target.js';

/** Reader and writer of one type of value. */
export interface Codec<T> {
  /** Expected text on the wire, for messages to people. */
  readonly syntax: string;
  /** `undefined` when the text is not of this type. */
  decode(text: string): T | undefined;
  /** @throws ERR_INVALID_ARG, naming `name`, for a value that cannot be written on the wire. */
  encode(value: T, name: string): string;
}

const INTEGER: Codec<number> = {
  syntax: 'an integer',
  decode: parseSignedInteger,
  encode(value, name) {
    if (!Number.isSafeInteger(value)) throw invalidArgument(name, 'an integer', value);
    return String(value);
  },
};

const TEXT: Codec<string> = { syntax: 'text', decode: (text) => text, encode: (value) => value };

const WORD: Codec<string> = {
  syntax: 'one word',
  decode: (text) => {
    const word = trimBlanks(text);
    return word.includes(' ') ? undefined : word;
  },
  encode(value, name) {
    if (value.includes(' ')) throw invalidArgument(name, 'one word without spaces', value);
    return value;
  },
};

/** The codec of each type in the catalogue. */
export const CODECS: { readonly [T in ValueType]: Codec<ValueTypes[T]> } = {
  none: { syntax: 'nothing', decode: () => undefined, encode: () => '' },
  text: TEXT,
  quoted: { syntax: 'text', decode: unquote, encode: quote },
  word: WORD,
  enum: WORD,
  int: INTEGER,
  timestamp: INTEGER,
  seconds: INTEGER,
  date: { syntax: 'a date as YYYYMMDD, or 0', decode: parseDate, encode: formatDate },
  bool: flag('TRUE', 'FALSE'),
  onoff: flag('ON', 'OFF'),
  words: { syntax: 'words separated by spaces', decode: splitWords, encode: joiner(' ') },
  list: { syntax: 'words separated by commas', decode: splitWordsOrList, encode: joiner(', ') },
  ids: {
    syntax: 'numbers separated by commas',
    decode: (text) => all(splitWordsOrList(text).map(parseInteger)),
    encode: (ids, name) => ids.map((id) => INTEGER.encode(id, name)).join(', '),
  },
  streams: { syntax: 'stream targets', decode: parseStreamTargets, encode: formatStreamTargets },
  coded: { syntax: 'a name, or a code and a name', decode: parseCoded, encode: formatCoded },
  participant: {
    syntax: 'a number, a handle, a call type, a status and a name',
    decode(text) {
      const [index = '', handle, type, status, ...name] = trimBlanks(text).split(' ');
      const number = parseInteger(index);
      if (number === undefined || !handle || !type || !status) return undefined;
      return { index: number, handle, type, status, displayName: name.join(' ') };
    },
    encode: ({ index, handle, type, status, displayName }) =>
      `${index} ${handle} ${type} ${status} ${displayName}`,
  },
  verdict: {
    syntax: 'a word, and TRUE or FALSE',
    decode(text) {
      const [subject, word = '', ...more] = trimBlanks(text).split(' ');
      const verdict = CODECS.bool.decode(word);
      return !subject || verdict === undefined || more.length > 0 ? undefined : { subject, verdict };
    },
    encode: ({ subject, verdict }, name) =>
      `${WORD.encode(subject, name)} ${CODECS.bool.encode(verdict, name)}`,
  },
  indexed: {
    syntax: 'a number and text',
    decode(text) {
      const [number, rest] = splitWord(text);
      const index = parseInteger(number);
      return index === undefined ? undefined : { index, text: rest };
    },
    encode: ({ index, text }, name) => `${INTEGER.encode(index, name)} ${text}`,
  },
  chunking: {
    syntax: 'two numbers',
    decode(text) {
      const numbers = all(splitWords(text).map(parseInteger));
      const [chunks, lastLength, ...more] = numbers ?? [];
      return chunks === undefined || lastLength === undefined || more.length > 0
        ? undefined
        : { chunks, lastLength };
    },
    encode: ({ chunks, lastLength }) => `${chunks} ${lastLength}`,
  },
  targets: {
    syntax: 'pairs number=status separated by commas',
    decode(text) {
      const pairs = splitList(text).map((pair) => pair.split('='));
      if (pairs.some((pair) => pair.length !== 2)) return undefined;
      return new Map(pairs.map(([number = '', status = '']) => [number, status]));
    },
    encode: (statuses) => Array.from(statuses, ([number, status]) => `${number}=${status}`).join(', '),
  },
  rules: {
    syntax: 'rules start,end,target separated by spaces',
    decode: (text) => all(splitWords(text).map(parseRule)),
    encode: (rules) =>
      rules.map(({ startSec, endSec, target }) => `${startSec},${endSec},${target}`).join(' '),
  },
  connections: {
    syntax: 'streams handle:id separated by spaces',
    decode: (text) => all(splitWords(text).map(parseStreamName)),
    encode: (streams) => streams.map(({ handle, stream }) => `${handle}:${stream}`).join(' '),
  },
  transfers: {
    syntax: 'streams handle:id=bytes separated by spaces',
    decode: parseTransfers,
    encode: formatTransfers,
  },
  datagram: {
    syntax: 'a stream handle:id and text',
    decode(text) {
      const [word, rest] = splitWord(text);
      const name = parseStreamName(word);
      return name && { ...name, text: rest };
    },
    encode: ({ handle, stream, text }) => `${handle}:${stream} ${text}`,
  },
  click: { syntax: '[handle] CONTEXT word [CONTEXT_ID word]', decode: parseClick, encode: formatClick },
};

/** A signed decimal integer of at most 15 digits; `undefined` for anything else. */
function parseSignedInteger(text: string): number | undefined {
  const word = trimBlanks(text);
  if (!word.startsWith('-')) return parseInteger(word);
  const value = parseInteger(word.slice(1));
  return value === undefined ? undefined : -value;
}

function flag(yes: string, no: string): Codec<boolean> {
  return {
    syntax: `${yes} or ${no}`,
    decode(text) {
      const word = trimBlanks(text).toUpperCase();
      return word === yes ? true : word === no ? false : undefined;
    },
    encode: (value) => (value ? yes : no),
  };
}

/** Removes the quotation marks around a text; a text without them stays as it came. */
function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

function quote(text: string): string {
  return text.includes(' ') || text === '' || unquote(text) !== text ? `"${text}"` : text;
}

function parseDate(text: string): PlainDate | undefined {
  const word = trimBlanks(text);
  const number = parseInteger(word);
  if (word.length !== 8 || number === undefined) return undefined;
  return { year: Math.floor(number / 10_000), month: Math.floor(number / 100) % 100, day: number % 100 };
}

function formatDate(date: PlainDate | undefined, name: string): string {
  if (date === undefined) return '0';
  const { year, month, day } = date;
  const valid = [year, month, day].every(Number.isInteger) && year >= 1 && year <= 9999;
  if (!valid || month < 1 || month > 12 || day < 1 || day > 31) {
    throw invalidArgument(name, 'a date from year 1 to 9999', `${year}-${month}-${day}`);
  }
  return String(year * 10_000 + month * 100 + day).padStart(8, '0');
}

function splitWords(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** Splits a list, which clients and endpoints separate by commas, by blanks, or by both. */
function splitWordsOrList(text: string): string[] {
  return text.includes(',') ? splitList(text) : splitWords(text);
}

function joiner(separator: string): (words: readonly string[], name: string) => string {
  return (words, name) => {
    const bad = words.find((word) => word === '' || word.includes(' ') || word.includes(','));
    if (bad !== undefined) throw invalidArgument(name, 'words without spaces and commas', bad);
    return words.join(separator);
  };
}

/** Gives the list when all its items could be read; otherwise `undefined`. */
function all<T>(items: readonly (T | undefined)[]): T[] | undefined {
  return items.includes(undefined) ? undefined : (items as T[]);
}

/** Splits off the first word. The rest begins after the blank that ends it. */
function splitWord(text: string): [word: string, rest: string] {
  const end = text.indexOf(' ');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}

/** Reads a language or country. A code has two lower-case letters; a name without a code begins with a capital. */
function parseCoded(text: string): CodedName {
  const [code, name] = splitWord(trimBlanks(text));
  return /^[a-z]{2}$/.test(code) ? { code, name } : { name: trimBlanks(text) };
}

function formatCoded({ code, name }: CodedName): string {
  return code === undefined ? name : trimBlanks(`${code} ${name}`);
}

function parseRule(word: string): ValueTypes['rules'][number] | undefined {
  const [start = '', end = '', target, ...more] = word.split(',');
  const startSec = parseInteger(start);
  const endSec = parseInteger(end);
  if (startSec === undefined || endSec === undefined || !target || more.length > 0) return undefined;
  return { startSec, endSec, target };
}

function parseStreamName(word: string): ValueTypes['connections'][number] | undefined {
  const colon = word.lastIndexOf(':');
  const stream = parseInteger(word.slice(colon + 1));
  return colon < 1 || stream === undefined ? undefined : { handle: word.slice(0, colon), stream };
}

/**
 * Reads byte counts of streams. Early releases wrote a blank in place of the `=` (reference, "ALTER APPLICATION
 * WRITE").
 */
function parseTransfers(text: string): ValueTypes['transfers'] | undefined {
  const transfers: ValueTypes['transfers'][number][] = [];
  for (const word of splitWords(text.replaceAll('=', ' '))) {
    const bytes = parseInteger(word);
    const name = bytes === undefined ? parseStreamName(word) : transfers.pop();
    if (name === undefined || (bytes !== undefined && 'bytes' in name)) return undefined;
    transfers.push(bytes === undefined ? name : { ...name, bytes });
  }
  return transfers;
}

function formatTransfers(transfers: ValueTypes['transfers']): string {
  const words = transfers.map(({ handle, stream, bytes }) => {
    return bytes === undefined ? `${handle}:${stream}` : `${handle}:${stream}=${bytes}`;
  });
  return words.join(' ');
}

function parseClick(text: string): ValueTypes['click'] | undefined {
  const words = splitWords(text);
  const handle = words[0]?.toUpperCase() === 'CONTEXT' ? undefined : words.shift();
  const [keyword, context, idKeyword, contextId, ...more] = words;
  if (keyword?.toUpperCase() !== 'CONTEXT' || context === undefined || more.length > 0) return undefined;
  if (idKeyword !== undefined && (idKeyword.toUpperCase() !== 'CONTEXT_ID' || contextId === undefined))
    return undefined;
  return { ...(handle && { handle }), context, ...(contextId && { contextId }) };
}

function formatClick({ handle, context, contextId }: ValueTypes['click']): string {
  const words = [handle, 'CONTEXT', context, contextId && `CONTEXT_ID ${contextId}`];
  return words.filter((word) => word).join(' ');
}
