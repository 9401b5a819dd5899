import type { ErrorNumber } from './catalogue/error-codes.js';
import { HISTORIES, WINDOWS } from './catalogue/windows.js';
import {
  GET_SET_WORDS,
  OBJECT_WORDS,
  type ObjectEntry,
  objectEntry,
  parameterValue,
  propertyValue,
  SEARCH_WORDS,
} from './explain/object-words.js';
import { Keywords } from './keywords.js';
import type {
  AlterCommand,
  ChatCommand,
  CommandMessage,
  DeleteCommand,
  GetCommand,
  ObjectId,
  ObjectName,
  ParameterName,
  SearchName,
  SetCommand,
} from './message.js';
import { Scanner, splitList } from './scanner.js';

/** Result of a verb's rule: a command, or the error that answers the line. */
type Parsed = CommandMessage | ErrorNumber;

/**
 * Parses a line of a client. Keywords are recognised in any case. A line that is not a command of the reference becomes
 * `unknown`, with its text and the number of the error that answers it. Never throws for a string.
 *
 * @param line one message, without its terminator. Line breaks inside free text are kept.
 */
export function parseCommand(line: string): CommandMessage {
  const scanner = new Scanner(line);
  const parsed = parseVerb(scanner.keywordOrOther(VERB_WORDS), scanner);
  if (typeof parsed === 'object') return parsed;
  return { kind: 'unknown', text: scanner.message(), error: parsed, commandId: scanner.commandId };
}

/** Parses the parameters of `verb`, from the position of `s` on. */
export function parseVerb(verb: string, s: Scanner): Parsed {
  return VERBS.get(verb)?.(s) ?? (verb === '' ? 1 : 2);
}

const VERBS: ReadonlyMap<string, (s: Scanner) => Parsed> = new Map(
  Object.entries({
    NAME: (s) => ({ kind: 'name', name: s.rest(), commandId: s.commandId, spelling: s.spelling }),
    PROTOCOL: parseProtocol,
    PING: (s) => plain('ping', s),
    FOCUS: (s) => plain('focus', s),
    MINIMIZE: (s) => plain('minimize', s),
    RESETIDLETIMER: (s) => plain('reset-idle-timer', s),
    BTN_PRESSED: (s) => button('button-pressed', s),
    BTN_RELEASED: (s) => button('button-released', s),
    CALL: parseCall,
    VOICEMAIL: (s) => leaveVoicemail('voicemail', s),
    CALLVOICEMAIL: (s) => leaveVoicemail('call-voicemail', s),
    MESSAGE: parseMessage,
    CHATMESSAGE: parseChatMessage,
    CHAT: parseChat,
    GET: parseGet,
    SET: parseSet,
    ALTER: parseAlter,
    SEARCH: parseSearch,
    CREATE: parseCreate,
    DELETE: parseDelete,
    OPEN: (s) => target('open', 69, s),
    CLOSE: (s) => target('close', 113, s),
    HOOK: (s) => switched('hook', /^(ON|OFF)$/i, 52, s),
    READY: (s) => switched('ready', /^(YES|NO)$/i, 51, s),
    TRANSFER: (s) => ({ kind: 'transfer', argument: s.rest(), commandId: s.commandId, spelling: s.spelling }),
    CLEAR: (s) => target('clear', 520, s),
  } satisfies Record<string, (s: Scanner) => Parsed>),
);

const VERB_WORDS = new Keywords(VERBS.keys());
const CHAT_ACTIONS = new Keywords(['CREATE', 'CREATEUSINGBLOB', 'FINDUSINGBLOB']);
const TARGET_WORDS = {
  open: new Keywords(Object.keys(WINDOWS)),
  close: new Keywords(Object.keys(WINDOWS)),
  clear: new Keywords(Object.keys(HISTORIES)),
};

function parseProtocol(s: Scanner): Parsed {
  const version = s.integer();
  if (version === undefined || s.rest() !== '') return 27;
  return { kind: 'protocol', version, commandId: s.commandId, spelling: s.spelling };
}

function plain(kind: 'ping' | 'focus' | 'minimize' | 'reset-idle-timer', s: Scanner): Parsed {
  return s.rest() === '' ? { kind, commandId: s.commandId, spelling: s.spelling } : 1;
}

function button(kind: 'button-pressed' | 'button-released', s: Scanner): Parsed {
  const key = s.rest();
  return key === '' ? 74 : { kind, key, commandId: s.commandId, spelling: s.spelling };
}

function switched(kind: 'hook' | 'ready', values: RegExp, wrong: ErrorNumber, s: Scanner): Parsed {
  const value = s.rest();
  return values.test(value) ? { kind, value, commandId: s.commandId, spelling: s.spelling } : wrong;
}

function parseCall(s: Scanner): Parsed {
  const targets = splitList(s.rest());
  if (targets.length === 0) return 34;
  return { kind: 'call', targets, commandId: s.commandId, spelling: s.spelling };
}

function leaveVoicemail(kind: 'voicemail' | 'call-voicemail', s: Scanner): Parsed {
  const target = s.rest();
  return target === '' ? 34 : { kind, target, commandId: s.commandId, spelling: s.spelling };
}

