import { CHATMESSAGE_TYPES_7 } from './catalogue/message.js';
import type { CommandMessage, EndpointMessage, ObjectName, PropertyReply } from './message.js';
import { trimBlanks } from './scanner.js';

/** The newest protocol version of the reference. Everything inside an endpoint speaks it. */
export const PROTOCOL_VERSION = 8;

/** The version that an endpoint speaks to a client that asked for `requested`: clients ask for 999 and 9999 too. */
export function negotiateProtocol(requested: number): number {
  return Math.min(Math.max(1, requested), PROTOCOL_VERSION);
}

/** How one property looks to a client that speaks a version below `below`. */
export interface ValueConversion {
  readonly below: number;
  readonly object: ObjectName;
  readonly property: string;
  /** Words that the version does not know, and what stands for them. */
  readonly words?: Readonly<Record<string, string>>;
  /** Set where the two-letter code in front of the name is left out. */
  readonly withoutCode?: true;
}

const UNKNOWN_TYPES = Object.fromEntries(CHATMESSAGE_TYPES_7.map((type) => [type, 'UNKNOWN']));

/**
 * What changed with each version, newest first, as it is applied on the way to an older client (reference,
 * "Skype protocol"). Where the reference says that a word is new but not what stood for it before, the word that
 * says the most of what is true was chosen: a call that waits to be redialled is still being routed.
 */
export const VALUE_CONVERSIONS: readonly ValueConversion[] = [
  {
    below: 8,
    object: 'CALL',
    property: 'STATUS',
    words: { WAITING_REDIAL_COMMAND: 'ROUTING', REDIAL_PENDING: 'ROUTING' },
  },
  { below: 8, object: 'SMS', property: 'FAILUREREASON', words: { NO_SENDERID_CAPABILITY: 'UNKNOWN' } },
  {
    below: 7,
    object: 'CALL',
    property: 'STATUS',
    words: { TRANSFERRING: 'INPROGRESS', TRANSFERRED: 'FINISHED' },
  },
  { below: 7, object: 'CHATMESSAGE', property: 'TYPE', words: UNKNOWN_TYPES },
  { below: 4, object: 'USER', property: 'LANGUAGE', withoutCode: true },
  { below: 4, object: 'USER', property: 'COUNTRY', withoutCode: true },
  {
    below: 3,
    object: 'CHATMESSAGE',
    property: 'TYPE',
    words: {
      SAID: 'TEXT',
      SETTOPIC: 'TEXT',
      POSTEDCONTACTS: 'CONTACTS',
      ADDEDMEMBERS: 'UNKNOWN',
      SAWMEMBERS: 'UNKNOWN',
      CREATEDCHATWITH: 'UNKNOWN',
      LEFT: 'UNKNOWN',
    },
  },
  {
    below: 2,
    object: 'CALL',
    property: 'STATUS',
    words: { LOCALHOLD: 'ONHOLD', REMOTEHOLD: 'ONHOLD', CANCELLED: 'FINISHED' },
  },
  { below: 2, object: 'USER', property: 'ONLINESTATUS', words: { SKYPEME: 'ONLINE' } },
];

/** Below version 3 a chat message is a MESSAGE: what its words become on the way to the endpoint. */
const MESSAGE_PROPERTIES = { PARTNER_HANDLE: 'FROM_HANDLE', PARTNER_DISPNAME: 'FROM_DISPNAME' } as const;
const MESSAGE_SEARCHES = { MESSAGES: 'CHATMESSAGES', MISSEDMESSAGES: 'MISSEDCHATMESSAGES' } as const;
const CHATMESSAGE_PROPERTIES = swapped(MESSAGE_PROPERTIES);

/** A command of a client that speaks `version`, as the newest version would say it. */
export function fromVersion(command: CommandMessage, version: number): CommandMessage {
  if (version >= 3) return command;
  switch (command.kind) {
    case 'search':
      return { ...command, what: lookUp(MESSAGE_SEARCHES, command.what) ?? command.what };
    case 'get':
    case 'set':
      if (command.object !== 'MESSAGE') return command;
      return {
        ...command,
        object: 'CHATMESSAGE',
        property: lookUp(MESSAGE_PROPERTIES, command.property) ?? command.property,
      };
    default:
      return command;
  }
}

/**
 * A reply or notification in the newest version, as a client that speaks `version` knows it.
 * An echo gives the client's own words back and is left as it is.
 */
export function toVersion(message: EndpointMessage, version: number): EndpointMessage {
  if (version >= PROTOCOL_VERSION) return message;
  switch (message.kind) {
    case 'property':
      return propertyToVersion(message, version);
    case 'parameter':
      return version < 2 && message.parameter === 'USERSTATUS' && message.value === 'SKYPEME'
        ? { ...message, value: 'ONLINE' }
        : message;
    case 'list':
      return version < 3 && message.list === 'CHATMESSAGES' ? { ...message, list: 'MESSAGES' } : message;
    case 'error':
      // 615 came with version 8; before it, a chat that could not be made failed with 508.
      return message.number === 615
        ? { ...message, number: 508, text: 'CHAT: CREATE: opening a dialog to the given user failed' }
        : message;
    default:
      return message;
  }
}

function propertyToVersion(message: PropertyReply, version: number): PropertyReply {
  let { value } = message;
  for (const rule of VALUE_CONVERSIONS) {
    if (version >= rule.below || rule.object !== message.object || rule.property !== message.property)
      continue;
    value = rule.withoutCode ? withoutCode(value) : (lookUp(rule.words ?? {}, value) ?? value);
  }
  if (version >= 3 || message.object !== 'CHATMESSAGE') {
    return value === message.value ? message : { ...message, value };
  }
  const property = lookUp(CHATMESSAGE_PROPERTIES, message.property) ?? message.property;
  return { ...message, object: 'MESSAGE', property, value };
}

/** `en English` without its code. A name alone begins with a capital. */
function withoutCode(value: string): string {
  return /^[a-z]{2}( |$)/.test(value) ? trimBlanks(value.slice(2)) : value;
}

function lookUp<V>(table: Readonly<Record<string, V>>, word: string): V | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

function swapped(table: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).map(([from, to]) => [to, from]));
}
