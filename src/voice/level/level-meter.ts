import { checkArgument, checkOptions, object, type Rules, within } from '../../base/check.js';
import { CHANNELS, msToSamples, type PcmFormat, pcmFormat, SAMPLES, VOICE_FORMAT } from '../../base/pcm.js';
import type { PcmAnalyzer } from '../stage.js';

/** Level of one channel. For a full-scale square wave both values are 0 dBFS, for silence `-Infinity`. */
export interface Level {
  /** Root mean square, in dBFS. */
  readonly rmsDbfs: number;
  /** Largest sample, in dBFS. */
  readonly peakDbfs: number;
}

/** Levels over one window. */
export interface LevelReading {
  /** First sample of the window, per channel. */
  readonly position: number;
  /** Samples per channel in the window. The last window of a stream can be shorter than the others. */
  readonly sampleCount: number;
  /** One for each channel. */
  readonly levels: readonly Level[];
}

export interface LevelMeterOptions {
  /** Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Length of a window, in milliseconds: 1 to 60000. Default 100. */
  readonly windowMs?: number;
}

const RULES: Rules<LevelMeterOptions> = { format: object, windowMs: within(1, 60_000, 'ms') };

/** Measures RMS and peak of each channel, window after window. Time is counted in samples, not by a clock. */
export class LevelMeter implements PcmAnalyzer<LevelReading> {
  readonly #channels: number;
  readonly #windowLength: number;
  readonly #sums: Float64Array;
  readonly #peaks: Float64Array;
  #filled = 0;
  #position = 0;

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: LevelMeterOptions = {}) {
    checkOptions(options, RULES);
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    const { windowMs = 100 } = options;
    this.#channels = format.channels;
    this.#windowLength = msToSamples(windowMs, format) * format.channels;
    this.#sums = new Float64Array(format.channels);
    this.#peaks = new Float64Array(format.channels);
  }

  push(samples: Int16Array): LevelReading[] {
    checkArgument('samples', samples, SAMPLES);
    const readings: LevelReading[] = [];
    for (let at = 0; at < samples.length; ) {
      const part = Math.min(samples.length - at, this.#windowLength - this.#filled);
      this.#add(samples.subarray(at, at + part));
      at += part;
      if (this.#filled === this.#windowLength) readings.push(this.#read());
    }
    return readings;
  }

  flush(): LevelReading[] {
    return this.#filled > 0 ? [this.#read()] : [];
  }

  #add(samples: Int16Array): void {
    const channels = this.#channels;
    const first = this.#filled % channels;
    for (let channel = 0; channel < channels; channel++) {
      // Local variables: one channel at a time is four times as fast as one sample at a time.
      let sum = this.#sums[channel] ?? 0;
      let peak = this.#peaks[channel] ?? 0;
      for (let i = (channel - first + channels) % channels; i < samples.length; i += channels) {
        const sample = samples[i] ?? 0;
        const square = sample * sample;
        sum += square;
        if (square > peak) peak = square;
      }
      this.#sums[channel] = sum;
      this.#peaks[channel] = peak;
    }
    this.#filled += samples.length;
  }

  #read(): LevelReading {
    const sampleCount = Math.ceil(this.#filled / this.#channels);
    const levels = Array.from(this.#sums, (sum, channel) => ({
      rmsDbfs: powerToDbfs(sum / sampleCount),
      peakDbfs: powerToDbfs(this.#peaks[channel] ?? 0),
    }));
    const reading = { position: this.#position, sampleCount, levels };
    this.#position += sampleCount;
    this.#filled = 0;
    this.#sums.fill(0);
    this.#peaks.fill(0);
    return reading;
  }
}

/** Level of one array of interleaved samples, one entry for each channel. */
export function measureLevel(samples: Int16Array, channels = 1): Level[] {
  checkArgument('samples', samples, SAMPLES);
  checkArgument('channels', channels, CHANNELS);
  const sampleCount = Math.floor(samples.length / channels);
  return Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    let peak = 0;
    for (let i = channel; i < samples.length; i += channels) {
      const square = (samples[i] ?? 0) ** 2;
      sum += square;
      if (square > peak) peak = square;
    }
    return { rmsDbfs: powerToDbfs(sum / Math.max(1, sampleCount)), peakDbfs: powerToDbfs(peak) };
  });
}

/** Converts a mean square, in units of s16 steps, to dBFS. */
function powerToDbfs(power: number): number {
  return power === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(power / 32768 ** 2);
}
