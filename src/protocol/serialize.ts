import { checkArgument, checkOptions, flag, oneOf, type Rules, rule } from '../base/check.js';
import { entryOf } from '../base/entry-of.js';
import { JackfieldError } from '../base/errors.js';
import { OBJECTS } from './catalogue/objects.js';
import type { PropertySpec } from './catalogue/spec.js';
import type { CommandMessage, EndpointMessage } from './message.js';

/** Options of {@link serialize}: the treatment of line breaks. */
export interface SerializeOptions {
  /**
   * Allows CR and LF in the free text that ends a message. Only for transports that carry whole messages
   * (D-Bus, X11, window messages, NUL-ended streams): on a line-ended stream the rest would be a second command.
   * NUL is always refused. Default false.
   */
  readonly multiline?: boolean;
  /**
   * Treatment of CR, LF and NUL where they are not allowed. `refuse` throws an error; `blank` writes one blank for each
   * run of them. An endpoint that reports values of other users uses `blank`, because their sender cannot be refused
   * any more. Default `refuse`.
   */
  readonly breaks?: 'refuse' | 'blank';
}

const MESSAGE = rule(
  'a message returned by parseCommand or a reply',
  (value) => typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string',
);
const RULES: Rules<SerializeOptions> = { multiline: flag, breaks: oneOf('refuse', 'blank') };

/**
 * Writes a message as a line, without a terminator. Keywords have the catalogue's spelling, unless the message has its
 * own. There is one blank between words, and `", "` between the items of a list. An empty value from an endpoint keeps
 * the blank before it (`CHAT x TOPIC `, `USERS `), because clients read from after that blank without checking.
 *
 * @throws ERR_LINE_BREAK when a parameter contains CR, LF or NUL, unless `breaks` is `blank`; it names the parameter.
 */
export function serialize(message: CommandMessage | EndpointMessage, options: SerializeOptions = {}): string {
  checkArgument('message', message, MESSAGE);
  checkOptions(options, RULES);
  const body = bodyOf(message);
  const line = message.commandId === undefined ? body : `#${message.commandId} ${body}`;
  if (!hasLineBreak(line)) return line;
  const { multiline = false, breaks = 'refuse' } = options;
  if (breaks === 'blank') return line.replace(multiline ? /\0+/g : /[\r\n\0]+/g, ' ');
  checkLineBreaks(message, multiline);
  return line;
}

/** True when `text` contains a character that ends a message: NUL, or without `multiline` also CR or LF. */
export function hasLineBreak(text: string, multiline = false): boolean {
  if (text.includes('\0')) return true;
  return !multiline && (text.includes('\n') || text.includes('\r'));
}

/**
 * Makes the error for a parameter that would end its line.
 *
 * @param multiline true where CR and LF are allowed.
 */
export function lineBreakError(parameter: string, multiline = false): JackfieldError {
  const characters = multiline ? 'NUL, which would end the message; remove it' : LINE_BREAKS;
  return new JackfieldError('ERR_LINE_BREAK', `${parameter} must be free of ${characters}.`);
}

const LINE_BREAKS = 'CR, LF and NUL, which would end the message; remove or replace them';

/** Fields that may contain line breaks if the transport allows it. They are at the end of the message. */
const LAST_FIELDS: ReadonlySet<string> = new Set(['text', 'value', 'argument']);

/** Throws for a field with a line break that is not allowed. */
function checkLineBreaks(message: object, multiline: boolean): void {
  for (const [field, value] of Object.entries(message)) {
    const allowed = multiline && LAST_FIELDS.has(field);
    for (const item of textsOf(value)) if (hasLineBreak(item, allowed)) throw lineBreakError(field);
    if (field === 'command') checkLineBreaks(value, multiline);
  }
}

function textsOf(value: unknown): string[] {
  const values: Iterable<unknown> = Array.isArray(value)
    ? value
    : value instanceof Map
      ? value.values()
      : [value];
  return [...values].filter((item) => typeof item === 'string');
}

/** Messages that are one word. */
const BARE = {
  ok: 'OK',
  pong: 'PONG',
  ping: 'PING',
  focus: 'FOCUS',
  minimize: 'MINIMIZE',
  'reset-idle-timer': 'RESETIDLETIMER',
  'call-history-changed': 'CALLHISTORYCHANGED',
  'im-history-changed': 'IMHISTORYCHANGED',
} as const;

type Message = CommandMessage | EndpointMessage;
type BareKind = keyof typeof BARE;
type EndpointKind = Exclude<EndpointMessage['kind'], BareKind>;
/** Gives the spelling of a word of the message. */
type Speller = (name: string) => string;

