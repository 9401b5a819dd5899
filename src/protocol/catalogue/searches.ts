import type { ErrorNumber } from './error-codes.js';
import type { OBJECTS } from './objects.js';
import { API_2_5, API_3_0, P1, P3, P5, P6, type Since } from './spec.js';

/** Answers to SEARCH: the first word, and the object whose ids follow. */
export const LISTS = {
  USERS: 'USER',
  CALLS: 'CALL',
  MESSAGES: 'MESSAGE',
  CHATS: 'CHAT',
  CHATMESSAGES: 'CHATMESSAGE',
  VOICEMAILS: 'VOICEMAIL',
  SMSS: 'SMS',
  GROUPS: 'GROUP',
  FILETRANSFERS: 'FILETRANSFER',
} as const satisfies Record<string, keyof typeof OBJECTS>;

/** One form of `SEARCH <what> [<target>]`. */
export interface SearchSpec {
  readonly list: keyof typeof LISTS;
  readonly note: string;
  readonly since: Since;
  /** Target that may or must follow. Default: none. */
  readonly target?: { readonly name: string; readonly required: boolean };
  /** Error numbers. The first is for a target that is not allowed; 8 is for one with a currency sign. */
  readonly errors: readonly ErrorNumber[];
}

const OPTIONAL_HANDLE = { name: 'handle', required: false } as const;

/** Every form of SEARCH (reference, "Search commands"). */
export const SEARCHES = {
  USERS: {
    list: 'USERS',
    target: { name: 'name, handle or e-mail address', required: true },
    since: P1,
    errors: [4],
    note: 'Users on the network.',
  },
  FRIENDS: { list: 'USERS', since: P1, errors: [67], note: 'All contacts.' },
  CALLS: {
    list: 'CALLS',
    target: OPTIONAL_HANDLE,
    since: P1,
    errors: [5, 8],
    note: 'Calls, all or those with a user.',
  },
  ACTIVECALLS: { list: 'CALLS', since: P1, errors: [29], note: 'Calls in progress.' },
  MISSEDCALLS: { list: 'CALLS', since: P1, errors: [6], note: 'Missed calls.' },
  SMSS: { list: 'SMSS', since: API_2_5, errors: [29], note: 'All SMS that were not deleted.' },
  MISSEDSMSS: { list: 'SMSS', since: API_2_5, errors: [29], note: 'Unread SMS.' },
  VOICEMAILS: { list: 'VOICEMAILS', since: P5, errors: [29], note: 'All voicemails.' },
  MISSEDVOICEMAILS: { list: 'VOICEMAILS', since: P6, errors: [29], note: 'Unheard voicemails.' },
  MESSAGES: {
    list: 'MESSAGES',
    target: OPTIONAL_HANDLE,
    since: P1,
    errors: [5, 8],
    note: 'Messages, all or those with a user. Replaced by CHATMESSAGES in protocol 3.',
  },
  MISSEDMESSAGES: {
    list: 'MESSAGES',
    since: P1,
    errors: [29],
    note: 'Unread messages. Replaced by MISSEDCHATMESSAGES in protocol 3.',
  },
  CHATS: { list: 'CHATS', since: P3, errors: [107], note: 'All chats.' },
  ACTIVECHATS: { list: 'CHATS', since: P5, errors: [29], note: 'Chats that are open in a window.' },
  MISSEDCHATS: { list: 'CHATS', since: P5, errors: [29], note: 'Chats with unread messages.' },
  RECENTCHATS: { list: 'CHATS', since: P5, errors: [29], note: 'Recent chats.' },
  BOOKMARKEDCHATS: { list: 'CHATS', since: P5, errors: [29], note: 'Bookmarked chats.' },
  CHATMESSAGES: {
    list: 'CHATMESSAGES',
    target: OPTIONAL_HANDLE,
    since: P3,
    errors: [29, 8],
    note: 'Chat messages, all or those from or to a user.',
  },
  MISSEDCHATMESSAGES: {
    list: 'CHATMESSAGES',
    since: P3,
    errors: [29],
    note: 'Unread chat messages.',
  },
  USERSWAITINGMYAUTHORIZATION: {
    list: 'USERS',
    since: P5,
    errors: [29],
    note: 'Users who ask for authorisation.',
  },
  GROUPS: {
    list: 'GROUPS',
    target: { name: 'ALL, CUSTOM or HARDWIRED', required: false },
    since: P5,
    errors: [561],
    note: 'Contact groups.',
  },
  FILETRANSFERS: { list: 'FILETRANSFERS', since: API_3_0, errors: [29], note: 'All file transfers.' },
  ACTIVEFILETRANSFERS: {
    list: 'FILETRANSFERS',
    since: API_3_0,
    errors: [29],
    note: 'File transfers in progress.',
  },
  GREETING: {
    list: 'VOICEMAILS',
    target: { name: 'handle', required: true },
    since: P5,
    errors: [534, 535],
    note: 'Voicemail greeting of a user. The reference names it only in errors.',
  },
} as const satisfies Record<string, SearchSpec>;
