import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** A line that waits to be sent to a client. */
interface Waiting {
  /** Earliest time of delivery, on the clock. */
  readonly due: number;
  give(): void;
}

/**
 * Queue of lines for one client, in their order. A line that has to wait also delays the lines after it. The queue has
 * one timer, so a late timer cannot change the order.
 */
export class LineQueue {
  readonly #clock: Clock;
  readonly #queue: Waiting[] = [];
  #giving = false;
  #cancelTimer: CancelTimer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `give` when it is due and all earlier lines have been given; at once if nothing waits. */
  put(due: number, give: () => void): void {
    this.#queue.push({ due, give });
    this.#giveDue();
  }

  /** Gives all waiting lines, due or not. */
  flush(): void {
    this.#giveDue(Number.POSITIVE_INFINITY);
  }

  /** Discards the waiting lines. */
  clear(): void {
    this.#queue.length = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #giveDue(now = this.#clock.now()): void {
    // The receiver of a line may cause another line at once. The loop below gives that one.
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
