import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { Occupation } from './call-stage.js';
import type { UserCall } from './user-call.js';

/** Time that a rejected call waits for the user to dial again, in milliseconds. */
export const REDIAL_WAIT_MS = 15_000;
/** Time from the key press to the new attempt, in milliseconds. */
export const REDIAL_MS = 1000;

/**
 * Waiting state of a call that a phone rejected. It ends unless the user dials again in time (reference, "CALL object",
 * WAITING_REDIAL_COMMAND and REDIAL_PENDING).
 */
export class RedialWait implements Occupation {
  readonly #call: UserCall;
  readonly #clock: Clock;
  readonly #dialAgain: () => void;
  #cancelTimer: CancelTimer;
  #pending = false;

  constructor(call: UserCall, clock: Clock, dialAgain: () => void) {
    this.#call = call;
    this.#clock = clock;
    this.#dialAgain = dialAgain;
    call.occupy(this);
    call.setStatus('WAITING_REDIAL_COMMAND');
    this.#cancelTimer = clock.timerAt(clock.now() + REDIAL_WAIT_MS, () => this.stop());
  }

  redial(): boolean {
    if (this.#pending) return false;
    this.#pending = true;
    this.#cancelTimer();
    this.#call.setStatus('REDIAL_PENDING');
    this.#cancelTimer = this.#clock.timerAt(this.#clock.now() + REDIAL_MS, this.#dialAgain);
    return true;
  }

  stop(): void {
    this.#cancelTimer();
    this.#call.ended({ kind: 'refused' });
  }
}
