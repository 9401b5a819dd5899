import { PTIME_MS } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';

/** Sends what it has gathered. @returns what sends the rest, half a tick later. */
export type Flush = () => (() => void) | undefined;

/**
 * Has the streams of an exchange send when a turn is over, all together: ticks that are made up for in one turn go out in
 * one write, and the legs of a call go out side by side.
 */
export class SendTurn {
  readonly #clock: Clock;
  #flushes: Flush[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `flush` once, when this turn is over. */
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
