import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Timers of a message that is retransmitted until there is a response, or until a time limit. */
export class Retransmission {
  readonly #clock: Clock;
  #cancelRepeat: CancelTimer = () => undefined;
  #cancelEnd: CancelTimer = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `send` after `ms`, then repeatedly. `next` computes each wait from the one before. */
  repeat(ms: number, next: (ms: number) => number, send: () => void): void {
    this.#cancelRepeat();
    const wait = (waitMs: number): void => {
      this.#cancelRepeat = this.#clock.timerAt(this.#clock.now() + waitMs, () => {
        send();
        wait(next(waitMs));
      });
    };
    wait(ms);
  }

  /** Stops and calls `task` after `ms`. Replaces the end that was set before. */
  endIn(ms: number, task: () => void): void {
    this.#cancelEnd();
    this.#cancelEnd = this.#clock.timerAt(this.#clock.now() + ms, () => {
      this.stop();
      task();
    });
  }

  /** Stops all timers. */
  stop(): void {
    this.#cancelRepeat();
    this.#cancelEnd();
  }
}
