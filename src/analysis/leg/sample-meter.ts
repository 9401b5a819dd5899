/** Least magnitude that counts as full scale: the largest of G.711 mu-law. That of A-law is 32,256. */
const FULL_SCALE = 32_124;
/** Least number of consecutive samples at full scale that count as clipped. */
const CLIPPED_RUN = 3;

/** Sums and extremes of some samples. */
export interface SampleSums {
  readonly sum: number;
  readonly squares: number;
  /** Largest sample (0 or more) and smallest sample (0 or less). */
  readonly most: number;
  readonly least: number;
}

/** Sums over the samples of one leg. */
export class SampleMeter {
  count = 0;
  sum = 0;
  squares = 0;
  /** Squares of the newest samples alone. */
  newestSquares = 0;
  /** Largest magnitude. */
  peak = 0;
  clippedSamples = 0;
  /** Runs of at least {@link CLIPPED_RUN} samples at full scale. */
  clippedRuns = 0;
  #run = 0;
  #sign = 0;

  take(samples: Int16Array, { sum, squares, most, least }: SampleSums): void {
    this.count += samples.length;
    this.sum += sum;
    this.squares += squares;
    this.newestSquares = squares;
    this.peak = Math.max(this.peak, most, -least);
    if (most >= FULL_SCALE || least <= -FULL_SCALE) this.#clip(samples);
    else this.#run = 0;
  }

  #clip(samples: Int16Array): void {
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] as number;
      const sign = sample >= FULL_SCALE ? 1 : sample <= -FULL_SCALE ? -1 : 0;
      this.#run = sign !== 0 && sign === this.#sign ? this.#run + 1 : Math.abs(sign);
      this.#sign = sign;
      if (this.#run === CLIPPED_RUN) {
        this.clippedRuns++;
        this.clippedSamples += CLIPPED_RUN;
      } else if (this.#run > CLIPPED_RUN) this.clippedSamples++;
    }
  }
}
