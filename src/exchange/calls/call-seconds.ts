import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Counts seconds from a fixed start and reports each at its time. */
export class CallSeconds {
  readonly #clock: Clock;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): boolean {
    return this.#cancel !== undefined;
  }

  /** Reports every whole second after `from` that is still to come. `from` is a time on the clock. */
  count(from: number, tell: (seconds: number) => void): void {
    this.stop();
    const passed = Math.floor((this.#clock.now() - from) / 1000);
    this.#schedule(from, passed + 1, tell);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(from: number, seconds: number, tell: (seconds: number) => void): void {
    this.#cancel = this.#clock.timerAt(from + seconds * 1000, () => {
      // The next timer is set last, since the callback may stop the count.
      this.#cancel = undefined;
      this.#schedule(from, seconds + 1, tell);
      tell(seconds);
    });
  }
}
