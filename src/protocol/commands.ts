import { checkArgument, oneOf, whole } from '../base/check.js';
import { invalidArgument } from '../base/errors.js';
import { OBJECTS } from './catalogue/objects.js';
import { SEARCHES } from './catalogue/searches.js';
import type { StreamTarget } from './catalogue/value-type.js';
import type { HISTORIES, WINDOWS } from './catalogue/windows.js';
import { objectEntry } from './explain/object-words.js';
import type {
  ActionName,
  AlterCommandOf,
  CallCommand,
  ChatCommand,
  ClearCommand,
  CreateCommand,
  DeleteCommandOf,
  GetCommandOf,
  GetParameterCommand,
  LeaveVoicemailCommand,
  NameCommand,
  ObjectId,
  ObjectName,
  OpenCommand,
  ParameterName,
  PlainCommand,
  PropertyName,
  ProtocolMessage,
  SearchCommand,
  SearchName,
  SendChatMessageCommand,
  SendMessageCommand,
  SetCommandOf,
  SetParameterCommand,
} from './message.js';
import { hasLineBreak, lineBreakError } from './serialize.js';
import { formatStreamTargets } from './stream-target.js';

/** Objects that have an id: all but PROFILE. */
export type NamedObject = { [O in ObjectName]: ObjectId<O> extends undefined ? never : O }[ObjectName];

/** The number of an object of the API. */
export const ID = whole(0, 999_999_999_999_999);

const ID_WORDS = { number: 'a number', string: 'a word', none: 'left out' } as const;

/** Actions of `O` whose argument is a list of stream targets. */
export type StreamAction = 'SET_INPUT' | 'SET_OUTPUT' | 'SET_CAPTURE_MIC';

const OBJECT = oneOf(...Object.keys(OBJECTS));
const SEARCH = oneOf(...Object.keys(SEARCHES));

/**
 * Builders of commands. Each one checks its parameters, so that the result is one well-formed line.
 *
 * @throws ERR_LINE_BREAK for CR, LF or NUL in a parameter; ERR_INVALID_ARG for a parameter that would be read as
 * something else, such as an empty word, a blank in a word or a negative id. The message names the parameter.
 */
