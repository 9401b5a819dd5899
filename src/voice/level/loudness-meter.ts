import { type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { FrameCutter } from '../frame-cutter.js';
import { kWeighting } from './k-weighting.js';

/** Loudness of a programme as EBU R 128 has it; -Infinity where there was nothing above the gate. */
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

/**
 * Measures loudness as people hear it: ITU-R BS.1770-4 with the gates of EBU R 128. Memory is constant: blocks
 * are counted in classes of 0.01 LU.
 */
export class LoudnessMeter {
  readonly #channels: number;
  readonly #frames: FrameCutter;
  readonly #weight: (samples: Int16Array) => number;
  /** Weighted energy of the last steps of 100 ms, newest last. */
  readonly #steps: number[] = [];
  readonly #momentary = new LoudnessClasses();
  readonly #shortTerm = new LoudnessClasses();

  /** @throws ERR_INVALID_ARG for a format out of range. */
  constructor(format: PcmFormat = VOICE_FORMAT) {
    const { sampleRate, channels } = pcmFormat(format);
    this.#channels = channels;
    this.#frames = new FrameCutter(Math.round((STEP_MS * sampleRate) / 1000) * channels);
    this.#weight = kWeighting(sampleRate, channels);
  }

  push(samples: Int16Array): void {
    for (const frame of this.#frames.push(samples)) {
      this.#steps.push(this.#weight(frame) / (frame.length / this.#channels));
      if (this.#steps.length > SHORT_TERM_STEPS) this.#steps.shift();
      if (this.#steps.length >= MOMENTARY_STEPS)
        this.#momentary.add(meanOf(this.#steps.slice(-MOMENTARY_STEPS)));
      if (this.#steps.length >= SHORT_TERM_STEPS) this.#shortTerm.add(meanOf(this.#steps));
    }
  }

  /** The loudness of all that was pushed so far. */
  read(): Loudness {
    return {
      integratedLufs: this.#momentary.gatedLufs(RELATIVE_GATE_LU),
      rangeLu: this.#shortTerm.rangeLu(),
      maxMomentaryLufs: this.#momentary.maxLufs,
      maxShortTermLufs: this.#shortTerm.maxLufs,
    };
  }
}

/** Loudness of one array of interleaved samples. */
export function measureLoudness(samples: Int16Array, format: PcmFormat = VOICE_FORMAT): Loudness {
  const meter = new LoudnessMeter(format);
  meter.push(samples);
  return meter.read();
}

const CLASS_LU = 0.01;
const CLASSES = Math.round(-ABSOLUTE_GATE_LUFS / CLASS_LU) + 1000;

/** Counts of blocks by their loudness, above the absolute gate. */
class LoudnessClasses {
  readonly #counts = new Float64Array(CLASSES);
  readonly #energies = new Float64Array(CLASSES);
  maxLufs = Number.NEGATIVE_INFINITY;

  add(energy: number): void {
    const lufs = lufsOf(energy);
    this.maxLufs = Math.max(this.maxLufs, lufs);
    if (lufs < ABSOLUTE_GATE_LUFS) return;
    const index = Math.min(CLASSES - 1, Math.floor((lufs - ABSOLUTE_GATE_LUFS) / CLASS_LU));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#energies[index] = (this.#energies[index] ?? 0) + energy;
  }

  /** Mean of the blocks that are no more than `gateLu` below the mean of all. */
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

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** LUFS of a weighted mean square, 1 being full scale (BS.1770: -0.691 + 10 log). */
function lufsOf(energy: number): number {
  return energy === 0 ? Number.NEGATIVE_INFINITY : -0.691 + 10 * Math.log10(energy);
}
