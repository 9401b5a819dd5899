import { checkArgument, number, object } from '../base/check.js';
import { entryOf } from '../base/entry-of.js';
import type { ErrorNumber } from './catalogue/error-codes.js';
import { CHATMESSAGE_TYPES_7 } from './catalogue/message.js';
import type { CommandMessage, EndpointMessage, ObjectName, ParameterName } from './message.js';
import { replies } from './replies.js';
import { trimBlanks } from './scanner.js';

/** The newest protocol version in the reference. The endpoint uses it internally. */
export const PROTOCOL_VERSION = 8;

/**
 * The version that an endpoint uses with a client that asked for `requested`. Clients also ask for 999 and 9999.
 *
 * @throws ERR_INVALID_ARG when `requested` is not a number.
 */
export function negotiateProtocol(requested: number): number {
  checkArgument('requested', requested, number);
  return Math.min(Math.max(1, Math.floor(requested)), PROTOCOL_VERSION);
}

/** Words of a version, each with the word that it replaced. */
type Words = Readonly<Record<string, string>>;

/** A change that version `below` introduced, with the form that clients of earlier versions know. */
export type VersionChange = { readonly below: number } & (
  | { readonly kind: 'value'; readonly object: ObjectName; readonly property: string; readonly words: Words }
  /** The two-letter code in front of a name. */
  | { readonly kind: 'code'; readonly object: ObjectName; readonly property: string }
  | { readonly kind: 'parameter'; readonly parameter: ParameterName; readonly words: Words }
  | { readonly kind: 'error'; readonly number: ErrorNumber; readonly was: ErrorNumber }
  /** An object that replaced another, with its renamed properties and searches. */
  | {
      readonly kind: 'object';
      readonly object: 'CHATMESSAGE';
      readonly was: 'MESSAGE';
      readonly list: 'CHATMESSAGES';
      readonly listWas: 'MESSAGES';
      readonly properties: Words;
      readonly searches: Words;
    }
);

/**
 * Changes of each version, newest first. They are undone in this order for an older client (reference, "Skype
 * protocol"). Where the reference calls a word new but does not say which word it replaced, the closest true one was
 * chosen: a call that waits to be redialled is still being routed.
 */
export const VERSION_CHANGES: readonly VersionChange[] = [
  {
    below: 8,
    kind: 'value',
    object: 'CALL',
    property: 'STATUS',
    words: { WAITING_REDIAL_COMMAND: 'ROUTING', REDIAL_PENDING: 'ROUTING' },
  },
  {
    below: 8,
    kind: 'value',
    object: 'SMS',
    property: 'FAILUREREASON',
    words: { NO_SENDERID_CAPABILITY: 'UNKNOWN' },
  },
  { below: 8, kind: 'error', number: 615, was: 508 },
  {
    below: 7,
    kind: 'value',
    object: 'CALL',
    property: 'STATUS',
    words: { TRANSFERRING: 'INPROGRESS', TRANSFERRED: 'FINISHED' },
  },
  {
    below: 7,
    kind: 'value',
    object: 'CHATMESSAGE',
    property: 'TYPE',
    words: Object.fromEntries(CHATMESSAGE_TYPES_7.map((type) => [type, 'UNKNOWN'])),
  },
  {
    below: 6,
    kind: 'value',
    object: 'GROUP',
    property: 'TYPE',
    words: { SHARED_GROUP: 'CUSTOM_GROUP', PROPOSED_SHARED_GROUP: 'CUSTOM_GROUP' },
  },
  // The examples of the early versions begin with ROUTING, those of the later ones with UNPLACED.
  { below: 5, kind: 'value', object: 'CALL', property: 'STATUS', words: { UNPLACED: 'ROUTING' } },
  { below: 4, kind: 'code', object: 'USER', property: 'LANGUAGE' },
  { below: 4, kind: 'code', object: 'USER', property: 'COUNTRY' },
  {
    below: 3,
    kind: 'value',
    object: 'CHATMESSAGE',
    property: 'TYPE',
    words: {
      SAID: 'TEXT',
      SETTOPIC: 'TEXT',
      ADDEDMEMBERS: 'UNKNOWN',
      SAWMEMBERS: 'UNKNOWN',
      CREATEDCHATWITH: 'UNKNOWN',
      LEFT: 'UNKNOWN',
    },
  },
  {
    below: 3,
    kind: 'object',
    object: 'CHATMESSAGE',
    was: 'MESSAGE',
    list: 'CHATMESSAGES',
    listWas: 'MESSAGES',
    properties: { FROM_HANDLE: 'PARTNER_HANDLE', FROM_DISPNAME: 'PARTNER_DISPNAME' },
    searches: { CHATMESSAGES: 'MESSAGES', MISSEDCHATMESSAGES: 'MISSEDMESSAGES' },
  },
  {
    below: 2,
    kind: 'value',
    object: 'CALL',
    property: 'STATUS',
    words: { LOCALHOLD: 'ONHOLD', REMOTEHOLD: 'ONHOLD', CANCELLED: 'FINISHED' },
  },
  { below: 2, kind: 'value', object: 'USER', property: 'ONLINESTATUS', words: { SKYPEME: 'ONLINE' } },
  { below: 2, kind: 'parameter', parameter: 'USERSTATUS', words: { SKYPEME: 'ONLINE' } },
];