export const commands = {
  name: (name: string): NameCommand => ({ kind: 'name', name: phrase('name', name) }),
  protocol: (version: number): ProtocolMessage => ({ kind: 'protocol', version: count('version', version) }),
  ping: (): PlainCommand => ({ kind: 'ping' }),

  /** @param targets handles, phone numbers or speed-dial codes; more than one makes a conference. */
  call(...targets: readonly string[]): CallCommand {
    if (targets.length === 0) throw invalidArgument('targets', 'at least one target', 'none');
    return { kind: 'call', targets: targets.map((target) => listItem('target', target)) };
  },

  get<O extends NamedObject>(
    object: O,
    id: ObjectId<O>,
    property: PropertyName<O>,
    argument = '',
  ): GetCommandOf<O> {
    return {
      kind: 'get',
      object,
      id: checkObjectId(object, id),
      property: word('property', property) as PropertyName<O>,
      argument: free('argument', argument),
    };
  },

  getProfile(property: PropertyName<'PROFILE'>): GetCommandOf<'PROFILE'> {
    return { kind: 'get', object: 'PROFILE', id: undefined, property, argument: '' };
  },

  getParameter(parameter: ParameterName, argument = ''): GetParameterCommand {
    return { kind: 'get-parameter', parameter, argument: free('argument', argument) };
  },

  set<O extends NamedObject>(
    object: O,
    id: ObjectId<O>,
    property: PropertyName<O>,
    value: string,
  ): SetCommandOf<O> {
    return {
      kind: 'set',
      object,
      id: checkObjectId(object, id),
      property: word('property', property) as PropertyName<O>,
      value: free('value', value),
    };
  },

  setProfile(property: PropertyName<'PROFILE'>, value: string): SetCommandOf<'PROFILE'> {
    return { kind: 'set', object: 'PROFILE', id: undefined, property, value: free('value', value) };
  },

  setParameter(parameter: ParameterName, value: string): SetParameterCommand {
    return { kind: 'set-parameter', parameter, value: free('value', value) };
  },

  alter<O extends NamedObject>(
    object: O,
    id: ObjectId<O>,
    action: ActionName<O>,
    argument = '',
  ): AlterCommandOf<O> {
    return {
      kind: 'alter',
      object,
      id: checkObjectId(object, id),
      action: word('action', action) as ActionName<O>,
      argument: free('argument', argument),
    };
  },

  /** Redirects a voice stream of a call or voicemail; an empty list removes the redirection. */
  redirect<O extends 'CALL' | 'VOICEMAIL'>(
    object: O,
    id: ObjectId<O>,
    action: StreamAction,
    targets: readonly StreamTarget[],
  ): AlterCommandOf<O> {
    return {
      kind: 'alter',
      object,
      id: checkObjectId(object, id),
      action,
      argument: formatStreamTargets(targets),
    };
  },

  search(what: SearchName, target = ''): SearchCommand {
    checkArgument('what', what, SEARCH);
    return { kind: 'search', what, target: free('target', target) };
  },

  callVoicemail: (target: string): LeaveVoicemailCommand => ({
    kind: 'call-voicemail',
    target: phrase('target', target),
  }),

  /** @param text may contain CR and LF. The transport decides if they can be sent. */
  message: (target: string, text: string): SendMessageCommand => ({
    kind: 'message',
    target: word('target', target),
    text: free('text', text, true),
  }),

  /** @param text as in {@link commands.message}. */
  chatMessage(chat: string, text: string): SendChatMessageCommand {
    return { kind: 'chat-message', chat: word('chat', chat), text: free('text', text, true) };
  },

  createChat(...targets: readonly string[]): ChatCommand {
    const argument = targets.map((target) => listItem('target', target)).join(', ');
    return { kind: 'chat', action: 'CREATE', argument };
  },

  /** @param blob as in the URL of a public chat. */
  createChatUsingBlob: (blob: string): ChatCommand => ({
    kind: 'chat',
    action: 'CREATEUSINGBLOB',
    argument: word('blob', blob),
  }),

  /** @param blob as in the URL of a public chat. */
  findChatUsingBlob: (blob: string): ChatCommand => ({
    kind: 'chat',
    action: 'FINDUSINGBLOB',
    argument: word('blob', blob),
  }),

  /** @param argument Text after the object's name: a name, an SMS type and number, the attributes of a menu item. */
  create: (object: ObjectName, argument: string): CreateCommand => ({
    kind: 'create',
    object,
    argument: phrase('argument', argument),
  }),

  delete: <O extends NamedObject>(object: O, id: ObjectId<O>): DeleteCommandOf<O> => ({
    kind: 'delete',
    object,
    id: checkObjectId(object, id),
  }),

  open: (what: keyof typeof WINDOWS, argument = ''): OpenCommand => ({
    kind: 'open',
    what,
    argument: free('argument', argument),
  }),

  clear: (what: keyof typeof HISTORIES, argument = ''): ClearCommand => ({
    kind: 'clear',
    what,
    argument: free('argument', argument),
  }),
} as const;

/** Checks free text. It may contain anything except line breaks. With `multiline`, only NUL is forbidden. */
function free(parameter: string, value: string, multiline = false): string {
  if (typeof value !== 'string') throw invalidArgument(parameter, 'a string', value);
  if (hasLineBreak(value, multiline)) throw lineBreakError(parameter, multiline);
  return value;
}

/** Checks text that may contain blanks, but not at either end. */
function phrase(parameter: string, value: string): string {
  free(parameter, value);
  if (value === '' || value.startsWith(' ') || value.endsWith(' ')) {
    throw invalidArgument(parameter, 'text that neither begins nor ends with a space', value);
  }
  return value;
}

function word(parameter: string, value: string): string {
  free(parameter, value);
  if (value === '' || value.includes(' ')) throw invalidArgument(parameter, 'one word without spaces', value);
  return value;
}

function listItem(parameter: string, value: string): string {
  phrase(parameter, value);
  if (value.includes(','))
    throw invalidArgument(parameter, 'free of commas, which separate the items', value);
  return value;
}

function count(parameter: string, value: number): number {
  checkArgument(parameter, value, ID);
  return value;
}

/** Checks the id of an object. @throws ERR_INVALID_ARG for an id that cannot be written on the wire, ERR_LINE_BREAK */
export function checkObjectId<O extends ObjectName>(object: O, id: ObjectId<O>, name = 'id'): ObjectId<O> {
  checkArgument('object', object, OBJECT);
  const kind = objectEntry(object)?.spec.id ?? 'none';
  if (typeof id !== (kind === 'none' ? 'undefined' : kind)) throw invalidArgument(name, ID_WORDS[kind], id);
  if (typeof id === 'number') count(name, id);
  else if (typeof id === 'string') word(name, id);
  return id;
}
