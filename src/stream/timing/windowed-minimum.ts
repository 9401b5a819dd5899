/** Longest pause of a steady flow, in ms. After a longer one, the minimum begins anew. */
export const LONGEST_PAUSE_MS = 500;

/** The least delay of a past stretch of time, and of its newest part. */
export interface Least {
  readonly all: number;
  /** Least delay without the oldest bucket, part of which may be older than the last change. */
  readonly newest: number;
}

/** The least delay of a past stretch of time. Delays of single packets do not affect it. */
export class WindowedMinimum {
  readonly #bucketMs: number;
  readonly #count: number;
  #full: number[] = [];
  #newest = Number.POSITIVE_INFINITY;
  #newestMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param bucketMs Length of a bucket, in ms. @param count Number of buckets over which the minimum is taken. */
  constructor(bucketMs: number, count: number) {
    this.#bucketMs = bucketMs;
    this.#count = count;
  }

  /**
   * Takes a delay. Returns the least delay of all buckets when a bucket has just been filled and all buckets are there.
   */
  push(nowMs: number, delay: number): Least | undefined {
    if (nowMs - this.#lastMs > LONGEST_PAUSE_MS) this.reset();
    this.#lastMs = nowMs;
    const filled = nowMs - this.#newestMs >= this.#bucketMs && Number.isFinite(this.#newest);
    if (filled) {
      this.#full.push(this.#newest);
      if (this.#full.length > this.#count) this.#full.shift();
      this.#newest = Number.POSITIVE_INFINITY;
    }
    if (!Number.isFinite(this.#newest)) this.#newestMs = nowMs;
    this.#newest = Math.min(this.#newest, delay);
    if (!filled || this.#full.length < this.#count) return undefined;
    const newest = Math.min(...this.#full.slice(1));
    return { all: Math.min(newest, this.#full[0] ?? newest), newest };
  }

  /** Forgets all delays. */
  reset(): void {
    this.#full = [];
    this.#newest = Number.POSITIVE_INFINITY;
  }
}