/** A range of protocol versions: `from` is included, `below` is not. Default: all. */
export interface Versions {
  readonly from?: number;
  readonly below?: number;
}

/**
 * Changes that are reported only to clients of some versions (reference, "Notification changes", "SET PROFILE
 * RICH_MOOD_TEXT").
 */
const CHANGE_NOTICES: Readonly<Partial<Record<ObjectName, Readonly<Record<string, Versions>>>>> = {
  USER: { LASTONLINETIMESTAMP: { below: 7 }, RICH_MOOD_TEXT: { from: 7 } },
  PROFILE: { RICH_MOOD_TEXT: { from: 7 } },
  GROUP: { NROFUSERS_ONLINE: { below: 7 }, USERS: { below: 7 } },
};

/** Gives the versions whose clients are notified when a property changes. */
export function noticeVersions(object: ObjectName, property: string): Versions {
  const notices = CHANGE_NOTICES[object];
  return (notices && entryOf(notices, property)) ?? {};
}

/** True for a version that is one of `versions`. */
export function isVersionOf({ from = 1, below = PROTOCOL_VERSION + 1 }: Versions, version: number): boolean {
  return from <= version && version < below;
}

/** Translates a command of a client that speaks `version` to the newest version. */
export function fromVersion(command: CommandMessage, version: number): CommandMessage {
  checkArgument('command', command, object);
  checkArgument('version', version, number);
  const changes = VERSION_CHANGES.filter(({ below }) => version < below);
  return changes.reduceRight(updated, command);
}

/**
 * Translates a reply or notification of the newest version for a client that speaks `version`. An echo repeats the
 * client's own words and stays as it is.
 */
export function toVersion(message: EndpointMessage, version: number): EndpointMessage {
  checkArgument('message', message, object);
  checkArgument('version', version, number);
  if (version >= PROTOCOL_VERSION) return message;
  return VERSION_CHANGES.reduce((m, change) => (version < change.below ? outdated(m, change) : m), message);
}

/** Applies a change to a command. Only the names of objects have changed in commands. */
function updated(command: CommandMessage, change: VersionChange): CommandMessage {
  if (change.kind !== 'object') return command;
  switch (command.kind) {
    case 'search':
      return { ...command, what: keyOf(change.searches, command.what) };
    case 'get':
    case 'set':
      if (command.object !== change.was) return command;
      return { ...command, object: change.object, property: keyOf(change.properties, command.property) };
    default:
      return command;
  }
}

/** Undoes a change in a message. */
function outdated(m: EndpointMessage, change: VersionChange): EndpointMessage {
  switch (change.kind) {
    case 'value':
      return isProperty(m, change) ? { ...m, value: lookUp(change.words, m.value) } : m;
    case 'code':
      return isProperty(m, change) ? { ...m, value: withoutCode(m.value) } : m;
    case 'parameter':
      if (m.kind !== 'parameter' || m.parameter !== change.parameter) return m;
      return { ...m, value: lookUp(change.words, m.value) };
    case 'error':
      return m.kind === 'error' && m.number === change.number
        ? { ...replies.error(change.was), commandId: m.commandId }
        : m;
    case 'object':
      if (m.kind === 'list' && m.list === change.list) return { ...m, list: change.listWas };
      if (m.kind !== 'property' || m.object !== change.object) return m;
      return { ...m, object: change.was, property: lookUp(change.properties, m.property) };
    default:
      return change satisfies never;
  }
}

function isProperty(
  m: EndpointMessage,
  of: { readonly object: ObjectName; readonly property: string },
): m is EndpointMessage & { kind: 'property' } {
  return m.kind === 'property' && m.object === of.object && m.property === of.property;
}

/** Removes the code from `en English`. A name alone begins with a capital. */
function withoutCode(value: string): string {
  return /^[a-z]{2}( |$)/.test(value) ? trimBlanks(value, 2) : value;
}

function lookUp(table: Words, word: string): string {
  return entryOf(table, word) ?? word;
}

/** Finds the key whose value in the table is `word`. @returns `word` when there is none. */
function keyOf<W extends string>(table: Words, word: W): W {
  return (Object.entries(table).find(([, was]) => was === word)?.[0] as W | undefined) ?? word;
}
