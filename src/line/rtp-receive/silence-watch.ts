import type { CancelTimer, Clock } from '../../base/time/clock.js';

/** Watches for a peer from which nothing arrives any more. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #lastMs: () => number | undefined;
  readonly #onSilence: () => void;
  #cancel: CancelTimer | undefined;

  /**
   * @param timeoutMs 0 for never.
   * @param lastMs Returns the time at which the last packet arrived.
   * @param onSilence Called when no packet has arrived for `timeoutMs`; once until a packet arrives.
   */
  constructor(clock: Clock, timeoutMs: number, lastMs: () => number | undefined, onSilence: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#lastMs = lastMs;
    this.#onSilence = onSilence;
  }

  /** Begins, or begins again. */
  start(): void {
    this.stop();
    if (this.#timeoutMs === 0) return;
    const since = this.#clock.now();
    let toldFor: number | undefined;
    const check = (): void => {
      const now = this.#clock.now();
      const last = Math.max(since, this.#lastMs() ?? since);
      const dueMs = last + this.#timeoutMs;
      const isOver = now >= dueMs;
      if (isOver && toldFor !== last) this.#onSilence();
      // The watch may have been stopped by that.
      if (!this.#cancel) return;
      if (isOver) toldFor = last;
      this.#cancel = this.#clock.timerAt(isOver ? now + this.#timeoutMs : dueMs, check);
    };
    this.#cancel = this.#clock.timerAt(since + this.#timeoutMs, check);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
