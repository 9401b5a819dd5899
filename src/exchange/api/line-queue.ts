import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** A line on its way to a client. */
interface Waiting {
  /** The line is not given before this time, on the clock. */
  readonly due: number;
  give(): void;
}

/**
 * Lines for one client, in the order in which they were made. A line that has to wait holds up those behind it, however
 * late the timers are: one timer wakes the whole queue, and no line has a timer of its own.
 */
export class LineQueue {
  readonly #clock: Clock;
  readonly #queue: Waiting[] = [];
  #giving = false;
  #cancelTimer: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has `give` called when it is due and all before it were given: at once, where nothing waits. */
  put(due: number, give: () => void): void {
    this.#queue.push({ due, give });
    this.#giveDue();
  }

  /** Gives all that waits, due or not. */
  flush(): void {
    this.#giveDue(Number.POSITIVE_INFINITY);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#queue.length = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #giveDue(now = this.#clock.now()): void {
    // The receiver of a line may have another made at once: that one is given from the loop below.
    if (this.#giving) return;
    this.#giving = true;
    try {
      for (let next = this.#queue[0]; next && next.due <= now; next = this.#queue[0]) {
        this.#queue.shift();
        next.give();
      }
    } finally {
      this.#giving = false;
      this.#wake();
    }
  }

  #wake(): void {
    this.#cancelTimer?.();
    const [next] = this.#queue;
    this.#cancelTimer = next && this.#clock.timerAt(next.due, () => this.#giveDue());
  }
}
