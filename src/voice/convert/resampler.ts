import { invalidArgument, JackfieldError } from '../../errors.js';
import { pcmFormat } from '../../pcm.js';
import { type PcmTransform, transformSamples } from '../stage.js';
import {
  designFilterBank,
  type FilterBank,
  QUALITY_SHAPES,
  type ResampleQuality,
} from './resample-filter.js';

export interface ResamplerOptions {
  /** Sample rate of the input, in Hz: 8000 to 192000. */
  readonly from: number;
  /** Sample rate of the output, in Hz: 8000 to 192000. */
  readonly to: number;
  /** Interleaved channels. Default 1. */
  readonly channels?: number;
  /** Default `'high'`. */
  readonly quality?: ResampleQuality;
}

/** Samples per channel that are filtered at once. */
const BLOCK = 8192;

/**
 * Changes the sample rate. Streaming, with the filter's delay compensated: output sample n lies at the time of
 * input sample n * from / to, and `inputLength * to / from` samples come out in all, rounded to nearest.
 */
export class Resampler implements PcmTransform {
  readonly #channels: number;
  readonly #lanes: Lane[];
  #isFlushed = false;

  /** @throws ERR_INVALID_ARG for rates or channels out of range. */
  constructor(options: ResamplerOptions) {
    const { quality = 'high', channels = 1 } = options;
    const from = pcmFormat({ sampleRate: options.from, channels }).sampleRate;
    const to = pcmFormat({ sampleRate: options.to, channels }).sampleRate;
    if (!(quality in QUALITY_SHAPES)) throw invalidArgument('quality', "'low', 'medium' or 'high'", quality);
    const bank = designFilterBank(from, to, quality);
    this.#channels = channels;
    this.#lanes = Array.from({ length: channels }, () => new Lane(bank));
  }

  push(samples: Int16Array): Int16Array {
    if (this.#isFlushed) throw new JackfieldError('ERR_INVALID_STATE', 'The resampler was flushed.');
    const channels = this.#channels;
    if (samples.length % channels !== 0) {
      throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
    }
    const count = samples.length / channels;
    const ready = this.#lanes[0]?.readyAfter(count) ?? 0;
    const output = new Int16Array(ready * channels);
    this.#lanes.forEach((lane, channel) => {
      lane.push(samples, channel, channels, output);
    });
    return output;
  }

  flush(): Int16Array {
    if (this.#isFlushed) return new Int16Array();
    this.#isFlushed = true;
    const channels = this.#channels;
    const left = this.#lanes[0]?.left ?? 0;
    const output = new Int16Array(left * channels);
    this.#lanes.forEach((lane, channel) => {
      lane.flush(channel, channels, output);
    });
    return output;
  }
}

/** Changes the sample rate of one array. */
export function resample(samples: Int16Array, options: ResamplerOptions): Int16Array {
  return transformSamples(samples, new Resampler(options));
}

/** One channel: the input that is still needed, and where the next output lies in it. */
class Lane {
  readonly #bank: FilterBank;
  readonly #history: Float32Array;
  /** Samples in the history. */
  #filled: number;
  /** Index in the history of the first tap of the next output. */
  #at = 0;
  #phase = 0;
  #taken = 0;
  #given = 0;

  constructor(bank: FilterBank) {
    this.#bank = bank;
    this.#history = new Float32Array(bank.taps + BLOCK);
    // Half a filter of silence before the first sample compensates the delay.
    this.#filled = bank.taps / 2 - 1;
  }

  /** Outputs that are due when all input is known. */
  get left(): number {
    const { phases, step } = this.#bank;
    return Math.round((this.#taken * phases) / step) - this.#given;
  }

  /** Outputs that `count` more inputs make possible. */
  readyAfter(count: number): number {
    const { phases, step, taps } = this.#bank;
    const last = this.#filled + count - taps - this.#at;
    return last < 0 ? 0 : Math.floor((last * phases + phases - 1 - this.#phase) / step) + 1;
  }

  push(samples: Int16Array, channel: number, channels: number, output: Int16Array): void {
    const count = samples.length / channels;
    let written = 0;
    for (let taken = 0; taken < count; ) {
      const part = Math.min(count - taken, this.#history.length - this.#filled);
      for (let i = 0; i < part; i++) {
        this.#history[this.#filled + i] = samples[(taken + i) * channels + channel] ?? 0;
      }
      taken += part;
      written += this.#run(part, output, written, channel, channels, Number.POSITIVE_INFINITY);
    }
    this.#taken += count;
  }

  flush(channel: number, channels: number, output: Int16Array): void {
    const due = output.length / channels;
    for (let written = 0; written < due; ) {
      const part = Math.min(BLOCK, this.#history.length - this.#filled);
      this.#history.fill(0, this.#filled, this.#filled + part);
      written += this.#run(part, output, written, channel, channels, due - written);
    }
  }

  /** Filters what `added` more inputs make possible; returns how many outputs it wrote. */
  #run(
    added: number,
    output: Int16Array,
    from: number,
    channel: number,
    channels: number,
    limit: number,
  ): number {
    const { phases, step, taps, coefficients } = this.#bank;
    const history = this.#history;
    const ready = Math.min(limit, this.readyAfter(added));
    this.#filled += added;
    for (let k = 0; k < ready; k++) {
      const row = this.#phase * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += (history[this.#at + tap] ?? 0) * (coefficients[row + tap] ?? 0);
      }
      const rounded = Math.round(sum);
      output[(from + k) * channels + channel] = Math.max(-32768, Math.min(32767, rounded));
      const next = this.#phase + step;
      this.#at += Math.floor(next / phases);
      this.#phase = next % phases;
    }
    this.#given += ready;
    this.#forget();
    return ready;
  }

  #forget(): void {
    const drop = Math.min(this.#at, this.#filled);
    this.#history.copyWithin(0, drop, this.#filled);
    this.#filled -= drop;
    this.#at -= drop;
  }
}
