/** Meanings of `CALL <id> FAILUREREASON <n>` (reference, "Call failure reasons"). */
export const CALL_FAILURE_REASONS = {
  1: 'Miscellaneous error',
  2: 'User or phone number does not exist',
  3: 'User is offline',
  4: 'No proxy found',
  5: 'Session terminated',
  6: 'No common codec found',
  7: 'Sound I/O error',
  8: 'Problem with remote sound device',
  9: 'Call blocked by recipient',
  10: 'Recipient not a friend',
  11: 'Current user not authorized by recipient',
  12: 'Sound recording error',
  13: 'Failure to call a commercial contact',
  14: 'Conference call has been dropped by the host',
} as const;

export type CallFailureReason = keyof typeof CALL_FAILURE_REASONS;
