/** Ticks between two reviews of the delay: half a second. */
const REVIEW_TICKS = 25;
/** Greatest differences from the wanted delay that are left as they are, in ms. */
const TOO_LONG_MS = 20;
const TOO_SHORT_MS = 5;

/**
 * Compares the delay with the wanted one. Ticks come late but never early, so the least surplus of half a second is the
 * true one.
 */
export class DelayReview {
  #ticks = 0;
  #surplus = Number.POSITIVE_INFINITY;

  /**
   * Takes the surplus of a tick, in samples at `sampleRate`.
   *
   * @returns samples to remove from the voice, or to insert if negative; undefined until half a second is over.
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
