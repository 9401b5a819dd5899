import type { ErrorNumber } from './error-codes.js';

/**
 * Names of the errors that an endpoint answers commands with. The reference has several numbers for what is one mistake
 * to a reader, one for each command: there the name begins with the command.
 */
export const ERROR_NUMBERS = {
  // Any command.
  syntax: 1,
  'unknown-command': 2,
  'access-denied': 68,
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
  'invalid-avatar': 114,
  'invalid-ringtone': 115,
  'invalid-user-handle': 8,
  'unknown-user': 9,
  'user-property': 10,
  'speed-dial-value': 515,
  'authorization-value': 516,
  'buddy-status-value': 518,
  'profile-property': 552,
  'no-voicemail-privilege': 553,

  // Calls.
  'invalid-target': 34,
  'user-blocked': 39,
  'calls-itself': 92,
  'unknown-handle': 93,
  'too-many-calls': 96,
  'get-call-id': 11,
  'get-unknown-call': 12,
  'get-call-property': 13,
  'conference-participant': 71,
  'set-call-id': 19,
  'set-unknown-call': 20,
  'set-call-property': 21,
  'cannot-hold': 22,
  'cannot-resume': 23,
  'cannot-hang-up': 24,
  'call-not-active': 41,
  'invalid-dtmf': 42,
  'cannot-join': 72,
  'too-many-participants': 73,
  'alter-object': 527,
  'alter-call-id': 555,
  'alter-unknown-call': 556,
  'alter-call-arguments': 558,
  'alter-call-failed': 559,
  'alter-call-action': 560,
  'alter-call-stream': 589,

  // Voicemails.
  'no-voicemail': 110,
  'get-voicemail-id': 512,
  'get-unknown-voicemail': 513,
  'get-voicemail-property': 514,
  'alter-voicemail-id': 528,
  'alter-unknown-voicemail': 529,
  'alter-voicemail-failed': 531,
  'alter-voicemail-action': 532,
  'alter-voicemail-stream': 592,

  // SEARCH, CLEAR and CREATE.
  'search-users-target': 4,
  'search-calls-target': 5,
  'search-missed-calls-target': 6,
  'search-target': 29,
  'search-friends-target': 67,
  'search-greeting-handle': 534,
  'clear-target': 521,
  'clear-chats-argument': 522,
  'clear-voicemails-argument': 523,
  'clear-calls-target': 524,
  'clear-calls-handle': 525,
  'create-object': 536,
} as const satisfies Readonly<Record<string, ErrorNumber>>;

/** Name of an error, in place of its number. */
export type ErrorName = keyof typeof ERROR_NUMBERS;