function parseMessage(s: Scanner): Parsed {
  const target = s.word();
  if (target === '') return 26;
  const text = s.text();
  return text === '' ? 43 : { kind: 'message', target, text, commandId: s.commandId, spelling: s.spelling };
}

function parseChatMessage(s: Scanner): Parsed {
  const chat = s.word();
  if (chat === '') return 509;
  const text = s.text();
  return text === ''
    ? 511
    : { kind: 'chat-message', chat, text, commandId: s.commandId, spelling: s.spelling };
}

function parseChat(s: Scanner): Parsed {
  const word = s.keywordOrOther(CHAT_ACTIONS);
  const action = CHAT_ACTIONS.exact(word) as ChatCommand['action'] | undefined;
  if (action === undefined) return word === '' ? 502 : 503;
  return { kind: 'chat', action, argument: s.rest(), commandId: s.commandId, spelling: s.spelling };
}

function parseGet(s: Scanner): Parsed {
  const what = s.keyword(GET_SET_WORDS);
  if (what === undefined) return 7;
  const entry = objectEntry(what);
  if (entry === undefined) {
    const parameter = what as ParameterName;
    return {
      kind: 'get-parameter',
      parameter,
      argument: s.rest(),
      commandId: s.commandId,
      spelling: s.spelling,
    };
  }
  const errors = entry.spec.errors.get;
  const id = readId(entry, s);
  if (id === INVALID) return errors.id;
  const property = s.keywordOrOther(entry.properties);
  if (property === '') return errors.what;
  const argument = s.rest();
  const object = entry.name;
  return {
    kind: 'get',
    object,
    id,
    property,
    argument,
    commandId: s.commandId,
    spelling: s.spelling,
  } as GetCommand;
}

function parseSet(s: Scanner): Parsed {
  const what = s.keyword(GET_SET_WORDS);
  if (what === undefined) return 18;
  const entry = objectEntry(what);
  if (entry === undefined) {
    const parameter = what as ParameterName;
    const value = parameterValue(parameter, s);
    return { kind: 'set-parameter', parameter, value, commandId: s.commandId, spelling: s.spelling };
  }
  const errors = entry.spec.errors.set;
  const id = readId(entry, s);
  if (id === INVALID) return errors.id;
  const property = s.keywordOrOther(entry.properties);
  if (property === '') return errors.what;
  const value = propertyValue(entry, property, s);
  const object = entry.name;
  return {
    kind: 'set',
    object,
    id,
    property,
    value,
    commandId: s.commandId,
    spelling: s.spelling,
  } as SetCommand;
}

function parseAlter(s: Scanner): Parsed {
  const word = s.keywordOrOther(OBJECT_WORDS);
  if (word === '') return 526;
  const entry = objectEntry(word);
  if (entry === undefined) return 527;
  const errors = entry.spec.errors.alter;
  const id = readId(entry, s);
  if (id === INVALID) return s.rest() === '' ? (errors.missing ?? errors.id) : errors.id;
  const action = s.keywordOrOther(entry.actions);
  if (action === '') return errors.what;
  const argument = entry.wordy.has(action) ? s.text() : s.rest();
  const object = entry.name;
  return {
    kind: 'alter',
    object,
    id,
    action,
    argument,
    commandId: s.commandId,
    spelling: s.spelling,
  } as AlterCommand;
}

function parseSearch(s: Scanner): Parsed {
  const what = s.keyword(SEARCH_WORDS) as SearchName | undefined;
  if (what === undefined) return 3;
  return { kind: 'search', what, target: s.rest(), commandId: s.commandId, spelling: s.spelling };
}

function parseCreate(s: Scanner): Parsed {
  const word = s.keywordOrOther(OBJECT_WORDS);
  if (word === '') return 536;
  const object = objectEntry(word)?.name;
  if (object === undefined) return 537;
  return { kind: 'create', object, argument: s.rest(), commandId: s.commandId, spelling: s.spelling };
}

function parseDelete(s: Scanner): Parsed {
  const word = s.keywordOrOther(OBJECT_WORDS);
  if (word === '') return 538;
  const entry = objectEntry(word);
  if (entry === undefined) return 539;
  const id = readId(entry, s);
  if (id === INVALID) return entry.spec.errors.delete ?? 538;
  return {
    kind: 'delete',
    object: entry.name,
    id,
    commandId: s.commandId,
    spelling: s.spelling,
  } as DeleteCommand;
}

function target(kind: 'open' | 'close' | 'clear', missing: ErrorNumber, s: Scanner): Parsed {
  const what = s.keywordOrOther(TARGET_WORDS[kind]);
  return what === ''
    ? missing
    : { kind, what, argument: s.rest(), commandId: s.commandId, spelling: s.spelling };
}

/** Marks a missing id, or an id that is not a number although the object has numeric ids. */
export const INVALID = Symbol('invalid id');

/** Reads the id of an object of this kind, if one follows. */
export function readId(entry: ObjectEntry, s: Scanner): ObjectId<ObjectName> | typeof INVALID {
  switch (entry.spec.id) {
    case 'number':
      return s.integer() ?? INVALID;
    case 'string':
      return s.word() || INVALID;
    case 'none':
      return undefined;
  }
}
