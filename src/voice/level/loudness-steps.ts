/** Loudness of a programme by EBU R 128; -Infinity where nothing was above the gate. */
export interface Loudness {
  /** Gated loudness of the whole, in LUFS. */
  readonly integratedLufs: number;
  /** Loudness range (EBU Tech 3342), in LU; 0 for less than 3 s. */
  readonly rangeLu: number;
  /** Loudest 400 ms, in LUFS. */
  readonly maxMomentaryLufs: number;
  /** Loudest 3 s, in LUFS. */
  readonly maxShortTermLufs: number;
}

const STEP_MS = 100;
const MOMENTARY_STEPS = 4;
const SHORT_TERM_STEPS = 30;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;
const RANGE_GATE_LU = -20;
const RANGE_PERCENTILES = [0.1, 0.95] as const;

/** Samples per channel of a step of 100 ms. */
export function loudnessStep(sampleRate: number): number {
  return Math.round((STEP_MS * sampleRate) / 1000);
}

/** Gated loudness from the weighted energy of steps of 100 ms: the part of EBU R 128 after the filters. */
export class LoudnessSteps {
  /** Weighted energy of the newest steps, as a ring. */
  readonly #steps = new Float64Array(SHORT_TERM_STEPS);
  #count = 0;
  readonly #momentary = new LoudnessClasses();
  readonly #shortTerm = new LoudnessClasses();

  /** Takes the weighted mean square of the next step, summed over channels; full scale is 1. */
  add(energy: number): void {
    this.#steps[this.#count++ % SHORT_TERM_STEPS] = energy;
    if (this.#count >= MOMENTARY_STEPS) this.#momentary.add(this.#meanOf(MOMENTARY_STEPS));
    if (this.#count >= SHORT_TERM_STEPS) this.#shortTerm.add(this.#meanOf(SHORT_TERM_STEPS));
  }

  /** The loudness of all steps so far. */
  read(): Loudness {
    return {
      integratedLufs: this.#momentary.gatedLufs(RELATIVE_GATE_LU),
      rangeLu: this.#shortTerm.rangeLu(),
      maxMomentaryLufs: this.#momentary.maxLufs,
      maxShortTermLufs: this.#shortTerm.maxLufs,
    };
  }

  /** Mean of the newest steps. */
  #meanOf(count: number): number {
    let sum = 0;
    for (let step = this.#count - count; step < this.#count; step++)
      sum += this.#steps[step % SHORT_TERM_STEPS] as number;
    return sum / count;
  }
}

const CLASS_LU = 0.01;
const CLASSES = Math.round(-ABSOLUTE_GATE_LUFS / CLASS_LU) + 1000;
/** Blocks that wait to be counted, at first and at most. */
const FIRST_WAITING = 64;
const MOST_WAITING = 2048;

/**
 * Counts of blocks by their loudness, above the absolute gate. The classes are much memory for one call of many, so new
 * blocks wait, and are counted many at a time.
 */
class LoudnessClasses {
  /** Energies of the blocks that are not counted yet. */
  #waiting = new Float64Array(FIRST_WAITING);
  #blocks = 0;
  #counts = new Uint32Array(0);
  #energies = new Float64Array(0);
  /** Energy of the loudest block; undefined for none. */
  #most: number | undefined;

  /** Loudness of the loudest block; -Infinity for none. */
  get maxLufs(): number {
    return this.#most === undefined ? Number.NEGATIVE_INFINITY : lufsOf(this.#most);
  }

  add(energy: number): void {
    if (this.#most === undefined || energy > this.#most) this.#most = energy;
    if (this.#blocks === this.#waiting.length) this.#makeRoom();
    this.#waiting[this.#blocks++] = energy;
  }

  /** Mean of the blocks that are at most `gateLu` below the mean of all. */
  gatedLufs(gateLu: number): number {
    this.#countWaiting();
    return this.#meanFrom(this.#classOf(this.#meanFrom(0) + gateLu));
  }

  rangeLu(): number {
    this.#countWaiting();
    const first = this.#classOf(this.#meanFrom(0) + RANGE_GATE_LU);
    const total = this.#counts.subarray(first).reduce((sum, count) => sum + count, 0);
    if (total === 0) return 0;
    const [low, high] = RANGE_PERCENTILES.map((part) => this.#percentile(first, total * part));
    return ((high ?? 0) - (low ?? 0)) * CLASS_LU;
  }

  #makeRoom(): void {
    if (this.#blocks === MOST_WAITING) {
      this.#countWaiting();
      return;
    }
    const waiting = new Float64Array(2 * this.#blocks);
    waiting.set(this.#waiting);
    this.#waiting = waiting;
  }

  #countWaiting(): void {
    for (let block = 0; block < this.#blocks; block++) this.#count(this.#waiting[block] as number);
    this.#blocks = 0;
  }

  #count(energy: number): void {
    const lufs = lufsOf(energy);
    if (lufs < ABSOLUTE_GATE_LUFS) return;
    if (this.#counts.length === 0) {
      this.#counts = new Uint32Array(CLASSES);
      this.#energies = new Float64Array(CLASSES);
    }
    const index = Math.min(CLASSES - 1, Math.floor((lufs - ABSOLUTE_GATE_LUFS) / CLASS_LU));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#energies[index] = (this.#energies[index] ?? 0) + energy;
  }

  #classOf(lufs: number): number {
    return Math.max(0, Math.floor((lufs - ABSOLUTE_GATE_LUFS) / CLASS_LU));
  }

  #meanFrom(first: number): number {
    let count = 0;
    let energy = 0;
    for (let i = first; i < CLASSES; i++) {
      count += this.#counts[i] ?? 0;
      energy += this.#energies[i] ?? 0;
    }
    return count === 0 ? Number.NEGATIVE_INFINITY : lufsOf(energy / count);
  }

  #percentile(first: number, rank: number): number {
    let seen = 0;
    for (let i = first; i < CLASSES; i++) {
      seen += this.#counts[i] ?? 0;
      if (seen > 0 && seen >= rank) return i;
    }
    return CLASSES - 1;
  }
}

/** Converts a weighted mean square to LUFS; full scale is 1 (BS.1770: -0.691 + 10 log). */
function lufsOf(energy: number): number {
  return energy === 0 ? Number.NEGATIVE_INFINITY : -0.691 + 10 * Math.log10(energy);
}
