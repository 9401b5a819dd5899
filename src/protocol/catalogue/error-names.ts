import type { ErrorNumber } from './error-codes.js';

/**
 * Names of the errors that have one number for all commands. For other mistakes the reference has one number for each
 * object and command. Those numbers are in the entries of the objects, searches, windows and histories ({@link
 * CommandErrors}).
 */
export const ERROR_NUMBERS = {
  // Any command.
  syntax: 1,
  'unknown-command': 2,
  'access-denied': 68,
  'logged-out': 66,
  internal: 97,
  'file-not-found': 111,
  'protocol-version': 27,

  // GET and SET of parameters and users.
  'get-what': 7,
  'set-what': 18,
  'parameter-value': 33,
  'user-status-value': 28,
  'auto-away-value': 53,
  'aec-value': 570,
  'agc-value': 572,
  'unknown-privilege': 40,
  'cannot-set-device': 50,
  'aec-target': 569,
  'agc-target': 571,
  'internal-avatar': 9901,
  'invalid-avatar': 114,
  'invalid-ringtone': 115,
  'invalid-user-handle': 8,
  'speed-dial-value': 515,
  'authorization-value': 516,
  'authorization-failed': 517,
  'buddy-status-value': 518,
  'buddy-status-failed': 519,
  'no-voicemail-privilege': 553,

  // Calls.
  'invalid-target': 34,
  'not-online': 36,
  'user-blocked': 39,
  'calls-itself': 92,
  'unknown-handle': 93,
  'too-many-calls': 96,
  'conference-participant': 71,
  'cannot-hold': 22,
  'cannot-resume': 23,
  'cannot-hang-up': 24,
  'call-not-active': 41,
  'invalid-dtmf': 42,
  'cannot-join': 72,
  'too-many-participants': 73,
  'alter-object': 527,
  'call-stream': 589,

  // Voicemails.
  'no-voicemail': 110,
  'no-greeting': 535,
  'voicemail-not-playable': 531,
  'voicemail-stream': 592,

  // Applications.
  'application-failed': 541,

  // Windows and keys.
  'empty-target': 4,
  'open-what': 69,
  'close-what': 113,
  'invalid-handle': 70,
  'invalid-key': 74,
  'invalid-chat': 105,
  'user-not-contact': 108,
  'no-such-folder': 109,
  'too-many-recipients': 112,
  'already-authorised': 117,

  // Chats and messages.
  'message-handle': 26,
  'empty-message': 43,
  'chat-action': 504,
  'leave-argument': 505,
  'add-members': 506,
  'chat-targets': 507,
  'chat-dialog': 508,
  'message-chat': 510,
  'message-not-sent': 511,
  'chat-disabled': 615,

  // SEARCH, CLEAR and CREATE.
  'clear-target': 521,
  'clear-handle': 525,
  'create-object': 536,
  'create-type': 537,
  'delete-unknown': 539,
} as const satisfies Readonly<Record<string, ErrorNumber>>;

/** Name of an error, in place of its number. */
export type ErrorName = keyof typeof ERROR_NUMBERS;
