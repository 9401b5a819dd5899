/** Speech level without the pauses: ITU-T P.56, method B. */
export interface ActiveLevel {
  /** Level of the active time, in dBov: 0 is the power of a full-scale square wave. */
  readonly dbov: number;
  /** Share of the time that is active, 0 to 1. */
  readonly activity: number;
}

const SMOOTHING_S = 0.03;
const HANG_OVER_S = 0.2;
const MARGIN_DB = 15.9;
/** Number of thresholds of the envelope. The highest is 0.5 of full scale, each other half of the one above. */
const THRESHOLDS = 16;
const STEP_DB = 20 * Math.log10(2);

/** Returns the share of the old value in each of the two smoothers of the envelope. */
export function levelSmoothing(sampleRate: number): number {
  return Math.exp(-1 / (SMOOTHING_S * sampleRate));
}

/**
 * Measures the active speech level. Two smoothers in series (see `SoundMeter`) make an envelope of the rectified
 * signal. For each of 16 thresholds it counts the time for which the envelope is above it, with a hang-over. The result
 * is the level that is 15.9 dB above its threshold.
 */
export class ActiveLevelMeter {
  readonly #hangOver: number;
  /** Samples above each threshold, with hang-overs, of stretches that have ended. */
  readonly #active = new Float64Array(THRESHOLDS);
  /** Sample at which the envelope rose above a threshold, and the first sample after it fell below it; -1 for never. */
  readonly #rose = new Float64Array(THRESHOLDS).fill(-1);
  readonly #fell = new Float64Array(THRESHOLDS).fill(-1);
  /** Number of thresholds that the envelope is above now, counted from the softest. */
  #above = 0;
  #low = 0;
  #high = 0;
  #count = 0;
  #squares = 0;

  constructor(sampleRate: number) {
    this.#hangOver = Math.round(HANG_OVER_S * sampleRate);
    this.#bound();
  }

  /** Threshold below the envelope: {@link follow} has to be called when the envelope falls below it. */
  get low(): number {
    return this.#low;
  }

  /** Threshold above the envelope: {@link follow} has to be called when the envelope reaches it. */
  get high(): number {
    return this.#high;
  }

  /** Takes the value of the envelope at a sample, counted from the last {@link advance}. */
  follow(envelope: number, at: number): void {
    if (envelope >= this.#high || envelope < this.#low) this.#cross(envelope, this.#count + at);
  }

  /** Advances by `count` samples, with the sum of their squares. */
  advance(count: number, squares: number): void {
    this.#count += count;
    this.#squares += squares;
  }

  /** Returns the level so far; undefined when nothing is active. */
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
    // The level is above the margin at every threshold, as with single clicks. All time above the softest threshold
    // counts.
    return before && { dbov: before.level, activity: before.active / this.#count };
  }

  /** Returns the samples for which the envelope is above threshold `j` (0 is the softest), with the last hang-over. */
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
      // A fall that is shorter than the hang-over does not count.
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

/** Returns threshold `j` (0 is the softest) in s16 steps. */
function amplitude(j: number): number {
  return 32768 * 0.5 ** (THRESHOLDS - j);
}

function thresholdDb(j: number): number {
  return -STEP_DB * (THRESHOLDS - j);
}
