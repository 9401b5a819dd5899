import { OBJECTS } from './catalogue/objects.js';
import { PARAMETERS } from './catalogue/parameters.js';
import { LISTS } from './catalogue/searches.js';
import {
  isNumericList,
  OBJECT_WORDS,
  objectEntry,
  parameterValue,
  propertyValue,
} from './explain/object-words.js';
import { Keywords } from './keywords.js';
import type {
  AlteredReply,
  DeletedReply,
  EndpointMessage,
  ListName,
  ListReply,
  ObjectName,
  ParameterName,
  PlainReply,
  PropertyReply,
} from './message.js';
import { INVALID, parseVerb, readId } from './parse-command.js';
import { parseInteger, Scanner, splitList, trimBlanks } from './scanner.js';

/** A reply, or `undefined` for any other line. */
type Parsed = EndpointMessage | undefined;
type Rule = (s: Scanner) => Parsed;

/**
 * Parses a line of an endpoint: a reply, error or notification. Keywords are recognised in any case. A line that is not
 * in the reference becomes `unknown` with its text. Never throws for a string.
 *
 * @param line one message, without its terminator. Line breaks inside free text are kept.
 */
export function parseReply(line: string): EndpointMessage {
  const s = new Scanner(line);
  const word = s.keyword(FIRST_WORDS);
  const parsed = word === undefined ? undefined : RULES.get(word)?.(s);
  return parsed ?? { kind: 'unknown', text: s.message(), commandId: s.commandId };
}

/** Commands that an endpoint confirms by repeating them. */
const ECHOED = [
  'SET',
  'CREATE',
  'DELETE',
  'OPEN',
  'CLEAR',
  'FOCUS',
  'MINIMIZE',
  'BTN_PRESSED',
  'BTN_RELEASED',
  'RESETIDLETIMER',
];

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...keysOf(OBJECTS).map((name) => [name, (s: Scanner) => parseProperty(name, s)] as const),
  ...keysOf(PARAMETERS).map((name) => [name, (s: Scanner) => parseParameter(name, s)] as const),
  ...keysOf(LISTS).map((name) => [name, (s: Scanner) => parseList(name, s)] as const),
  ...ECHOED.map((verb) => [verb, (s: Scanner) => parseEcho(verb, s)] as const),
  ['ALTER', parseAltered],
  ['OK', (s) => plain('ok', s)],
  ['PONG', (s) => plain('pong', s)],
  ['CALLHISTORYCHANGED', (s) => plain('call-history-changed', s)],
  ['IMHISTORYCHANGED', (s) => plain('im-history-changed', s)],
  ['ERROR', parseError],
  ['PROTOCOL', parseProtocol],
  ['CONTACTS', parseFocus],
  ['DELETED', parseDeleted],
]);

const FIRST_WORDS = new Keywords(RULES.keys());
const FOCUSED = new Keywords(['FOCUSED']);

function keysOf<K extends string>(table: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(table) as K[];
}

function parseProperty(object: ObjectName, s: Scanner): Parsed {
  const entry = objectEntry(object);
  const id = entry && readId(entry, s);
  if (entry === undefined || id === INVALID) return undefined;
  const property = s.keywordOrOther(entry.properties);
  if (property === '') return undefined;
  const value = propertyValue(entry, property, s);
  return {
    kind: 'property',
    object,
    id,
    property,
    value,
    commandId: s.commandId,
    spelling: s.spelling,
  } as PropertyReply;
}

function parseParameter(parameter: ParameterName, s: Scanner): Parsed {
  const value = parameterValue(parameter, s);
  return { kind: 'parameter', parameter, value, commandId: s.commandId, spelling: s.spelling };
}

function parseList(list: ListName, s: Scanner): Parsed {
  const words = splitList(s.rest());
  const ids = isNumericList(list) ? words.map(parseInteger) : words;
  if (ids.includes(undefined as never)) return undefined;
  return { kind: 'list', list, ids, commandId: s.commandId, spelling: s.spelling } as ListReply;
}

function parseEcho(verb: string, s: Scanner): Parsed {
  const command = parseVerb(verb, s);
  return typeof command === 'object' ? { kind: 'echo', command, commandId: s.commandId } : undefined;
}

/** Parses a repeated `ALTER`: whole, or without the id for chats and their members. */
function parseAltered(s: Scanner): Parsed {
  const lookahead = s.fork();
  const entry = objectEntry(lookahead.keywordOrOther(OBJECT_WORDS));
  const action = entry && lookahead.keyword(entry.actions);
  if (!entry?.spec.anonymousReply || !action) return parseEcho('ALTER', s);
  return {
    kind: 'altered',
    object: entry.name,
    action,
    value: trimBlanks(lookahead.text()),
    commandId: s.commandId,
    spelling: lookahead.spelling,
  } satisfies AlteredReply;
}

function plain(kind: PlainReply['kind'], s: Scanner): Parsed {
  return s.rest() === '' ? { kind, commandId: s.commandId, spelling: s.spelling } : undefined;
}

function parseError(s: Scanner): Parsed {
  const number = s.integer();
  if (number === undefined) return undefined;
  return { kind: 'error', number, text: s.text(), commandId: s.commandId, spelling: s.spelling };
}

function parseProtocol(s: Scanner): Parsed {
  const version = s.integer();
  if (version === undefined || s.rest() !== '') return undefined;
  return { kind: 'protocol', version, commandId: s.commandId, spelling: s.spelling };
}

function parseFocus(s: Scanner): Parsed {
  if (s.keyword(FOCUSED) === undefined) return undefined;
  return { kind: 'contacts-focused', handle: s.rest(), commandId: s.commandId, spelling: s.spelling };
}

function parseDeleted(s: Scanner): Parsed {
  const object = s.keyword(OBJECT_WORDS);
  const entry = object === undefined ? undefined : objectEntry(object);
  const id = entry && readId(entry, s);
  if (entry === undefined || id === INVALID || s.rest() !== '') return undefined;
  return {
    kind: 'deleted',
    object: entry.name,
    id,
    commandId: s.commandId,
    spelling: s.spelling,
  } as DeletedReply;
}
