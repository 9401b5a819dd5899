/** A pause of more than this, in ms, ends what is steady: the minimum begins anew. */
export const LONGEST_PAUSE_MS = 500;

/** The least delay of some time past, and of the newest part of it. */
export interface Least {
  readonly all: number;
  /** But for the oldest bucket, some of which may have come before the last change. */
  readonly newest: number;
}

/** The least of the delays of some time past: whatever delays single packets does not touch it. */
export class LeastDelay {
  readonly #bucketMs: number;
  readonly #count: number;
  #full: number[] = [];
  #newest = Number.POSITIVE_INFINITY;
  #newestMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param bucketMs Time that is taken together. @param count Buckets that the minimum is taken of. */
  constructor(bucketMs: number, count: number) {
    this.#bucketMs = bucketMs;
    this.#count = count;
  }

  /** Takes a delay. Returns the least of all buckets when one has just been filled, and all are there. */
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

  /** Forgets what came. */
  reset(): void {
    this.#full = [];
    this.#newest = Number.POSITIVE_INFINITY;
  }
}
