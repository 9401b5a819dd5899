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
  /** Weighted energy of the last steps, newest last. */
  readonly #steps: number[] = [];
  readonly #momentary = new LoudnessClasses();
  readonly #shortTerm = new LoudnessClasses();

  /** Takes the weighted mean square of the next step, summed over channels; full scale is 1. */
  add(energy: number): void {
    this.#steps.push(energy);
    if (this.#steps.length > SHORT_TERM_STEPS) this.#steps.shift();
    if (this.#steps.length >= MOMENTARY_STEPS) this.#momentary.add(this.#meanOf(MOMENTARY_STEPS));
    if (this.#steps.length >= SHORT_TERM_STEPS) this.#shortTerm.add(this.#meanOf(SHORT_TERM_STEPS));
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
    for (let i = this.#steps.length - count; i < this.#steps.length; i++) sum += this.#steps[i] as number;
    return sum / count;
  }
}

const CLASS_LU = 0.01;
const CLASSES = Math.round(-ABSOLUTE_GATE_LUFS / CLASS_LU) + 1000;

/** Counts of blocks by their loudness, above the absolute gate. */
class LoudnessClasses {
  // Allocated for the first block above the gate: an analysis has them for each leg of each call.
  #counts = new Uint32Array(0);
  #energies = new Float64Array(0);
  maxLufs = Number.NEGATIVE_INFINITY;

  add(energy: number): void {
    const lufs = lufsOf(energy);
    this.maxLufs = Math.max(this.maxLufs, lufs);
    if (lufs < ABSOLUTE_GATE_LUFS) return;
    if (this.#counts.length === 0) {
      this.#counts = new Uint32Array(CLASSES);
      this.#energies = new Float64Array(CLASSES);
    }
    const index = Math.min(CLASSES - 1, Math.floor((lufs - ABSOLUTE_GATE_LUFS) / CLASS_LU));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#energies[index] = (this.#energies[index] ?? 0) + energy;
  }

  /** Mean of the blocks that are at most `gateLu` below the mean of all. */
  gatedLufs(gateLu: number): number {
    return this.#meanFrom(this.#classOf(this.#meanFrom(0) + gateLu));
  }

  rangeLu(): number {
    const first = this.#classOf(this.#meanFrom(0) + RANGE_GATE_LU);
    const total = this.#counts.subarray(first).reduce((sum, count) => sum + count, 0);
    if (total === 0) return 0;
    const [low, high] = RANGE_PERCENTILES.map((part) => this.#percentile(first, total * part));
    return ((high ?? 0) - (low ?? 0)) * CLASS_LU;
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
