import type { CallStatus } from '../../protocol/catalogue/call-status.js';
import type { EndCause } from '../../switch/leg.js';

export type Direction = 'OUTGOING' | 'INCOMING';

/** How each cause ends the CALL object of the caller and that of the callee. */
export const END_STATUS: Readonly<Record<EndCause['kind'], Readonly<Record<Direction, CallStatus>>>> = {
  'hung-up': { OUTGOING: 'FINISHED', INCOMING: 'FINISHED' },
  cancelled: { OUTGOING: 'CANCELLED', INCOMING: 'MISSED' },
  refused: { OUTGOING: 'REFUSED', INCOMING: 'REFUSED' },
  'no-answer': { OUTGOING: 'MISSED', INCOMING: 'MISSED' },
  busy: { OUTGOING: 'BUSY', INCOMING: 'MISSED' },
  'answered-elsewhere': { OUTGOING: 'FINISHED', INCOMING: 'MISSED' },
  transferred: { OUTGOING: 'TRANSFERRED', INCOMING: 'TRANSFERRED' },
  failed: { OUTGOING: 'FAILED', INCOMING: 'FAILED' },
  'dropped-by-host': { OUTGOING: 'FINISHED', INCOMING: 'FINISHED' },
};
