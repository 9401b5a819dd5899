import { PTIME_MS } from '../base/pcm.js';

/** Milliseconds that audio should wait for its tick: what a tick may come early, and some. */
const MARGIN_MS = 2;
/** Milliseconds that a tick waits at most for audio that is on its way. */
const MOST_WAIT_MS = 10;
/** Ticks after which the first decision is made, and most between two. */
const FIRST_TICKS = 5;
const MOST_TICKS = 50;
/** Least delay that is won where a tick is left out for it, in milliseconds. */
const WORTH_MS = 5;
/** Longest way to a later place at once, in milliseconds: others hear it as a pause. */
const LATER_MS = 3;

/**
 * Finds the place of a bridge's ticks between two of the schedule: as soon after its audio has come as its jitter allows.
 * The ticks stay within a frame of their schedule, so that nobody is sent more than one ahead of time.
 */
export class TickAim {
  /** Milliseconds by which it is ahead of the schedule. */
  #ahead = 0;
  #least = Number.POSITIVE_INFINITY;
  #waited = 0;
  #ticks = 0;
  #wanted = FIRST_TICKS;

  /** Decides to have the tick a millisecond later, as audio is on its way; false when that has been done long enough. */
  waits(): boolean {
    if (this.#waited >= MOST_WAIT_MS || this.#ahead - 1 < -PTIME_MS) return false;
    this.#waited++;
    this.#ahead--;
    return true;
  }

  /**
   * Takes how much earlier a tick could have come.
   *
   * @returns whole milliseconds by which the next tick is to come earlier than after 20 ms; negative for later.
   */
  take(spareMs: number | undefined): number {
    this.#waited = 0;
    if (spareMs === undefined) return 0;
    this.#least = Math.min(this.#least, spareMs);
    if (++this.#ticks < this.#wanted) return 0;
    const earlier = this.#decide(this.#least - MARGIN_MS);
    this.#ahead += earlier;
    this.#least = Number.POSITIVE_INFINITY;
    this.#ticks = 0;
    this.#wanted = Math.min(2 * this.#wanted, MOST_TICKS);
    return earlier;
  }

  #decide(tooMuch: number): number {
    if (tooMuch <= -1) {
      const later = Math.min(Math.ceil(-tooMuch), LATER_MS);
      return this.#ahead - later >= -PTIME_MS ? -later : 0;
    }
    // Whole frames that wait are a delay of the one that keeps them.
    const earlier = Math.floor(Math.max(0, tooMuch)) % PTIME_MS;
    if (this.#ahead + earlier <= PTIME_MS) return earlier;
    return earlier >= WORTH_MS ? earlier - PTIME_MS : 0;
  }
}
