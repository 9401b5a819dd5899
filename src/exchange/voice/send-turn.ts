import { PTIME_MS } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';

/** Sends the gathered data. @returns a function that sends the rest, half a tick later. */
export type Flush = () => (() => void) | undefined;

/**
 * Sends the data of all streams of an exchange together at the end of a turn. When several ticks are made up in one
 * turn, their data is sent in one write. Both legs of a call are sent at the same time.
 */
export class SendTurn {
  readonly #clock: Clock;
  #flushes: Flush[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `flush` once, at the end of this turn. */
  add(flush: Flush): void {
    if (this.#flushes.length === 0) queueMicrotask(() => this.#run());
    this.#flushes.push(flush);
  }

  #run(): void {
    const flushes = this.#flushes;
    this.#flushes = [];
    const rests = flushes.map((flush) => flush()).filter((rest) => rest !== undefined);
    if (rests.length === 0) return;
    this.#clock.timerAt(this.#clock.now() + PTIME_MS / 2, () => {
      for (const rest of rests) rest();
    });
  }
}
