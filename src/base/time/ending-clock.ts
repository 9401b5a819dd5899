import type { CancelTimer, Clock } from './clock.js';

/** A clock whose timers can be cancelled all at once. They do not keep the process alive. */
export class EndingClock implements Clock {
  readonly #clock: Clock;
  readonly #pending = new Set<CancelTimer>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  unixMs(): number {
    return this.#clock.unixMs();
  }

  timerAt(at: number, task: () => void | Promise<void>): CancelTimer {
    const stop = this.#clock.timerAt(at, () => {
      this.#pending.delete(cancel);
      return task();
    });
    const cancel = (): void => {
      this.#pending.delete(cancel);
      stop();
    };
    this.#pending.add(cancel);
    if (this.#ended) cancel();
    return cancel;
  }

  /** Cancels every timer, also those that are set later. */
  end(): void {
    this.#ended = true;
    for (const cancel of this.#pending) cancel();
  }
}
