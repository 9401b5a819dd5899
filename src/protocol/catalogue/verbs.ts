import type { ErrorNumber } from './error-codes.js';
import { API_2_5, API_3_0, API_3_2, P1, P5, P6, type Since, WINDOWS_1_3 } from './spec.js';

/** One form of a command. */
export interface FormSpec {
  /** As the reference writes it. */
  readonly syntax: string;
  /** Reply when it succeeds. */
  readonly reply: string;
  readonly errors: readonly ErrorNumber[];
  /** First version, if it differs from that of the verb. */
  readonly since?: Since;
}

/** One verb: the first word of a command. */
export interface VerbSpec {
  readonly note: string;
  readonly section: string;
  readonly since: Since;
  readonly forms: readonly FormSpec[];
}

/** Value of {@link FormSpec.reply} for a reply that repeats the command. */
export const ECHO = 'the command itself';

const KEYS = '0..9|A..Z|#|*|+|UP|DOWN|YES|NO|SKYPE|PAGEUP|PAGEDOWN';

/**
 * Every first word of a command. The words after GET, SET, ALTER, SEARCH, OPEN and CLEAR, with their errors, are in the
 * tables of objects, parameters, searches and windows.
 */
export const VERBS = {
  NAME: {
    note: 'Gives the name of the client, which the user sees.',
    section: 'Attaching',
    since: P1,
    forms: [{ syntax: 'NAME <text>', reply: 'OK', errors: [68] }],
  },
  PROTOCOL: {
    note: 'Requests a protocol version; the reply gives the negotiated one.',
    section: 'Attaching',
    since: P1,
    forms: [{ syntax: 'PROTOCOL <version>', reply: 'PROTOCOL <version>', errors: [27] }],
  },
  PING: {
    note: 'Tests the connection to the endpoint.',
    section: 'PING',
    since: P1,
    forms: [{ syntax: 'PING', reply: 'PONG', errors: [] }],
  },
  CALL: {
    note: 'Places a call; several targets make a conference.',
    section: 'CALL',
    since: P1,
    forms: [
      {
        syntax: 'CALL <target>[, <target>]*',
        reply: 'CALL <id> STATUS <status>',
        errors: [34, 35, 36, 39, 73, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101],
      },
    ],
  },
  CALLVOICEMAIL: {
    note: 'Leaves a voicemail.',
    section: 'CALLVOICEMAIL',
    since: P6,
    forms: [{ syntax: 'CALLVOICEMAIL <target>', reply: 'CALL <id> STATUS <status>', errors: [8, 34, 110] }],
  },
  VOICEMAIL: {
    note: 'Leaves a voicemail. Replaced by CALLVOICEMAIL in protocol 6.',
    section: 'VOICEMAIL',
    since: P5,
    forms: [{ syntax: 'VOICEMAIL <target>', reply: 'VOICEMAIL <id> STATUS <status>', errors: [34, 110] }],
  },
  MESSAGE: {
    note: 'Sends a message to one user. Replaced by CHATMESSAGE in protocol 3.',
    section: 'MESSAGE',
    since: P1,
    forms: [
      {
        syntax: 'MESSAGE <handle> <text>',
        reply: 'CHATMESSAGE <id> STATUS SENDING, or MESSAGE <id> STATUS SENDING below protocol 3',
        errors: [26, 43],
      },
    ],
  },
  CHATMESSAGE: {
    note: 'Sends a message to a chat.',
    section: 'CHATMESSAGE',
    since: P5,
    forms: [
      {
        syntax: 'CHATMESSAGE <chat> <text>',
        reply: 'CHATMESSAGE <id> STATUS SENDING',
        errors: [509, 510, 511],
      },
    ],
  },
  CHAT: {
    note: 'Creates or finds a chat.',
    section: 'CHAT CREATE',
    since: P5,
    forms: [
      {
        syntax: 'CHAT CREATE [<handle>[, <handle>]*]',
        reply: 'CHAT <id> STATUS <status>',
        errors: [503, 507, 508, 615],
      },
      {
        syntax: 'CHAT CREATEUSINGBLOB <blob>',
        reply: 'CHAT <id> STATUS <status>',
        errors: [503, 504],
        since: API_3_0,
      },
      {
        syntax: 'CHAT FINDUSINGBLOB <blob>',
        reply: 'CHAT <id> STATUS <status>',
        errors: [503, 504],
        since: API_3_0,
      },
    ],
  },
  GET: {
    note: 'Asks for a property of an object, or a general parameter.',
    section: 'GET',
    since: P1,
    forms: [
      {
        syntax: 'GET <object> [<id>] <property> [<argument>]',
        reply: '<object> [<id>] <property> <value>',
        errors: [7],
      },
      { syntax: 'GET <parameter> [<argument>]', reply: '<parameter> <value>', errors: [7] },
    ],
  },
  SET: {
    note: 'Sets a property of an object, or a general parameter.',
    section: 'SET',
    since: P1,
    forms: [
      {
        syntax: 'SET <object> [<id>] <property> [<value>]',
        reply: '<object> [<id>] <property> <value>',
        errors: [18],
      },
      { syntax: 'SET <parameter> [<value>]', reply: '<parameter> <value>', errors: [18] },
    ],
  },
  ALTER: {
    note: 'Runs an action of an object.',
    section: 'ALTER',
    since: P5,
    forms: [{ syntax: 'ALTER <object> <id> <action> [<argument>]', reply: ECHO, errors: [526, 527] }],
  },
  SEARCH: {
    note: 'Asks for the ids of objects.',
    section: 'SEARCH',
    since: P1,
    forms: [{ syntax: 'SEARCH <what> [<target>]', reply: '<list> [<id>[, <id>]*]', errors: [3] }],
  },
  CREATE: {
    note: 'Creates an object.',
    section: 'CREATE',
    since: P5,
    forms: [
      { syntax: 'CREATE APPLICATION <name>', reply: ECHO, errors: [536, 537, 540, 541] },
      { syntax: 'CREATE GROUP <name>', reply: ECHO, errors: [536, 537] },
      {
        syntax: 'CREATE SMS <type> <number>[, <number>]*',
        reply: 'SMS <id> STATUS COMPOSING',
        errors: [536, 537],
        since: API_2_5,
      },
      {
        syntax:
          'CREATE MENU_ITEM <id> CONTEXT <context> CAPTION <text> [HINT <text>] [ICON <path>] [ENABLED true|false] ' +
          '[ENABLE_MULTIPLE_CONTACTS true|false] [CONTACT_TYPE_FILTER skype|skypeout|all]',
        reply: 'MENU_ITEM <id> CREATED',
        errors: [536, 537],
        since: API_3_0,
      },
      {
        syntax: 'CREATE EVENT <id> CAPTION <text> HINT <text>',
        reply: 'EVENT <id> CREATED',
        errors: [536, 537],
        since: API_3_0,
      },
    ],
  },
  DELETE: {
    note: 'Deletes an object.',
    section: 'DELETE',
    since: P5,
    forms: [
      { syntax: 'DELETE APPLICATION <name>', reply: ECHO, errors: [538, 539, 541, 542] },
      { syntax: 'DELETE GROUP <id>', reply: ECHO, errors: [538, 539] },
      { syntax: 'DELETE SMS <id>', reply: ECHO, errors: [538, 539], since: API_2_5 },
      { syntax: 'DELETE MENU_ITEM <id>', reply: ECHO, errors: [538, 539], since: API_3_0 },
      { syntax: 'DELETE EVENT <id>', reply: ECHO, errors: [538, 539], since: API_3_0 },
    ],
  },
  OPEN: {
    note: 'Opens a window.',
    section: 'OPEN',
    since: P1,
    forms: [{ syntax: 'OPEN <window> [<argument>]', reply: ECHO, errors: [69] }],
  },
  CLOSE: {
    note: 'Closes a window. The reference names it only in an error.',
    section: 'Error codes',
    since: P1,
    forms: [{ syntax: 'CLOSE <window> [<argument>]', reply: ECHO, errors: [113] }],
  },
  TRANSFER: {
    note: 'Opens the window to choose files to send, as OPEN FILETRANSFER does. The reference names it only in errors.',
    section: 'Error codes',
    since: P1,
    forms: [
      { syntax: 'TRANSFER <handle>[, <handle>]* [IN <folder>]', reply: ECHO, errors: [4, 70, 108, 109, 112] },
    ],
  },
  READY: {
    note: 'Said once that a client was ready. Does nothing. The reference names it only in an error.',
    section: 'Error codes',
    since: P1,
    forms: [{ syntax: 'READY YES|NO', reply: ECHO, errors: [51] }],
  },
  HOOK: {
    note: 'Lifted or put down the receiver of a telephone. Does nothing. The reference names it only in an error.',
    section: 'Error codes',
    since: P1,
    forms: [{ syntax: 'HOOK ON|OFF', reply: ECHO, errors: [52] }],
  },
  CLEAR: {
    note: 'Clears a history.',
    section: 'Clearing history',
    since: P5,
    forms: [{ syntax: 'CLEAR <history> [<argument>]', reply: ECHO, errors: [520, 521] }],
  },
  FOCUS: {
    note: 'Brings the main window to the front.',
    section: 'FOCUS',
    since: P1,
    forms: [{ syntax: 'FOCUS', reply: ECHO, errors: [] }],
  },
  MINIMIZE: {
    note: 'Minimises the main window.',
    section: 'MINIMIZE',
    since: WINDOWS_1_3,
    forms: [{ syntax: 'MINIMIZE', reply: ECHO, errors: [] }],
  },
  BTN_PRESSED: {
    note: 'Says that a key went down. Does nothing useful.',
    section: 'BTN_PRESSED',
    since: P5,
    forms: [{ syntax: `BTN_PRESSED ${KEYS}`, reply: ECHO, errors: [74] }],
  },
  BTN_RELEASED: {
    note: 'Says that a key came up; during a call, a DTMF key is sent.',
    section: 'BTN_RELEASED',
    since: P5,
    forms: [{ syntax: `BTN_RELEASED ${KEYS}`, reply: ECHO, errors: [74] }],
  },
  RESETIDLETIMER: {
    note: 'Restarts the time until AWAY.',
    section: 'RESETIDLETIMER',
    since: API_3_2,
    forms: [{ syntax: 'RESETIDLETIMER', reply: ECHO, errors: [] }],
  },
} as const satisfies Record<string, VerbSpec>;
