import { checkArgument, checkOptions, needed, object, oneOf, type Rules } from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { CHANNELS, SAMPLE_RATE, SAMPLES } from '../../base/pcm.js';
import { type PcmTransform, transformSamples } from '../stage.js';
import { buildStages } from './build-stages.js';
import { QUALITY_SHAPES, type ResampleQuality } from './resample-filter.js';
import { aligned, createResampleKernel, F32, type ResampleKernel } from './resample-kernel.js';
import { designFilters, type ResampleLatency } from './resample-plan.js';
import type { ResampleStage } from './resample-stage.js';

export interface ResamplerOptions {
  /** Sample rate of the input, in Hz: 8000 to 192000. */
  readonly from: number;
  /** Sample rate of the output, in Hz: 8000 to 192000. */
  readonly to: number;
  /** Interleaved channels: 1 to 32. Default 1. */
  readonly channels?: number;
  /** Default `'high'`. */
  readonly quality?: ResampleQuality;
  /**
   * `'low'`: outputs come as soon as their inputs are there, some milliseconds late. `'block'`: they come in blocks of
   * half a second to a second and take a fraction of the processor time; meant for files, and wherever nothing waits
   * for them. Both have the same filters. Default `'low'`.
   */
  readonly latency?: ResampleLatency;
}

/** Rules of the options that choose the filters, for everything that resamples. */
export const FILTER_RULES: Rules<Pick<ResamplerOptions, 'quality' | 'latency'>> = {
  quality: oneOf(...Object.keys(QUALITY_SHAPES)),
  latency: oneOf('low', 'block'),
};
const RULES: Rules<ResamplerOptions> = {
  from: needed(SAMPLE_RATE),
  to: needed(SAMPLE_RATE),
  channels: CHANNELS,
  ...FILTER_RULES,
};

/** Samples per channel that are filtered at once. They fit into a processor's nearest cache. */
const BLOCK = 4096;
const S16 = Int16Array.BYTES_PER_ELEMENT;

/**
 * Changes the sample rate of a stream. The filters' delay is compensated: output sample n lies at the time of input
 * sample n * from / to. In all `inputLength * to / from` samples come out, rounded to nearest.
 *
 * A WebAssembly SIMD kernel does the filtering, in memory of the resampler's own.
 */
export class Resampler implements PcmTransform {
  readonly #channels: number;
  readonly #from: number;
  readonly #to: number;
  readonly #kernel: ResampleKernel;
  readonly #stages: readonly ResampleStage[];
  /** Addresses of the interleaved input and output, and of one channel's output. */
  readonly #samples: number;
  readonly #filtered: number;
  #taken = 0;
  #given = 0;
  #isFlushed = false;

  /** @throws ERR_INVALID_ARG for rates or channels out of range. */
  constructor(options: ResamplerOptions) {
    checkOptions(options, RULES);
    const { from, to, quality = 'high', channels = 1, latency = 'low' } = options;
    this.#channels = channels;
    this.#from = from;
    this.#to = to;
    const stages = buildStages(designFilters({ from, to, quality, latency }), channels, BLOCK);
    const last = stages.at(-1);
    const maxOutputs = last?.maxOutputs ?? BLOCK;
    this.#stages = stages;
    this.#samples = last?.end ?? 0;
    this.#filtered = this.#samples + aligned(Math.max(BLOCK, maxOutputs) * channels * S16);
    this.#kernel = createResampleKernel(this.#filtered + aligned(maxOutputs * F32));
    for (const stage of stages) stage.load(this.#kernel);
  }

  push(samples: Int16Array): Int16Array {
    checkArgument('samples', samples, SAMPLES);
    if (this.#isFlushed)
      throw new JackfieldError('ERR_INVALID_STATE', 'The resampler was flushed and takes no more samples.');
    const channels = this.#channels;
    if (samples.length % channels !== 0) {
      throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
    }
    const count = samples.length / channels;
    this.#taken += count;
    // The number of outputs does not depend on how the input is cut.
    const ready = this.#stages.reduce((inputs, stage) => stage.outputsAfter(inputs), count);
    return this.#filter(samples, new Int16Array(ready * channels));
  }

  flush(): Int16Array {
    if (this.#isFlushed) return new Int16Array();
    this.#isFlushed = true;
    const due = Math.round((this.#taken * this.#to) / this.#from) - this.#given;
    const outputs = new Int16Array(due * this.#channels);
    const silence = new Int16Array(BLOCK * this.#channels);
    let rest = outputs;
    while (rest.length > 0) rest = rest.subarray(this.#filter(silence, rest).length);
    return outputs;
  }

  /** Filters samples into `outputs`, as far as there is room. Returns the part that was filled. */
  #filter(samples: Int16Array, outputs: Int16Array): Int16Array {
    const length = BLOCK * this.#channels;
    let filled = 0;
    for (let at = 0; at < samples.length; at += length) {
      filled += this.#filterBlock(samples.subarray(at, at + length), outputs.subarray(filled));
    }
    this.#given += filled / this.#channels;
    return outputs.subarray(0, filled);
  }

  /** Filters at most a block of input; returns the number of samples written to `outputs`. */
  #filterBlock(samples: Int16Array, outputs: Int16Array): number {
    const channels = this.#channels;
    const kernel = this.#kernel;
    let count = samples.length / channels;
    const { buffer } = kernel.memory;
    new Int16Array(buffer, this.#samples, samples.length).set(samples);
    for (let channel = 0; channel < channels; channel++) {
      const input = this.#stages[0]?.inputOf(channel) ?? 0;
      kernel.widen(this.#samples + channel * S16, channels, input, count);
    }
    this.#stages.forEach((stage, i) => {
      const following = this.#stages[i + 1];
      const possible = stage.outputsAfter(count);
      const ready = following ? possible : Math.min(outputs.length / channels, possible);
      for (let channel = 0; ready > 0 && channel < channels; channel++) {
        stage.filter(kernel, channel, following?.inputOf(channel) ?? this.#filtered, ready);
        if (!following) kernel.narrow(this.#filtered, this.#samples + channel * S16, channels, ready);
      }
      stage.advance(kernel, count, ready);
      count = ready;
    });
    outputs.set(new Int16Array(buffer, this.#samples, count * channels));
    return count * channels;
  }
}

/**
 * Changes the sample rate of one array. `latency` is `'block'` by default, since the result is needed only as a whole.
 */
export function resample(samples: Int16Array, options: ResamplerOptions): Int16Array {
  checkArgument('options', options, object);
  return transformSamples(samples, new Resampler({ latency: 'block', ...options }));
}
