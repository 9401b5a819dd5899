import { aligned, F32, type ResampleKernel } from './resample-kernel.js';

/** Samples that a stage of a resampler still needs, of each channel, in the kernel's memory. */
export class StageInputs {
  readonly #start: number;
  readonly #capacity: number;
  readonly #bytes: number;
  readonly #channels: number;
  /** Number of samples of each channel. */
  filled: number;

  /**
   * @param start Address of the first one in the kernel's memory.
   * @param capacity Largest number of samples of a channel.
   * @param silence Samples of silence before the first one, which compensate the filter's delay.
   */
  constructor(start: number, channels: number, capacity: number, silence: number) {
    this.#start = start;
    this.#capacity = capacity;
    this.#bytes = aligned(capacity * F32);
    this.#channels = channels;
    this.filled = silence;
  }

  /** End of the memory. */
  get end(): number {
    return this.#start + this.#bytes * this.#channels;
  }

  /** Gives the address of a sample of a channel. */
  at(channel: number, index: number): number {
    return this.#start + channel * this.#bytes + index * F32;
  }

  /** Counts samples that were added behind the last one, and drops the first `count`. */
  advance(kernel: ResampleKernel, added: number, count: number): void {
    this.filled += added;
    if (count === 0) return;
    for (let channel = 0; channel < this.#channels; channel++) {
      const samples = new Float32Array(kernel.memory.buffer, this.at(channel, 0), this.#capacity);
      samples.copyWithin(0, count, this.filled);
    }
    this.filled -= count;
  }
}
