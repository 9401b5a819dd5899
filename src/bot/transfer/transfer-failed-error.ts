import { checkArgument, listOf, object } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';

/** Reason why a target did not take a call. `failed`: it cannot be called, or is offline. */
export type TransferFailure = 'refused' | 'busy' | 'no-answer' | 'failed';

/** Outcome of the attempt to reach one target. */
export interface TransferAttempt {
  readonly target: string;
  readonly outcome: TransferFailure;
  /** Reason as text. */
  readonly reason: string;
}

const ATTEMPTS = listOf(object);

/** No target took a call that was to be transferred: ERR_NOT_TRANSFERRED, or ERR_TIMEOUT when time was up. */
export class TransferFailedError extends JackfieldError {
  /** Outcome of the first target. */
  readonly outcome: TransferFailure;
  /** All targets, in order. */
  readonly attempts: readonly TransferAttempt[];

  /** @param timedOut True when no target answered in time. Default: every target's outcome is `no-answer`. */
  constructor(callId: number, attempts: readonly TransferAttempt[], timedOut?: boolean) {
    checkArgument('attempts', attempts, ATTEMPTS);
    const each = attempts
      .map(({ target, outcome, reason }) => `${target}: ${outcome} (${reason})`)
      .join('; ');
    super(
      (timedOut ?? attempts.every(isUnanswered)) ? 'ERR_TIMEOUT' : 'ERR_NOT_TRANSFERRED',
      `Nobody answered the transferred call ${callId}: ${each}`,
    );
    this.outcome = attempts[0]?.outcome ?? 'failed';
    this.attempts = attempts;
  }
}

function isUnanswered({ outcome }: TransferAttempt): boolean {
  return outcome === 'no-answer';
}

const FAILURES: ReadonlyMap<string, TransferFailure> = new Map([
  ['REFUSED', 'refused'],
  ['BUSY', 'busy'],
  ['FAILED', 'failed'],
]);

/** Translates the status with which a call to a target ended. */
export function failureOf(status: string): TransferFailure {
  return FAILURES.get(status) ?? 'no-answer';
}
