import type { FilterBank } from './resample-filter.js';
import { aligned, type ResampleKernel } from './resample-kernel.js';
import type { ResampleStage, StagePlace } from './resample-stage.js';
import { StageInputs } from './stage-inputs.js';

/** A filter in the time domain, sample by sample: each output comes as soon as its inputs are there. */
export class PolyphaseStage implements ResampleStage {
  readonly #bank: FilterBank;
  readonly #coefficients: number;
  readonly #inputs: StageInputs;
  readonly maxOutputs: number;
  /** Index in the inputs of the first tap of the next output, and that output's phase. */
  #next: number;
  #phase = 0;

  constructor(bank: FilterBank, { address, channels, maxInputs, silence, skipped }: StagePlace) {
    const { taps, phases, step, coefficients } = bank;
    this.#bank = bank;
    this.#coefficients = address;
    this.#next = skipped;
    const capacity = silence + skipped + taps + Math.ceil(step / phases) + maxInputs + 1;
    const end = address + aligned(coefficients.byteLength);
    this.#inputs = new StageInputs(end, channels, capacity, silence);
    this.maxOutputs = Math.ceil(((silence + maxInputs) * phases) / step) + 1;
  }

  get end(): number {
    return this.#inputs.end;
  }

  load(kernel: ResampleKernel): void {
    new Float32Array(kernel.memory.buffer, this.#coefficients).set(this.#bank.coefficients);
  }

  inputOf(channel: number): number {
    return this.#inputs.at(channel, this.#inputs.filled);
  }

  outputsAfter(count: number): number {
    const { taps, phases, step } = this.#bank;
    const last = this.#inputs.filled + count - taps - this.#next;
    return last < 0 ? 0 : Math.floor((last * phases + phases - 1 - this.#phase) / step) + 1;
  }

  filter(kernel: ResampleKernel, channel: number, output: number, count: number): void {
    const { taps, phases, step } = this.#bank;
    const input = this.#inputs.at(channel, this.#next);
    const [whole, part] = [Math.floor(step / phases), step % phases];
    kernel.filter(input, this.#coefficients, output, count, taps, this.#phase, phases, whole, part);
  }

  advance(kernel: ResampleKernel, inputs: number, outputs: number): void {
    const { phases, step } = this.#bank;
    const moved = this.#phase + outputs * step;
    const next = this.#next + Math.floor(moved / phases);
    const dropped = Math.min(next, this.#inputs.filled + inputs);
    this.#inputs.advance(kernel, inputs, dropped);
    this.#next = next - dropped;
    this.#phase = moved % phases;
  }
}
