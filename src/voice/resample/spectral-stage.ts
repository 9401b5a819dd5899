import { aligned, F32, type ResampleKernel } from './resample-kernel.js';
import type { ResampleStage, StagePlace } from './resample-stage.js';
import { SPECTRUM_GROUPS, type SpectralFilter } from './spectral-filter.js';
import { createSpectralKernel, type SpectralKernel } from './spectral-kernel.js';
import { StageInputs } from './stage-inputs.js';

/** Number of blocks that are transformed together. An element holds one sample of each. */
const BLOCKS = 8;
const ELEMENT_BYTES = BLOCKS * F32;

/**
 * A filter in the frequency domain, on overlapping blocks ("overlap-save"). It needs far less work for a long filter,
 * but gives outputs in units of eight blocks. The place of a block depends only on the position in the stream.
 */
export class SpectralStage implements ResampleStage {
  readonly #filter: SpectralFilter;
  /** Addresses of the filter's data, and of the blocks before and after it. */
  readonly #matrices: number;
  readonly #analysisTwiddles: number;
  readonly #synthesisTwiddles: number;
  readonly #before: number;
  readonly #after: number;
  readonly #inputs: StageInputs;
  /** Distance between the beginnings of two blocks, in samples. */
  readonly #apart: number;
  readonly maxOutputs: number;
  #kernel: SpectralKernel | undefined;

  /** Must be the first stage of a resampler: it cannot skip inputs. */
  constructor(filter: SpectralFilter, { address, channels, maxInputs, silence }: StagePlace) {
    const { phases, step, edge, matrices, analysisTwiddles, synthesisTwiddles } = filter;
    this.#filter = filter;
    this.#matrices = address;
    this.#analysisTwiddles = this.#matrices + aligned(matrices.byteLength);
    this.#synthesisTwiddles = this.#analysisTwiddles + aligned(analysisTwiddles.byteLength);
    this.#before = this.#synthesisTwiddles + aligned(synthesisTwiddles.byteLength);
    this.#after = this.#before + SPECTRUM_GROUPS * step * ELEMENT_BYTES;
    this.#apart = SPECTRUM_GROUPS * step - 2 * edge;
    const capacity = silence + BLOCKS * this.#apart + 2 * edge + maxInputs;
    const end = this.#after + SPECTRUM_GROUPS * phases * ELEMENT_BYTES;
    this.#inputs = new StageInputs(end, channels, capacity, silence);
    this.maxOutputs = Math.ceil((silence + maxInputs) / (BLOCKS * this.#apart)) * this.#outputsAtOnce;
  }

  get end(): number {
    return this.#inputs.end;
  }

  load(kernel: ResampleKernel): void {
    const { matrices, analysisTwiddles, synthesisTwiddles } = this.#filter;
    const put = (address: number, values: Float32Array) =>
      new Float32Array(kernel.memory.buffer, address).set(values);
    put(this.#matrices, matrices);
    put(this.#analysisTwiddles, analysisTwiddles);
    put(this.#synthesisTwiddles, synthesisTwiddles);
    this.#kernel = createSpectralKernel(kernel);
  }

  inputOf(channel: number): number {
    return this.#inputs.at(channel, this.#inputs.filled);
  }

  outputsAfter(count: number): number {
    const usable = this.#inputs.filled + count - 2 * this.#filter.edge;
    return Math.max(0, Math.floor(usable / (BLOCKS * this.#apart))) * this.#outputsAtOnce;
  }

  filter(_kernel: ResampleKernel, channel: number, output: number, count: number): void {
    for (let done = 0, index = 0; done < count; done += this.#outputsAtOnce, index += BLOCKS * this.#apart) {
      this.#filterBlocks(this.#inputs.at(channel, index), output + done * F32);
    }
  }

  advance(kernel: ResampleKernel, inputs: number, outputs: number): void {
    const batches = Math.ceil(outputs / this.#outputsAtOnce);
    this.#inputs.advance(kernel, inputs, batches * BLOCKS * this.#apart);
  }

  get #outputsAtOnce(): number {
    return BLOCKS * this.#outputsApart;
  }

  get #outputsApart(): number {
    return (this.#apart / this.#filter.step) * this.#filter.phases;
  }

  #filterBlocks(input: number, output: number): void {
    const kernel = this.#kernel;
    if (!kernel) return;
    const { phases, step, edge } = this.#filter;
    const [lengthBefore, lengthAfter] = [SPECTRUM_GROUPS * step, SPECTRUM_GROUPS * phases];
    kernel.gather(input, this.#apart * F32, this.#before, lengthBefore);
    kernel.analyse(this.#before, lengthBefore, step, this.#analysisTwiddles);
    kernel.filter(this.#before, this.#after, this.#matrices, SPECTRUM_GROUPS, step, phases);
    kernel.synthesise(this.#after, lengthAfter, phases, this.#synthesisTwiddles);
    const valid = this.#after + (edge / step) * phases * ELEMENT_BYTES;
    kernel.scatter(valid, output, this.#outputsApart * F32, this.#outputsApart);
  }
}
