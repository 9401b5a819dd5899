import { type CallStatus, isTerminalCallStatus } from '../../protocol/status/call-status.js';
import type { CallFailureReason } from '../../protocol/status/failure-reasons.js';
import type { EndCause, FailureReason, Progress } from '../../switch/leg.js';
import type { ApiObject, ObjectRecord } from '../object/api-object.js';

export type CallDirection = 'OUTGOING' | 'INCOMING';

/** Final status of the caller's and the callee's CALL object, for each cause. */
export const END_STATUS: Readonly<Record<EndCause['kind'], Readonly<Record<CallDirection, CallStatus>>>> = {
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

/** Status of a call that is being set up. */
export const PROGRESS_STATUS = {
  routing: 'ROUTING',
  ringing: 'RINGING',
  'early-media': 'EARLYMEDIA',
} as const satisfies Readonly<Record<Progress, CallStatus>>;

/** FAILUREREASON numbers of the switch's failure reasons (reference, "Call failure reasons"). */
const FAILURE_NUMBERS = {
  error: 1,
  'no-such-number': 2,
  offline: 3,
  'no-route': 4,
  'cut-off': 5,
  'no-codec': 6,
  'sound-device': 7,
  'remote-sound-device': 8,
  blocked: 9,
  'not-a-contact': 10,
  'not-authorized': 11,
  microphone: 12,
  'not-paid-for': 13,
  'dropped-by-host': 14,
} as const satisfies Readonly<Record<FailureReason, CallFailureReason>>;

const FAILURE_NAMES = new Map(
  Object.entries(FAILURE_NUMBERS).map(([name, number]) => [number, name as FailureReason]),
);

/** Gives the FAILUREREASON of a failure reason. */
export function failureNumber(reason: FailureReason): CallFailureReason {
  return FAILURE_NUMBERS[reason];
}

/** Gives the failure reason of a FAILUREREASON. */
export function failureReason(number: CallFailureReason): FailureReason {
  return FAILURE_NAMES.get(number) ?? 'error';
}

/** Gives a stored record as restored after a restart. A call that was in progress was cut off. */
export function settledCall(record: ObjectRecord): ObjectRecord {
  if (isTerminalCallStatus(record['STATUS'] ?? '')) return record;
  return { ...record, FAILUREREASON: String(failureNumber('cut-off')), STATUS: 'FAILED' };
}

/** Gives the FAILUREREASON of a call with this cause; undefined for most causes. */
export function failureNumberOf(cause: EndCause): CallFailureReason | undefined {
  if (cause.kind === 'failed') return FAILURE_NUMBERS[cause.reason];
  // Not a failure, but it has a number.
  return cause.kind === 'dropped-by-host' ? FAILURE_NUMBERS['dropped-by-host'] : undefined;
}

/**
 * Gives the cost of a call so far, in hundredths of the currency. A minute that was begun counts as a whole one.
 *
 * @param covered Minutes already paid for.
 */
export function chargeFor(call: ApiObject<'CALL'>, covered = 0): number {
  const minutes = Math.ceil(Number(call.get('DURATION') ?? 0) / 60) - covered;
  const rate = Number(call.get('RATE') ?? 0) / 10 ** Number(call.get('RATE_PRECISION') ?? 2);
  return Math.round(minutes * rate * 100);
}
