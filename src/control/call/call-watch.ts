import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { Call } from './call.js';

/**
 * Asks the endpoint about calls without recent news, and so finds calls whose end was not reported. A call in progress
 * reports its DURATION each second. So only calls that ring, wait or are lost are asked about.
 */
export class CallWatch {
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #calls: () => Iterable<Call>;
  readonly #askedAt = new WeakMap<Call, number>();
  #cancelTimer: CancelTimer | undefined;
  #stopped = false;

  /**
   * @param silenceMs Longest time without news of a call, in milliseconds; 0 disables the watch.
   * @param calls The known calls.
   */
  constructor(clock: Clock, silenceMs: number, calls: () => Iterable<Call>) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    this.#calls = calls;
  }

  /** Starts the watch. Called when there may be a call. */
  start(): void {
    if (this.#stopped || this.#silenceMs === 0 || this.#cancelTimer) return;
    this.#wakeAt(this.#clock.now() + this.#silenceMs);
  }

  /** Stops the watch. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  #wakeAt(at: number): void {
    this.#cancelTimer = this.#clock.timerAt(at, () => {
      this.#cancelTimer = undefined;
      this.#look();
    });
  }

  #look(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.#calls()) {
      if (call.over) continue;
      const silentSince = Math.max(call.heardAtMs, this.#askedAt.get(call) ?? call.heardAtMs);
      const dueMs = silentSince + this.#silenceMs;
      if (now < dueMs) {
        next = Math.min(next, dueMs);
        continue;
      }
      this.#askedAt.set(call, now);
      next = Math.min(next, now + this.#silenceMs);
      // An endpoint that does not answer is asked again next time.
      call.refresh().catch(() => undefined);
    }
    if (!this.#stopped && Number.isFinite(next)) this.#wakeAt(next);
  }
}
