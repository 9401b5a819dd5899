import { checkOptions, object, type Rules, within } from '../../base/check.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { FrameCutter } from '../frame-cutter.js';
import type { PcmAnalyzer } from '../stage.js';
import { measureLevel } from './level-meter.js';

export interface SilenceDetectorOptions {
  /** Default {@link VOICE_FORMAT}. All channels have to be silent. */
  readonly format?: PcmFormat;
  /** RMS over 10 ms below which a frame is silent, in dBFS: -90 to -10. Default -50. */
  readonly thresholdDbfs?: number;
  /** Shortest silence that is reported, in milliseconds: 10 to 600000. Default 500. */
  readonly minDurationMs?: number;
}

/** A stretch of silence; samples per channel, `end` is the first sample after it. */
export interface Silence {
  readonly begin: number;
  readonly end: number;
}

/** Rule of the RMS over 10 ms below which a frame is silent. */
export const THRESHOLD_DBFS = within(-90, -10, 'dBFS');
export const DEFAULT_THRESHOLD_DBFS = -50;
const RULES: Rules<SilenceDetectorOptions> = {
  format: object,
  thresholdDbfs: THRESHOLD_DBFS,
  minDurationMs: within(10, 600_000, 'ms'),
};
const FRAME_MS = 10;

/** Finds silence by level, to within 10 ms. It does not tell speech from noise: VoiceDetector does. */
export class SilenceDetector implements PcmAnalyzer<Silence> {
  readonly #channels: number;
  readonly #frames: FrameCutter;
  readonly #thresholdDbfs: number;
  readonly #minLength: number;
  #position = 0;
  #silentSince: number | undefined;

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: SilenceDetectorOptions = {}) {
    checkOptions(options, RULES);
    const { minDurationMs = 500, thresholdDbfs = DEFAULT_THRESHOLD_DBFS } = options;
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    this.#channels = format.channels;
    this.#frames = new FrameCutter(msToSamples(FRAME_MS, format) * format.channels);
    this.#thresholdDbfs = thresholdDbfs;
    this.#minLength = msToSamples(minDurationMs, format);
  }

  push(samples: Int16Array): Silence[] {
    const found: Silence[] = [];
    for (const frame of this.#frames.push(samples)) this.#observe(frame, found);
    return found;
  }

  flush(): Silence[] {
    const found: Silence[] = [];
    const rest = this.#frames.rest();
    if (rest.length > 0) this.#observe(rest, found);
    this.#finish(found);
    return found;
  }

  #observe(frame: Int16Array, found: Silence[]): void {
    if (isSilent(frame, this.#channels, this.#thresholdDbfs)) this.#silentSince ??= this.#position;
    else this.#finish(found);
    this.#position += frame.length / this.#channels;
  }

  #finish(found: Silence[]): void {
    const begin = this.#silentSince;
    this.#silentSince = undefined;
    if (begin !== undefined && this.#position - begin >= this.#minLength) {
      found.push({ begin, end: this.#position });
    }
  }
}

/** True when every channel of a frame lies below the threshold. */
export function isSilent(frame: Int16Array, channels: number, thresholdDbfs: number): boolean {
  return measureLevel(frame, channels).every(({ rmsDbfs }) => rmsDbfs < thresholdDbfs);
}
