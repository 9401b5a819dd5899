import { within } from '../../base/check.js';
import { mixKernel } from './mix-kernel.js';

/** Converts decibels to a gain; -Infinity is silence. */
export function gainOf(db: number): number {
  return 10 ** (db / 20);
}

/** Rule of a gain. */
export const GAIN_DB = within(-Infinity, 40, 'dB');

/** A gain that changes linearly, so that no change is heard as a click. */
export class GainRamp {
  #gain: number;
  #target: number;
  #step = 0;
  #left = 0;

  constructor(gain: number) {
    this.#gain = gain;
    this.#target = gain;
  }

  /** True when the gain has reached zero and stays there. */
  get isSilent(): boolean {
    return this.#left === 0 && this.#gain === 0;
  }

  /** Begins to change the gain to `gain`, which is reached after `sampleCount` samples. */
  moveTo(gain: number, sampleCount: number): void {
    this.#target = gain;
    this.#left = sampleCount;
    this.#step = sampleCount > 0 ? (gain - this.#gain) / sampleCount : 0;
    if (sampleCount === 0) this.#gain = gain;
  }

  /** Adds `samples` (interleaved) times the gain to `sums`, from `at` on. */
  addTo(sums: Float32Array, at: number, samples: Int16Array, channels: number): void {
    const ramped = Math.min(this.#left * channels, samples.length);
    for (let i = 0; i < ramped; i++) {
      sums[at + i] = (sums[at + i] ?? 0) + (samples[i] ?? 0) * this.#gain;
      if ((i + 1) % channels === 0) this.#advance();
    }
    const gain = this.#gain;
    const kernel = mixKernel();
    if (gain === 0) return;
    if (sums.buffer === kernel.sums.buffer) {
      kernel.add(at + ramped, ramped === 0 ? samples : samples.subarray(ramped), gain);
    } else {
      for (let i = ramped; i < samples.length; i++)
        sums[at + i] = (sums[at + i] as number) + (samples[i] as number) * gain;
    }
  }

  /** Advances the gain by `sampleCount` samples of silence. */
  skip(sampleCount: number): void {
    for (let i = Math.min(sampleCount, this.#left); i > 0; i--) this.#advance();
  }

  #advance(): void {
    this.#left--;
    this.#gain = this.#left === 0 ? this.#target : this.#gain + this.#step;
  }
}
