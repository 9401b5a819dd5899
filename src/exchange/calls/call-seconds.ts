import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Count of the seconds that something lasts: each is told on its time, from a fixed beginning. */
export class CallSeconds {
  readonly #clock: Clock;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): boolean {
    return this.#cancel !== undefined;
  }

  /** Tells every whole second after `from`, a time on the clock, that has not passed yet. */
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
      // The next is set last: what is told may stop the count.
      this.#cancel = undefined;
      this.#schedule(from, seconds + 1, tell);
      tell(seconds);
    });
  }
}
