import { checkArgument, words } from '../base/check.js';
import type { Keywords } from './keywords.js';

const HASH = 0x23;
const BLANK = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/** Reads one line from left to right. Words are separated by blanks; free text follows the last word. */
export class Scanner {
  /** Spellings of the keywords read so far that differ from the catalogue's. */
  spelling: Map<string, string> | undefined;
  /** The command identifier at the start of the line, without its `#`. */
  readonly commandId: string | undefined;
  readonly #start: number;
  readonly #line: string;
  #at: number;

  /** @throws ERR_INVALID_ARG when `line` is not a string. */
  constructor(line: string) {
    checkArgument('line', line, words);
    this.#line = line;
    this.#at = 0;
    if (line.charCodeAt(0) === HASH) {
      this.commandId = this.word().slice(1);
      this.#at++;
    }
    this.#start = this.#at;
  }

  /** Makes another scanner at the same position. */
  fork(): Scanner {
    const copy = new Scanner(this.#line);
    copy.#at = this.#at;
    copy.spelling = this.spelling && new Map(this.spelling);
    return copy;
  }

  /** Reads the next word; empty at the end of the line. */
  word(): string {
    const line = this.#line;
    let start = this.#at;
    while (line.charCodeAt(start) === BLANK) start++;
    const blank = line.indexOf(' ', start);
    const end = blank < 0 ? line.length : blank;
    this.#at = end;
    return line.slice(start, end);
  }

  /**
   * Reads the next word. It is consumed in any case.
   *
   * @returns the catalogue's spelling if `keywords` holds it in any case.
   */
  keyword(keywords: Keywords): string | undefined {
    const word = this.word();
    return keywords.exact(word) ?? this.#respelt(word, keywords);
  }

  /** Reads the next word: in the catalogue's spelling if `keywords` holds it, otherwise as it came. */
  keywordOrOther(keywords: Keywords): string {
    const word = this.word();
    return keywords.exact(word) ?? this.#respelt(word, keywords) ?? word;
  }

  /** Reads a decimal number of at most 15 digits, so that it is exact; `undefined` for any other word. */
  integer(): number | undefined {
    return parseInteger(this.word());
  }

  /** Reads free text: everything after the single blank that ended the last word. */
  text(): string {
    return this.#line.slice(this.#at + 1);
  }

  /** The whole message as it came, without its command identifier. */
  message(): string {
    return this.#line.slice(this.#start);
  }

  /** Reads the rest of the line, without the blanks on either side. */
  rest(): string {
    return trimBlanks(this.#line, this.#at);
  }

  #respelt(word: string, keywords: Keywords): string | undefined {
    const name = keywords.nameOf(word);
    if (name === undefined) return undefined;
    this.spelling ??= new Map();
    this.spelling.set(name, word);
    return name;
  }
}

/** A decimal number of 1 to 15 digits; `undefined` for anything else. */
export function parseInteger(word: string): number | undefined {
  const { length } = word;
  if (length === 0 || length > 15) return undefined;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = word.charCodeAt(i);
    if (digit < ZERO || digit > NINE) return undefined;
    value = value * 10 + digit - ZERO;
  }
  return value;
}

/** `text` from `from` on, without leading and trailing blanks. Other white space is content. */
export function trimBlanks(text: string, from = 0): string {
  let start = from;
  let end = text.length;
  while (start < end && text.charCodeAt(start) === BLANK) start++;
  while (end > start && text.charCodeAt(end - 1) === BLANK) end--;
  return text.slice(start, end);
}

/** The words of a list: separated by commas, without the blanks around them. Empty ones are dropped. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((word) => trimBlanks(word))
    .filter((word) => word !== '');
}
