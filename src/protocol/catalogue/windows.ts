import type { ErrorNumber } from './error-codes.js';
import type { OBJECTS } from './objects.js';
import { API_3_2, P5, type Since, WINDOWS_1_0, WINDOWS_1_3, WINDOWS_1_4 } from './spec.js';

/** One window or tab of `OPEN <what> [<argument>]`. */
export interface TargetSpec {
  readonly note: string;
  readonly since: Since;
  /** Argument that may follow, as the reference writes it. Default: none. */
  readonly argument?: string;
  /** Errors of the window, in addition to those of the verb. The first is for an argument that is not allowed. */
  readonly errors?: readonly ErrorNumber[];
}

/** One history of CLEAR. */
export interface HistorySpec extends TargetSpec {
  /** Kind of the objects that are cleared. */
  readonly object: keyof typeof OBJECTS;
  /** Notification that follows. Default: none. */
  readonly told?: 'call-history-changed' | 'im-history-changed';
}

/** Windows that OPEN can open (reference, "Controlling the user interface"). The reply repeats the command. */
export const WINDOWS = {
  ADDAFRIEND: { argument: '[<handle>]', since: WINDOWS_1_0, errors: [70], note: 'Window to add a contact.' },
  IM: {
    argument: '<handle> [<text>]',
    since: WINDOWS_1_0,
    errors: [70],
    note: 'Chat window, with text not yet sent.',
  },
  CHAT: { argument: '<chat>', since: WINDOWS_1_3, errors: [105], note: 'Window of an existing chat.' },
  FILETRANSFER: {
    argument: '<handle>[, <handle>]* [IN <folder>]',
    since: WINDOWS_1_3,
    errors: [4, 70, 108, 109, 112],
    note: 'Window to choose files to send.',
  },
  LIVETAB: { since: API_3_2, note: 'Live tab.' },
  VIDEOTEST: { since: P5, note: 'Window to test video.' },
  VOICEMAIL: { argument: '<voicemail>', since: P5, errors: [512], note: 'Plays a voicemail.' },
  PROFILE: { since: WINDOWS_1_4, note: "The current user's profile." },
  USERINFO: { argument: '<handle>', since: WINDOWS_1_4, errors: [70], note: "A contact's profile." },
  CONFERENCE: { since: WINDOWS_1_4, note: 'Window to create a conference.' },
  SEARCH: { since: WINDOWS_1_4, note: 'Window to search for users.' },
  OPTIONS: { argument: '<page>', since: WINDOWS_1_4, note: 'Options, at a page; VIDEO from release 2.0 on.' },
  CALLHISTORY: { since: WINDOWS_1_4, note: 'Call history tab.' },
  CONTACTS: { since: WINDOWS_1_4, note: 'Contacts tab.' },
  DIALPAD: { since: WINDOWS_1_4, note: 'Dial pad tab.' },
  SENDCONTACTS: {
    argument: '<handle>[ <handle>]*',
    since: WINDOWS_1_4,
    errors: [4, 70],
    note: 'Window to send contacts. Gone in release 4.0.',
  },
  BLOCKEDUSERS: { since: WINDOWS_1_4, note: 'List of blocked users.' },
  IMPORTCONTACTS: { since: WINDOWS_1_4, note: 'Wizard to import contacts.' },
  GETTINGSTARTED: { since: WINDOWS_1_4, note: 'Wizard for new users.' },
  AUTHORIZATION: {
    argument: '<handle>',
    since: WINDOWS_1_4,
    errors: [70, 117],
    note: 'Window to ask for authorisation.',
  },
} as const satisfies Record<string, TargetSpec>;

/** Histories that CLEAR can clear (reference, "Clearing history"). The reply repeats the command. */
export const HISTORIES = {
  CHATHISTORY: {
    object: 'CHAT',
    told: 'im-history-changed',
    since: P5,
    errors: [522],
    note: 'Messages of all chats.',
  },
  VOICEMAILHISTORY: {
    object: 'VOICEMAIL',
    since: P5,
    errors: [523],
    note: 'Voicemails of the history tab.',
  },
  CALLHISTORY: {
    object: 'CALL',
    told: 'call-history-changed',
    argument: 'ALL|MISSED|INCOMING|OUTGOING [<handle>]',
    since: P5,
    errors: [524, 525],
    note: 'Calls of the history tab.',
  },
} as const satisfies Record<string, HistorySpec>;
