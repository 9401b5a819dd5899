import { invalidArgument, JackfieldError } from '../../errors.js';
import { pcmFormat } from '../../pcm.js';
import { concatSamples, type PcmTransform, transformSamples } from '../stage.js';
import {
  designFilterBank,
  type FilterBank,
  QUALITY_SHAPES,
  type ResampleQuality,
} from './resample-filter.js';
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
 * Changes the sample rate. Streaming, with the filter's delay compensated: output sample n lies at the time of
 * input sample n * from / to, and `inputLength * to / from` samples come out in all, rounded to nearest.
 *
 * The filtering is done by a WebAssembly SIMD kernel on memory of the resampler's own.
 */
export class Resampler implements PcmTransform {
  readonly #channels: number;
  readonly #bank: FilterBank;
  readonly #kernel: ResampleKernel;
  readonly #at: Addresses;
  /** Samples per channel in the history. */
  #filled: number;
  /** Index in the history of the first tap of the next output. */
  #next = 0;
  #phase = 0;
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
    this.#bank = designFilterBank(from, to, quality);
    this.#at = layOut(this.#bank, channels);
    this.#kernel = createResampleKernel(this.#at.end);
    new Float32Array(this.#kernel.memory.buffer, this.#at.bank).set(this.#bank.coefficients);
    // Half a filter of silence before the first sample compensates the delay.
    this.#filled = this.#bank.taps / 2 - 1;
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
    return Math.round((this.#taken * this.#bank.phases) / this.#bank.step) - this.#given;
  }

  /** Takes at most a block of input and returns what it makes possible, at most `limit` samples per channel. */
  #filter(samples: Int16Array, limit = Number.POSITIVE_INFINITY): Int16Array {
    const { phases, step, taps } = this.#bank;
    const channels = this.#channels;
    const kernel = this.#kernel;
    const at = this.#at;
    const count = samples.length / channels;
    const last = this.#filled + count - taps - this.#next;
    const possible = last < 0 ? 0 : Math.floor((last * phases + phases - 1 - this.#phase) / step) + 1;
    const ready = Math.min(limit, possible);
    const moved = this.#phase + ready * step;

    new Int16Array(kernel.memory.buffer, at.samples, samples.length).set(samples);
    const output = new Int16Array(ready * channels);
    for (let channel = 0; channel < channels; channel++) {
      const history = at.histories + channel * at.historyBytes;
      kernel.widen(at.samples + channel * S16, channels, history + this.#filled * F32, count);
    }
    for (let channel = 0; channel < channels; channel++) {
      const input = at.histories + channel * at.historyBytes + this.#next * F32;
      const [whole, part] = [Math.floor(step / phases), step % phases];
      kernel.filter(input, at.bank, at.filtered, ready, taps, this.#phase, phases, whole, part);
      kernel.narrow(at.filtered, at.samples + channel * S16, channels, ready);
    }
    output.set(new Int16Array(kernel.memory.buffer, at.samples, output.length));
    this.#given += ready;
    this.#phase = moved % phases;
    this.#forget(this.#filled + count, this.#next + Math.floor(moved / phases));
    return output;
  }

  /** Moves what the next outputs need to the front of the histories. */
  #forget(filled: number, next: number): void {
    const drop = Math.min(next, filled);
    const { histories, historyBytes } = this.#at;
    for (let channel = 0; channel < this.#channels; channel++) {
      const length = historyBytes / F32;
      const history = new Float32Array(
        this.#kernel.memory.buffer,
        histories + channel * historyBytes,
        length,
      );
      history.copyWithin(0, drop, filled);
    }
    this.#filled = filled - drop;
    this.#next = next - drop;
  }
}

/** Changes the sample rate of one array. */
export function resample(samples: Int16Array, options: ResamplerOptions): Int16Array {
  return transformSamples(samples, new Resampler(options));
}

/** Where things lie in the kernel's memory, in bytes. */
interface Addresses {
  readonly bank: number;
  /** One history for each channel. */
  readonly histories: number;
  readonly historyBytes: number;
  /** Interleaved input, later interleaved output. */
  readonly samples: number;
  /** Output of one channel. */
  readonly filtered: number;
  readonly end: number;
}

function layOut({ coefficients, taps, phases, step }: FilterBank, channels: number): Addresses {
  const aligned = (bytes: number) => Math.ceil(bytes / 64) * 64;
  const mostOutputs = Math.ceil((BLOCK * phases) / step) + 1;
  const historyBytes = aligned((taps + step / phases + BLOCK + 1) * F32);
  const histories = aligned(coefficients.byteLength);
  const samples = histories + historyBytes * channels;
  const filtered = samples + aligned(Math.max(BLOCK, mostOutputs) * channels * S16);
  return {
    bank: 0,
    histories,
    historyBytes,
    samples,
    filtered,
    end: filtered + aligned(mostOutputs * F32),
  };
}