function bodyOf(m: Message): string {
  const word: Speller = (name) => m.spelling?.get(name) ?? name;
  switch (m.kind) {
    case 'ok':
    case 'pong':
    case 'ping':
    case 'focus':
    case 'minimize':
    case 'reset-idle-timer':
    case 'call-history-changed':
    case 'im-history-changed':
      return word(BARE[m.kind]);
    case 'deleted':
    case 'property':
    case 'parameter':
    case 'list':
    case 'echo':
    case 'altered':
    case 'error':
    case 'contacts-focused':
    case 'protocol':
    case 'unknown':
      return endpointBody(m, word);
    default:
      return commandBody(m, word);
  }
}

function endpointBody(m: Extract<Message, { readonly kind: EndpointKind }>, word: Speller): string {
  switch (m.kind) {
    case 'deleted':
      return `${word('DELETED')} ${reference(m, word)}`;
    case 'property':
      return isBare(m) ? propertyName(m, word) : told(propertyName(m, word), m.value);
    case 'parameter':
      return told(word(m.parameter), m.value);
    case 'list':
      return told(word(m.list), m.ids.join(', '));
    case 'echo':
      return bodyOf(m.command);
    case 'altered':
      return join(`${word('ALTER')} ${word(m.object)} ${word(m.action)}`, m.value);
    case 'error':
      return join(`${word('ERROR')} ${m.number}`, m.text);
    case 'contacts-focused':
      return told(`${word('CONTACTS')} ${word('FOCUSED')}`, m.handle);
    case 'protocol':
      return join(word('PROTOCOL'), String(m.version));
    case 'unknown':
      return m.text;
    default:
      return m satisfies never;
  }
}

function commandBody(
  m: Exclude<CommandMessage, { readonly kind: BareKind | EndpointKind }>,
  word: Speller,
): string {
  switch (m.kind) {
    case 'name':
      return join(word('NAME'), m.name);
    case 'button-pressed':
      return join(word('BTN_PRESSED'), m.key);
    case 'button-released':
      return join(word('BTN_RELEASED'), m.key);
    case 'call':
      return join(word('CALL'), m.targets.join(', '));
    case 'voicemail':
      return join(word('VOICEMAIL'), m.target);
    case 'call-voicemail':
      return join(word('CALLVOICEMAIL'), m.target);
    case 'message':
      return join(`${word('MESSAGE')} ${m.target}`, m.text);
    case 'chat-message':
      return join(`${word('CHATMESSAGE')} ${m.chat}`, m.text);
    case 'chat':
      return join(`${word('CHAT')} ${word(m.action)}`, m.argument);
    case 'get':
      return join(`${word('GET')} ${reference(m, word)} ${word(m.property)}`, m.argument);
    case 'set':
      return join(`${word('SET')} ${reference(m, word)} ${word(m.property)}`, m.value);
    case 'alter':
      return join(`${word('ALTER')} ${reference(m, word)} ${word(m.action)}`, m.argument);
    case 'get-parameter':
      return join(`${word('GET')} ${word(m.parameter)}`, m.argument);
    case 'set-parameter':
      return join(`${word('SET')} ${word(m.parameter)}`, m.value);
    case 'search':
      return join(`${word('SEARCH')} ${word(m.what)}`, m.target);
    case 'create':
      return join(`${word('CREATE')} ${word(m.object)}`, m.argument);
    case 'delete':
      return `${word('DELETE')} ${reference(m, word)}`;
    case 'open':
      return join(`${word('OPEN')} ${word(m.what)}`, m.argument);
    case 'close':
      return join(`${word('CLOSE')} ${word(m.what)}`, m.argument);
    case 'hook':
      return join(word('HOOK'), m.value);
    case 'ready':
      return join(word('READY'), m.value);
    case 'transfer':
      return join(word('TRANSFER'), m.argument);
    case 'clear':
      return join(`${word('CLEAR')} ${word(m.what)}`, m.argument);
    default:
      return m satisfies never;
  }
}

/** An object and its id: `CALL 14`, or `PROFILE`, which has none. */
function reference(
  of: { readonly object: string; readonly id: string | number | undefined },
  word: Speller,
): string {
  return of.id === undefined ? word(of.object) : `${word(of.object)} ${of.id}`;
}

type Property = Extract<Message, { readonly kind: 'property' }>;

function propertyName(m: Property, word: Speller): string {
  return `${reference(m, word)} ${word(m.property)}`;
}

/** True for a property that has no value: `EVENT test1 CREATED`. */
function isBare({ object, property, value }: Property): boolean {
  return value === '' && entryOf<PropertySpec>(OBJECTS[object].properties, property)?.type === 'none';
}

/** Joins the parts of an endpoint's message. An empty value also has a blank before it. */
function told(name: string, value: string): string {
  return `${name} ${value}`;
}

/** Joins `head` and a parameter of a command. An empty parameter has no blank before it. */
function join(head: string, parameter: string): string {
  return parameter === '' ? head : `${head} ${parameter}`;
}
