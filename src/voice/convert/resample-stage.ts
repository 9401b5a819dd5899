import type { ResampleKernel } from './resample-kernel.js';

/** Where a stage's memory is, and what it has to have room for. */
export interface StagePlace {
  /** Where the stage's memory begins in the kernel's. */
  readonly address: number;
  readonly channels: number;
  /** Samples per channel that are put in at once, at the most. */
  readonly maxInputs: number;
  /** Samples of silence in front of the first input. */
  readonly silence: number;
  /** Inputs that come before the first that an output depends on. */
  readonly skipped: number;
}

/** One step of a resampler: a filter with its memory in the kernel's, for all channels. */
export interface ResampleStage {
  /** Outputs that the largest input makes possible. */
  readonly maxOutputs: number;
  /** Where the stage's memory ends. */
  readonly end: number;
  /** Puts what the filter consists of into the kernel's memory. */
  load(kernel: ResampleKernel): void;
  /** Address where the next input of a channel belongs. */
  inputOf(channel: number): number;
  /** Outputs that `count` more inputs make possible. */
  outputsAfter(count: number): number;
  /** Writes the next outputs of a channel to the address `output`: `count`, or as many more as come at once. */
  filter(kernel: ResampleKernel, channel: number, output: number, count: number): void;
  /** Moves on by what was put in and taken out of all channels, and lets go of what no output needs any more. */
  advance(kernel: ResampleKernel, inputs: number, outputs: number): void;
}
