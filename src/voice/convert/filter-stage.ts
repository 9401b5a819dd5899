import type { FilterBank } from './resample-filter.js';
import type { ResampleKernel } from './resample-kernel.js';

const F32 = Float32Array.BYTES_PER_ELEMENT;

/** Bytes up to a multiple of 64, where the next thing in the kernel's memory begins. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** One filter of a resampler: its coefficients, and for each channel the input that is still needed. */
export class FilterStage {
  readonly #bank: FilterBank;
  readonly #coefficients: number;
  readonly #histories: number;
  readonly #historyBytes: number;
  readonly #channels: number;
  /** Outputs that the largest input makes possible. */
  readonly maxOutputs: number;
  /** Where the stage's memory ends. */
  readonly end: number;
  /** Samples in each history. */
  #filled: number;
  /** Index in the history of the first tap of the next output, and the next output's phase. */
  #next = 0;
  #phase = 0;

  /** @param start Where the stage's memory begins in the kernel's. */
  constructor(bank: FilterBank, start: number, channels: number, maxInputs: number) {
    const { taps, phases, step } = bank;
    this.#bank = bank;
    this.#channels = channels;
    this.#coefficients = start;
    this.#histories = start + aligned(bank.coefficients.byteLength);
    this.#historyBytes = aligned((taps + Math.ceil(step / phases) + maxInputs + 1) * F32);
    this.maxOutputs = Math.ceil((maxInputs * phases) / step) + 1;
    this.end = this.#histories + this.#historyBytes * channels;
    // Half a filter of silence before the first sample compensates the delay.
    this.#filled = taps / 2 - 1;
  }

  /** Puts the coefficients into the kernel's memory. */
  load(kernel: ResampleKernel): void {
    new Float32Array(kernel.memory.buffer, this.#coefficients).set(this.#bank.coefficients);
  }

  /** Address where the next input of a channel belongs. */
  inputOf(channel: number): number {
    return this.#histories + channel * this.#historyBytes + this.#filled * F32;
  }

  /** Outputs that `count` more inputs make possible. */
  outputsAfter(count: number): number {
    const { taps, phases, step } = this.#bank;
    const last = this.#filled + count - taps - this.#next;
    return last < 0 ? 0 : Math.floor((last * phases + phases - 1 - this.#phase) / step) + 1;
  }

  /** Writes the next `count` outputs of a channel to the address `output`. */
  filter(kernel: ResampleKernel, channel: number, output: number, count: number): void {
    const { taps, phases, step } = this.#bank;
    const input = this.#histories + channel * this.#historyBytes + this.#next * F32;
    const [whole, part] = [Math.floor(step / phases), step % phases];
    kernel.filter(input, this.#coefficients, output, count, taps, this.#phase, phases, whole, part);
  }

  /** Moves on by what was put in and taken out of all channels, and lets go of what no output needs any more. */
  advance(kernel: ResampleKernel, inputs: number, outputs: number): void {
    const { phases, step } = this.#bank;
    const moved = this.#phase + outputs * step;
    const next = this.#next + Math.floor(moved / phases);
    const filled = this.#filled + inputs;
    const drop = Math.min(next, filled);
    for (let channel = 0; channel < this.#channels; channel++) {
      const address = this.#histories + channel * this.#historyBytes;
      new Float32Array(kernel.memory.buffer, address, this.#historyBytes / F32).copyWithin(0, drop, filled);
    }
    this.#filled = filled - drop;
    this.#next = next - drop;
    this.#phase = moved % phases;
  }
}
