import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Timers of a message that is sent again until something comes for it, or until its time is over. */
export class Retransmission {
  readonly #clock: Clock;
  #cancelRepeat: CancelTimer = () => undefined;
  #cancelEnd: CancelTimer = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `send` after `ms`, and again each time after what `next` makes of the wait before. */
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

  /** Stops and calls `task` after `ms`, in place of the end that was set before. */
  endIn(ms: number, task: () => void): void {
    this.#cancelEnd();
    this.#cancelEnd = this.#clock.timerAt(this.#clock.now() + ms, () => {
      this.stop();
      task();
    });
  }

  /** Sends nothing again, and calls no end. */
  stop(): void {
    this.#cancelRepeat();
    this.#cancelEnd();
  }
}
