/** Level of what is said, with the pauses left out: ITU-T P.56, method B. */
export interface ActiveLevel {
  /** Level of the active time, in dBov: 0 is the power of a full-scale square wave. */
  readonly dbov: number;
  /** Part of the time that is active, 0 to 1. */
  readonly activity: number;
}

const SMOOTHING_S = 0.03;
const HANG_OVER_S = 0.2;
const MARGIN_DB = 15.9;
/** Thresholds of the envelope: 0.5 of full scale, and half of each one before. */
const THRESHOLDS = 16;
const STEP_DB = 20 * Math.log10(2);

/** Share of what was before in each of the two smoothers of the envelope. */
export function levelSmoothing(sampleRate: number): number {
  return Math.exp(-1 / (SMOOTHING_S * sampleRate));
}

/**
 * Measures the active speech level. Two smoothers in a row (see `SoundMeter`) make an envelope of the rectified signal; for each of 16
 * thresholds the time is counted in which the envelope lies above it, with a hang-over. The level is taken where it lies
 * 15.9 dB above the threshold.
 */
export class ActiveLevelMeter {
  readonly #hangOver: number;
  /** Samples above each threshold, hang-overs included, of stretches that are over. */
  readonly #active = new Float64Array(THRESHOLDS);
  /** Sample at which the envelope rose above a threshold, and the first sample after it fell below it; -1 for never. */
  readonly #rose = new Float64Array(THRESHOLDS).fill(-1);
  readonly #fell = new Float64Array(THRESHOLDS).fill(-1);
  /** Thresholds that the envelope lies above now, softest ones. */
  #above = 0;
  #low = 0;
  #high = 0;
  #count = 0;
  #squares = 0;

  constructor(sampleRate: number) {
    this.#hangOver = Math.round(HANG_OVER_S * sampleRate);
    this.#bound();
  }

  /** The envelope has to be told of where it falls below this, */
  get low(): number {
    return this.#low;
  }

  /** or comes up to this. */
  get high(): number {
    return this.#high;
  }

  /** Takes the envelope at a sample, counted from the last {@link advance}. */
  follow(envelope: number, at: number): void {
    if (envelope >= this.#high || envelope < this.#low) this.#cross(envelope, this.#count + at);
  }

  /** Goes on by some samples, with the sum of their squares. */
  advance(count: number, squares: number): void {
    this.#count += count;
    this.#squares += squares;
  }

  /** The level of all that was pushed; undefined where nothing is active. */
  read(): ActiveLevel | undefined {
    const energyDb = 10 * Math.log10(this.#squares / 32768 ** 2);
    let before: { readonly level: number; readonly margin: number; readonly active: number } | undefined;
    for (let j = 0; j < THRESHOLDS; j++) {
      const active = this.#activeAt(j);
      if (active === 0) break;
      const level = energyDb - 10 * Math.log10(active);
      const threshold = thresholdDb(j);
      const margin = level - threshold - MARGIN_DB;
      if (margin <= 0) {
        const part = before ? before.margin / (before.margin - margin) : 0;
        const dbov = before ? before.level + part * (level - before.level) : level;
        return { dbov, activity: Math.min(1, 10 ** ((energyDb - dbov) / 10) / this.#count) };
      }
      before = { level, margin, active };
    }
    // Louder than its envelope at every threshold, as single clicks are: all that is above the softest one counts.
    return before && { dbov: before.level, activity: before.active / this.#count };
  }

  /** Samples in which the envelope is above a threshold, softest first, with the hang-over of the last stretch. */
  #activeAt(j: number): number {
    const rose = this.#rose[j] as number;
    const done = this.#active[j] as number;
    if (rose < 0) return done;
    const fell = this.#fell[j] as number;
    const end = j < this.#above ? this.#count : Math.min(this.#count, fell + this.#hangOver);
    return done + end - rose;
  }

  #cross(envelope: number, at: number): void {
    while (this.#above < THRESHOLDS && envelope >= this.#high) {
      const j = this.#above++;
      const fell = this.#fell[j] as number;
      const rose = this.#rose[j] as number;
      // A fall that the hang-over outlasts is none.
      if (rose < 0 || at - fell > this.#hangOver) {
        if (rose >= 0) this.#active[j] = (this.#active[j] as number) + fell + this.#hangOver - rose;
        this.#rose[j] = at;
      }
      this.#bound();
    }
    while (this.#above > 0 && envelope < this.#low) {
      this.#fell[--this.#above] = at;
      this.#bound();
    }
  }

  #bound(): void {
    this.#low = this.#above > 0 ? amplitude(this.#above - 1) : Number.NEGATIVE_INFINITY;
    this.#high = this.#above < THRESHOLDS ? amplitude(this.#above) : Number.POSITIVE_INFINITY;
  }
}

/** Threshold `j`, softest first, in s16 steps. */
function amplitude(j: number): number {
  return 32768 * 0.5 ** (THRESHOLDS - j);
}

function thresholdDb(j: number): number {
  return -STEP_DB * (THRESHOLDS - j);
}
