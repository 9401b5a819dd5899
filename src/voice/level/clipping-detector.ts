import { checkArgument, checkOptions, object, type Rules, whole } from '../../base/check.js';
import { type PcmFormat, pcmFormat, SAMPLES, VOICE_FORMAT } from '../../base/pcm.js';
import type { PcmAnalyzer } from '../stage.js';

export interface ClippingDetectorOptions {
  /** Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Samples in a row at full scale that count as clipped: 1 to 1000. Default 3. */
  readonly minRun?: number;
}

/** A run of samples at full scale; positions per channel, `end` is the first sample after it. */
export interface Clipping {
  readonly channel: number;
  readonly begin: number;
  readonly end: number;
}

const RULES: Rules<ClippingDetectorOptions> = { format: object, minRun: whole(1, 1000) };

/** Finds clipping: several samples in a row at the largest or the smallest value. */
export class ClippingDetector implements PcmAnalyzer<Clipping> {
  readonly #channels: number;
  readonly #minRun: number;
  /** Length of the current run of each channel, and its sign. */
  readonly #runs: Float64Array;
  readonly #signs: Int8Array;
  #at = 0;

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: ClippingDetectorOptions = {}) {
    checkOptions(options, RULES);
    const { minRun = 3 } = options;
    this.#channels = pcmFormat(options.format ?? VOICE_FORMAT).channels;
    this.#minRun = minRun;
    this.#runs = new Float64Array(this.#channels);
    this.#signs = new Int8Array(this.#channels);
  }

  push(samples: Int16Array): Clipping[] {
    checkArgument('samples', samples, SAMPLES);
    const found: Clipping[] = [];
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] ?? 0;
      const channel = this.#at % this.#channels;
      const sign = sample >= 32_767 ? 1 : sample <= -32_767 ? -1 : 0;
      if (sign !== this.#signs[channel]) this.#finish(channel, found);
      if (sign !== 0) this.#runs[channel] = (this.#runs[channel] ?? 0) + 1;
      this.#signs[channel] = sign;
      this.#at++;
    }
    return found;
  }

  flush(): Clipping[] {
    const found: Clipping[] = [];
    for (let i = 0; i < this.#channels; i++, this.#at++) this.#finish(this.#at % this.#channels, found);
    return found;
  }

  #finish(channel: number, found: Clipping[]): void {
    const run = this.#runs[channel] ?? 0;
    this.#runs[channel] = 0;
    const end = Math.floor(this.#at / this.#channels);
    if (run >= this.#minRun) found.push({ channel, begin: end - run, end });
  }
}
