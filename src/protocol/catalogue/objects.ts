import { CALL_STATUSES } from './call-status.js';
import type { ObjectSpec } from './spec.js';

/** Every object of the reference, with its properties and actions. */
export const OBJECTS = {
  CALL: {
    errors: { get: [11, 13], set: [19, 25], alter: [556, 557] },
    id: 'number',
    properties: {
      TIMESTAMP: { type: 'timestamp' },
      PARTNER_HANDLE: { type: 'word' },
      PARTNER_DISPNAME: { type: 'text' },
      CONF_ID: { type: 'int' },
      TYPE: {
        type: 'enum',
        values: ['INCOMING_PSTN', 'OUTGOING_PSTN', 'INCOMING_P2P', 'OUTGOING_P2P'],
      },
      STATUS: { type: 'enum', values: CALL_STATUSES },
      FAILUREREASON: { type: 'int' },
      DURATION: { type: 'seconds' },
      INPUT: { type: 'streams' },
      OUTPUT: { type: 'streams' },
      CAPTURE_MIC: { type: 'streams' },
      VAA_INPUT_STATUS: { type: 'bool' },
      SEEN: { type: 'bool' },
      DTMF: { type: 'word' },
    },
    actions: {
      ANSWER: {},
      HOLD: {},
      RESUME: {},
      HANGUP: {},
      END: { argument: 'word' },
      DTMF: { argument: 'word' },
      TRANSFER: { argument: 'words' },
      JOIN_CONFERENCE: { argument: 'int' },
      SET_INPUT: { argument: 'streams' },
      SET_OUTPUT: { argument: 'streams' },
      SET_CAPTURE_MIC: { argument: 'streams' },
    },
  },
  VOICEMAIL: {
    errors: { get: [512, 514], set: [512, 514], alter: [529, 530] },
    id: 'number',
    properties: { STATUS: { type: 'word' }, DURATION: { type: 'seconds' } },
    actions: {
      STARTPLAYBACK: {},
      STOPPLAYBACK: {},
      STARTRECORDING: {},
      STOPRECORDING: {},
      SET_INPUT: { argument: 'streams' },
      SET_OUTPUT: { argument: 'streams' },
      SET_CAPTURE_MIC: { argument: 'streams' },
    },
  },
  USER: {
    errors: { get: [8, 10], set: [8, 10], alter: [527, 527] },
    id: 'string',
    properties: { HANDLE: { type: 'word' }, FULLNAME: { type: 'text' }, BIRTHDAY: { type: 'word' } },
    actions: {},
  },
  PROFILE: {
    errors: { get: [7, 7], set: [552, 552], alter: [527, 527] },
    id: 'none',
    properties: { FULLNAME: { type: 'text' } },
    actions: {},
  },
  CHAT: {
    errors: { get: [105, 106], set: [105, 106], alter: [500, 502] },
    id: 'string',
    properties: { STATUS: { type: 'word' } },
    actions: { SETTOPIC: { argument: 'text' }, LEAVE: {} },
  },
  MESSAGE: {
    errors: { get: [14, 16], set: [30, 32], alter: [527, 527] },
    id: 'number',
    properties: { STATUS: { type: 'word' }, BODY: { type: 'text' } },
    actions: {},
  },
  CHATMESSAGE: {
    errors: { get: [14, 16], set: [30, 32], alter: [527, 527] },
    id: 'number',
    properties: { STATUS: { type: 'word' }, BODY: { type: 'text' } },
    actions: {},
  },
  APPLICATION: {
    errors: { get: [543, 544], set: [18, 18], alter: [540, 545] },
    id: 'string',
    properties: { STREAMS: { type: 'words' } },
    actions: {},
  },
} as const satisfies Record<string, ObjectSpec>;

/** What `SEARCH` answers with: the word, and the object whose ids follow. */
export const LISTS = {
  CALLS: 'CALL',
  USERS: 'USER',
  VOICEMAILS: 'VOICEMAIL',
  CHATS: 'CHAT',
  MESSAGES: 'MESSAGE',
  CHATMESSAGES: 'CHATMESSAGE',
} as const satisfies Record<string, keyof typeof OBJECTS>;

/** What can follow `SEARCH`, and the list that answers it. */
export const SEARCHES = {
  USERS: 'USERS',
  FRIENDS: 'USERS',
  CALLS: 'CALLS',
  ACTIVECALLS: 'CALLS',
  MISSEDCALLS: 'CALLS',
  VOICEMAILS: 'VOICEMAILS',
} as const satisfies Record<string, keyof typeof LISTS>;
