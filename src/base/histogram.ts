/** Buckets for each doubling: a percentile is at most 19 % above the value it stands for. */
const PER_OCTAVE = 4;
/** Lower edge of the second bucket, in the unit of the values. */
const SMALLEST = 1 / 16;
const BUCKETS = 80;

/** Counts values of 0.06 to 60,000 in 80 logarithmic buckets: cheap enough to keep for each stream. */
export class Histogram {
  #counts: Uint32Array | undefined;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(value: number): void {
    this.#counts ??= new Uint32Array(BUCKETS);
    const bucket = value <= SMALLEST ? 0 : Math.ceil(Math.log2(value / SMALLEST) * PER_OCTAVE);
    const index = Math.min(bucket, BUCKETS - 1);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total++;
  }

  /** The value that a `share` (0 to 1) of the recorded values does not exceed; 0 when there are none. */
  percentile(share: number): number {
    if (!this.#counts) return 0;
    let left = Math.max(1, Math.ceil(this.#total * share));
    const bucket = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return bucket === 0 ? 0 : SMALLEST * 2 ** (bucket / PER_OCTAVE);
  }
}
