import { invalidArgument, JackfieldError } from '../../errors.js';
import { pcmFormat } from '../../pcm.js';
import { concatSamples, type PcmTransform, transformSamples } from '../stage.js';
import { aligned, FilterStage } from './filter-stage.js';
import { designFilterBanks, QUALITY_SHAPES, type ResampleQuality } from './resample-filter.js';
import { createResampleKernel, type ResampleKernel } from './resample-kernel.js';

export interface ResamplerOptions {
  /** Sample rate of the input, in Hz: 8000 to 192000. */
  readonly from: number;
  /** Sample rate of the output, in Hz: 8000 to 192000. */
  readonly to: number;
  /** Interleaved channels: 1 to 32. Default 1. */
  readonly channels?: number;
  /** Default `'high'`. */
  readonly quality?: ResampleQuality;
}

/** Samples per channel that are filtered at once: what fits into a processor's nearest cache. */
const BLOCK = 4096;
const F32 = Float32Array.BYTES_PER_ELEMENT;
const S16 = Int16Array.BYTES_PER_ELEMENT;

/**
 * Changes the sample rate. Streaming, with the filters' delay compensated: output sample n lies at the time of
 * input sample n * from / to, and `inputLength * to / from` samples come out in all, rounded to nearest.
 *
 * The filtering is done by a WebAssembly SIMD kernel on memory of the resampler's own.
 */
export class Resampler implements PcmTransform {
  readonly #channels: number;
  readonly #from: number;
  readonly #to: number;
  readonly #kernel: ResampleKernel;
  readonly #stages: readonly FilterStage[];
  /** Addresses of interleaved samples on their way in and out, and of one channel's output. */
  readonly #samples: number;
  readonly #filtered: number;
  #taken = 0;
  #given = 0;
  #isFlushed = false;

  /** @throws ERR_INVALID_ARG for rates or channels out of range. */
  constructor(options: ResamplerOptions) {
    const { quality = 'high', channels = 1 } = options;
    const from = pcmFormat({ sampleRate: options.from, channels }).sampleRate;
    const to = pcmFormat({ sampleRate: options.to, channels }).sampleRate;
    if (!Object.hasOwn(QUALITY_SHAPES, quality)) {
      throw invalidArgument('quality', "'low', 'medium' or 'high'", quality);
    }
    this.#channels = channels;
    this.#from = from;
    this.#to = to;
    const stages: FilterStage[] = [];
    for (const bank of designFilterBanks(from, to, quality)) {
      const before = stages.at(-1);
      stages.push(new FilterStage(bank, before?.end ?? 0, channels, before?.maxOutputs ?? BLOCK));
    }
    const last = stages.at(-1);
    const maxOutputs = last?.maxOutputs ?? BLOCK;
    this.#stages = stages;
    this.#samples = last?.end ?? 0;
    this.#filtered = this.#samples + aligned(Math.max(BLOCK, maxOutputs) * channels * S16);
    this.#kernel = createResampleKernel(this.#filtered + aligned(maxOutputs * F32));
    for (const stage of stages) stage.load(this.#kernel);
  }

  push(samples: Int16Array): Int16Array {
    if (this.#isFlushed) throw new JackfieldError('ERR_INVALID_STATE', 'The resampler was flushed.');
    const channels = this.#channels;
    if (samples.length % channels !== 0) {
      throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
    }
    this.#taken += samples.length / channels;
    const outputs: Int16Array[] = [];
    for (let at = 0; at < samples.length; at += BLOCK * channels) {
      outputs.push(this.#filter(samples.subarray(at, at + BLOCK * channels)));
    }
    return outputs.length === 1 && outputs[0] ? outputs[0] : concatSamples(outputs);
  }

  flush(): Int16Array {
    if (this.#isFlushed) return new Int16Array();
    this.#isFlushed = true;
    const outputs: Int16Array[] = [];
    const silence = new Int16Array(BLOCK * this.#channels);
    while (this.#due > 0) outputs.push(this.#filter(silence, this.#due));
    return concatSamples(outputs);
  }

  /** Outputs that are still owed for all input. */
  get #due(): number {
    return Math.round((this.#taken * this.#to) / this.#from) - this.#given;
  }

  /** Takes at most a block of input and returns what it makes possible, at most `limit` samples per channel. */
  #filter(samples: Int16Array, limit = Number.POSITIVE_INFINITY): Int16Array {
    const channels = this.#channels;
    const kernel = this.#kernel;
    let count = samples.length / channels;
    new Int16Array(kernel.memory.buffer, this.#samples, samples.length).set(samples);
    for (let channel = 0; channel < channels; channel++) {
      const input = this.#stages[0]?.inputOf(channel) ?? 0;
      kernel.widen(this.#samples + channel * S16, channels, input, count);
    }
    this.#stages.forEach((stage, i) => {
      const following = this.#stages[i + 1];
      const possible = stage.outputsAfter(count);
      const ready = following ? possible : Math.min(limit, possible);
      for (let channel = 0; channel < channels; channel++) {
        stage.filter(kernel, channel, following?.inputOf(channel) ?? this.#filtered, ready);
        if (!following) kernel.narrow(this.#filtered, this.#samples + channel * S16, channels, ready);
      }
      stage.advance(kernel, count, ready);
      count = ready;
    });
    this.#given += count;
    return new Int16Array(kernel.memory.buffer, this.#samples, count * channels).slice();
  }
}

/** Changes the sample rate of one array. */
export function resample(samples: Int16Array, options: ResamplerOptions): Int16Array {
  return transformSamples(samples, new Resampler(options));
}
