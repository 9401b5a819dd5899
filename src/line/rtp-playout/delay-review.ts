/** The delay is looked at once in so many ticks: half a second. */
const REVIEW_TICKS = 25;
/** Differences from the wanted delay that are left alone, in ms. */
const TOO_LONG_MS = 20;
const TOO_SHORT_MS = 5;

/**
 * Compares the delay with the wanted one. Ticks come late, never early: the least surplus of half a second is the true
 * one.
 */
export class DelayReview {
  #ticks = 0;
  #surplus = Number.POSITIVE_INFINITY;

  /**
   * Takes the surplus of a tick, in samples at `sampleRate`.
   *
   * @returns samples to take out of the voice, or, where negative, to put in; nothing until half a second is over.
   */
  take(surplus: number, sampleRate: number): number | undefined {
    this.#surplus = Math.min(this.#surplus, surplus);
    if (++this.#ticks < REVIEW_TICKS) return undefined;
    const least = this.#surplus;
    const ms = (least * 1000) / sampleRate;
    this.restart();
    return ms > TOO_LONG_MS || ms < -TOO_SHORT_MS ? Math.round(least) : 0;
  }

  restart(): void {
    this.#ticks = 0;
    this.#surplus = Number.POSITIVE_INFINITY;
  }
}
