import type { PcmFormat } from '../../base/pcm.js';
import { SineKernel, toneTable } from './sine-kernel.js';

export interface ToneGateOptions {
  /** In Hz. */
  readonly frequency: number;
  readonly format: PcmFormat;
  /** Samples of a window. */
  readonly length: number;
  /** Part of the energy that must be the tone's, 0 to 1. */
  readonly purity: number;
  /** Least amplitude of a tone. */
  readonly minAmplitude: number;
}

/** Part of a limit that is enough: the sums have the precision of 32 bits. */
const SLACK = 0.999;

/** Finds out quickly if a window may hold a tone. What it lets through has to be measured. */
export class ToneGate {
  readonly #kernel = SineKernel.shared();
  readonly #table: Float32Array;
  /** Least power of the sums of a tone. */
  readonly #least: number;
  /** Least ratio of the power of the sums to the energy. */
  readonly #leastRatio: number;

  constructor({ frequency, format, length, purity, minAmplitude }: ToneGateOptions) {
    this.#table = toneTable((2 * Math.PI * frequency) / format.sampleRate, length);
    this.#least = SLACK * ((minAmplitude * length) / 2) ** 2;
    this.#leastRatio = (SLACK * purity * length) / 2;
  }

  /** True for samples of a window that may hold the tone. */
  lets(samples: Int16Array): boolean {
    this.#kernel.tone(samples, this.#table);
    const { floats } = this.#kernel;
    const power = (floats[0] as number) ** 2 + (floats[1] as number) ** 2;
    return power >= this.#least && power >= this.#leastRatio * (floats[2] as number);
  }
}
