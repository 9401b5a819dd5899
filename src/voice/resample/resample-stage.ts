import type { ResampleKernel } from './resample-kernel.js';

/** Address of a stage's memory, and the sizes that it needs room for. */
export interface StagePlace {
  /** Start of the stage's memory in the kernel's. */
  readonly address: number;
  readonly channels: number;
  /** Largest number of samples per channel in one input. */
  readonly maxInputs: number;
  /** Samples of silence in front of the first input. */
  readonly silence: number;
  /** Inputs before the first one that an output depends on. */
  readonly skipped: number;
}

/** One step of a resampler: a filter with its memory in the kernel's, for all channels. */
export interface ResampleStage {
  /** Outputs that the largest input makes possible. */
  readonly maxOutputs: number;
  /** End of the stage's memory. */
  readonly end: number;
  /** Writes the filter's coefficients into the kernel's memory. */
  load(kernel: ResampleKernel): void;
  /** Gives the address for the next input of a channel. */
  inputOf(channel: number): number;
  /** Gives the number of outputs that are ready after `count` more inputs. */
  outputsAfter(count: number): number;
  /** Writes the next outputs of a channel to the address `output`: at least `count`, rounded up to whole blocks. */
  filter(kernel: ResampleKernel, channel: number, output: number, count: number): void;
  /** Advances all channels by their inputs and outputs, and drops inputs that are not needed any more. */
  advance(kernel: ResampleKernel, inputs: number, outputs: number): void;
}
