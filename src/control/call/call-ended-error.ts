import { JackfieldError } from '../../base/errors.js';
import { CALL_FAILURE_REASONS, type CallFailureReason } from '../../protocol/status/failure-reasons.js';

/** A call ended during a wait for another state. */
export class CallEndedError extends JackfieldError {
  /** As on the wire: `BUSY`, `REFUSED`, `FAILED` and so on. */
  readonly status: string;
  /** 1 to 14 (reference, "Call failure reasons"), when the endpoint gave one. */
  readonly failureReason: CallFailureReason | undefined;
  /** Text of the reference for {@link failureReason}. */
  readonly failureText: string | undefined;

  constructor(id: number, status: string, waitedFor: string, reason: number | undefined) {
    const known = reason !== undefined && isFailureReason(reason) ? reason : undefined;
    const text = known === undefined ? undefined : CALL_FAILURE_REASONS[known];
    const why = text === undefined ? '' : ` (failure reason ${known}: ${text})`;
    super('ERR_CALL_ENDED', `Call ${id} ended as ${status}${why} before it was ${waitedFor}.`);
    this.status = status;
    this.failureReason = known;
    this.failureText = text;
  }
}

function isFailureReason(reason: number): reason is CallFailureReason {
  return Object.hasOwn(CALL_FAILURE_REASONS, reason);
}
