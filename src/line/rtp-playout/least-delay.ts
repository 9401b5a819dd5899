/** Keeps the least of recent values: those of the last two windows. When clocks drift it follows. */
export class LeastDelay {
  readonly #windowMs: number;
  readonly #leastCount: number;
  #windowEnd = Number.NEGATIVE_INFINITY;
  #count = 0;
  #newest = Number.POSITIVE_INFINITY;
  #before = Number.POSITIVE_INFINITY;

  /** @param leastCount Least number of values in a window, so that none has only values of a stall. */
  constructor(windowMs: number, leastCount: number) {
    this.#windowMs = windowMs;
    this.#leastCount = leastCount;
  }

  /** Least recent value; undefined before the first. */
  get least(): number | undefined {
    const least = Math.min(this.#newest, this.#before);
    return Number.isFinite(least) ? least : undefined;
  }

  note(value: number, atMs: number): void {
    if (atMs >= this.#windowEnd && this.#count >= this.#leastCount) {
      this.#before = this.#newest;
      this.#newest = Number.POSITIVE_INFINITY;
      this.#count = 0;
    }
    if (this.#count === 0) this.#windowEnd = atMs + this.#windowMs;
    this.#count++;
    this.#newest = Math.min(this.#newest, value);
  }
}
