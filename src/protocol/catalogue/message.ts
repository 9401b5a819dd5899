import { CHAT_ROLES } from './chat.js';
import { API_3_0, type ObjectSpec, P1, P3 } from './spec.js';

/** The MESSAGE object, which CHATMESSAGE replaced in protocol 3 (reference, "MESSAGE object"). */
export const MESSAGE = {
  note: 'A message to one user, in protocols 1 and 2.',
  section: 'MESSAGE object',
  since: P1,
  id: 'number',
  errors: {
    get: { id: 14, what: 16, unknown: 15 },
    set: { id: 30, what: 32, unknown: 31 },
    alter: { id: 527, what: 527 },
  },
  properties: {
    TIMESTAMP: { type: 'timestamp', note: 'When it was sent.' },
    PARTNER_HANDLE: { type: 'word', note: 'The other party.' },
    PARTNER_DISPNAME: { type: 'text', note: 'Display name of the other party.' },
    CONF_ID: { type: 'int', note: 'Not used.' },
    TYPE: { type: 'enum', values: ['AUTHREQUEST', 'TEXT', 'CONTACTS', 'UNKNOWN'], note: 'Kind of message.' },
    STATUS: {
      type: 'enum',
      values: ['SENDING', 'SENT', 'FAILED', 'RECEIVED', 'READ', 'IGNORED', 'QUEUED'],
      note: 'State of the message.',
    },
    FAILUREREASON: { type: 'int', note: 'Reason why it could not be sent.' },
    BODY: { type: 'text', multiline: true, note: 'The text.' },
    SEEN: {
      type: 'none',
      access: 'write',
      section: 'SET MESSAGE SEEN',
      note: 'Removes it from the list of missed messages.',
    },
  },
  actions: {},
} as const satisfies ObjectSpec;

/** Types of chat message that protocol 7 brought; older clients see UNKNOWN. */
export const CHATMESSAGE_TYPES_7 = [
  'POSTEDCONTACTS',
  'GAP_IN_CHAT',
  'SETROLE',
  'KICKED',
  'KICKBANNED',
  'SETOPTIONS',
  'SETPICTURE',
  'SETGUIDELINES',
  'JOINEDASAPPLICANT',
] as const;

/** Types of chat message. `SAID` is a text written by a user; the chat itself generates all others. */
export const CHATMESSAGE_TYPES = [
  'SETTOPIC',
  'SAID',
  'ADDEDMEMBERS',
  'SAWMEMBERS',
  'CREATEDCHATWITH',
  'LEFT',
  ...CHATMESSAGE_TYPES_7,
  'UNKNOWN',
] as const;

/** One of {@link CHATMESSAGE_TYPES}. */
export type ChatMessageType = (typeof CHATMESSAGE_TYPES)[number];

/** The CHATMESSAGE object (reference, "CHATMESSAGE object"). */
export const CHATMESSAGE = {
  note: 'A message in a chat.',
  section: 'CHATMESSAGE object',
  since: P3,
  id: 'number',
  errors: {
    get: { id: 14, what: 16, unknown: 15 },
    set: { id: 30, what: 32, unknown: 31 },
    alter: { id: 527, what: 527 },
  },
  properties: {
    TIMESTAMP: { type: 'timestamp', note: 'When it was sent.' },
    PARTNER_HANDLE: { type: 'word', note: 'Replaced by FROM_HANDLE in API 3.0.' },
    PARTNER_DISPNAME: { type: 'text', note: 'Replaced by FROM_DISPNAME in API 3.0.' },
    FROM_HANDLE: { type: 'word', note: 'Sender.' },
    FROM_DISPNAME: { type: 'text', note: 'Display name of the sender.' },
    TYPE: {
      type: 'enum',
      values: CHATMESSAGE_TYPES,
      note: 'Kind of message.',
    },
    STATUS: {
      type: 'enum',
      values: ['SENDING', 'SENT', 'RECEIVED', 'READ'],
      note: 'State of the message.',
    },
    LEAVEREASON: {
      type: 'enum',
      values: [
        'USER_NOT_FOUND',
        'USER_INCAPABLE',
        'ADDER_MUST_BE_FRIEND',
        'ADDED_MUST_BE_AUTHORIZED',
        'UNSUBSCRIBE',
      ],
      note: 'Reason why a user left or could not be added; with TYPE LEFT.',
    },
    CHATNAME: { type: 'word', note: 'The chat that it is in.' },
    USERS: { type: 'words', note: 'Users who were added.' },
    IS_EDITABLE: { type: 'bool', since: API_3_0, note: 'Whether BODY can be set.' },
    EDITED_BY: { type: 'word', since: API_3_0, note: 'User who last edited it.' },
    EDITED_TIMESTAMP: { type: 'timestamp', since: API_3_0, note: 'When it was last edited.' },
    OPTIONS: { type: 'int', since: API_3_0, note: 'The new options, with TYPE SETOPTIONS; else 0.' },
    ROLE: {
      type: 'enum',
      values: [...CHAT_ROLES, 'UNKNOWN'],
      since: API_3_0,
      note: 'The new role, with TYPE SETROLE; else UNKNOWN.',
    },
    SEEN: {
      type: 'none',
      access: 'write',
      section: 'SET CHATMESSAGE SEEN',
      note: 'Marks it as read.',
    },
    BODY: {
      type: 'text',
      multiline: true,
      access: 'read-write',
      note: 'The text. It can be set from API 3.0 on.',
    },
  },
  actions: {},
} as const satisfies ObjectSpec;
