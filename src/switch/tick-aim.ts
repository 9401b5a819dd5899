import { PTIME_MS } from '../base/pcm.js';

/** Milliseconds that audio should wait for its tick: as much as a tick may be early, plus a margin. */
const MARGIN_MS = 2;
/** Most milliseconds that a tick waits for audio that is on its way. */
const MOST_WAIT_MS = 10;
/** Ticks before the first decision, and most ticks between two decisions. */
const FIRST_TICKS = 5;
const MOST_TICKS = 50;
/** Ticks before a decision that count for it. Each of them tells the worst of several seconds. */
const COUNTED_TICKS = 10;
/** Least gain in delay for which a tick is left out, in milliseconds. */
const WORTH_MS = 5;
/** Most by which ticks are moved later at once, in milliseconds. The other parties hear the move as a pause. */
const LATER_MS = 3;

/**
 * Finds the time of the ticks of a bridge, relative to the schedule: as soon after its audio has come as the jitter
 * allows. The ticks stay within one frame of the schedule, so that no party gets more than one frame ahead of time.
 */
export class TickAim {
  /** Milliseconds by which it is ahead of the schedule. */
  #ahead = 0;
  #least = Number.POSITIVE_INFINITY;
  #waited = 0;
  #ticks = 0;
  #wanted = FIRST_TICKS;

  /** Moves the tick a millisecond later, because audio is on its way. Returns false when it has waited long enough. */
  waits(): boolean {
    if (this.#waited >= MOST_WAIT_MS || this.#ahead - 1 < -PTIME_MS) return false;
    this.#waited++;
    this.#ahead--;
    return true;
  }

  /**
   * Takes the time by which a tick could have come earlier, in milliseconds.
   *
   * @returns whole milliseconds by which the next tick has to come earlier than after 20 ms; negative for later.
   */
  take(spareMs: number | undefined): number {
    this.#waited = 0;
    if (spareMs === undefined) return 0;
    this.#ticks++;
    if (this.#ticks > this.#wanted - COUNTED_TICKS) this.#least = Math.min(this.#least, spareMs);
    if (this.#ticks < this.#wanted) return 0;
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
    // Whole frames that wait are the delay of the queue that holds them, and are left to it.
    const earlier = Math.floor(Math.max(0, tooMuch)) % PTIME_MS;
    if (this.#ahead + earlier <= PTIME_MS) return earlier;
    return earlier >= WORTH_MS ? earlier - PTIME_MS : 0;
  }
}
