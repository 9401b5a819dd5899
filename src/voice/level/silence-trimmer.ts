import { checkOptions, object, type Rules, within } from '../../base/check.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { FrameCutter } from '../frame-cutter.js';
import { concatSamples, type PcmTransform } from '../stage.js';
import { DEFAULT_THRESHOLD_DBFS, isSilent, THRESHOLD_DBFS } from './silence-detector.js';

export interface SilenceTrimmerOptions {
  /** Default {@link VOICE_FORMAT}. All channels have to be silent. */
  readonly format?: PcmFormat;
  /** RMS over 10 ms below which a frame is silent, in dBFS: -90 to -10. Default -50. */
  readonly thresholdDbfs?: number;
  /** Silence that is kept before the first and after the last sound, in milliseconds: 0 to 10000. Default 100. */
  readonly marginMs?: number;
  /**
   * Longest pause between two sounds, in milliseconds: 0 to 600000. A longer pause is shortened to this. A pause is
   * held in memory until it is known whether a sound follows. Default 600000.
   */
  readonly maxPauseMs?: number;
}

const RULES: Rules<SilenceTrimmerOptions> = {
  format: object,
  thresholdDbfs: THRESHOLD_DBFS,
  marginMs: within(0, 10_000, 'ms'),
  maxPauseMs: within(0, 600_000, 'ms'),
};
const FRAME_MS = 10;

/** Removes silence at the beginning and the end of a stream, and shortens long pauses in it. */
export class SilenceTrimmer implements PcmTransform {
  readonly #channels: number;
  readonly #frames: FrameCutter;
  readonly #thresholdDbfs: number;
  readonly #marginLength: number;
  readonly #maxPauseLength: number;
  /** Silence since the last sound, in order. */
  #pause: Int16Array[] = [];
  #pauseLength = 0;
  #hasSound = false;

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: SilenceTrimmerOptions = {}) {
    checkOptions(options, RULES);
    const { marginMs = 100, maxPauseMs = 600_000, thresholdDbfs = DEFAULT_THRESHOLD_DBFS } = options;
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    this.#channels = format.channels;
    this.#frames = new FrameCutter(msToSamples(FRAME_MS, format) * format.channels);
    this.#thresholdDbfs = thresholdDbfs;
    this.#marginLength = msToSamples(marginMs, format) * format.channels;
    this.#maxPauseLength = msToSamples(maxPauseMs, format) * format.channels;
  }

  push(samples: Int16Array): Int16Array {
    const kept: Int16Array[] = [];
    for (const frame of this.#frames.push(samples)) this.#observe(frame.slice(), kept);
    return concatSamples(kept);
  }

  flush(): Int16Array {
    const kept: Int16Array[] = [];
    const rest = this.#frames.rest();
    if (rest.length > 0) this.#observe(rest, kept);
    if (this.#hasSound) kept.push(concatSamples(this.#pause).subarray(0, this.#marginLength));
    this.#pause = [];
    return concatSamples(kept);
  }

  #observe(frame: Int16Array, kept: Int16Array[]): void {
    if (isSilent(frame, this.#channels, this.#thresholdDbfs)) {
      this.#pause.push(frame);
      this.#pauseLength += frame.length;
      this.#forget();
      return;
    }
    const pause = concatSamples(this.#pause);
    const tail = this.#hasSound ? this.#maxPauseLength : this.#marginLength;
    kept.push(pause.subarray(Math.max(0, pause.length - tail)), frame);
    this.#pause = [];
    this.#pauseLength = 0;
    this.#hasSound = true;
  }

  /** Drops silence that cannot be needed any more. */
  #forget(): void {
    const needed = this.#hasSound ? Math.max(this.#maxPauseLength, this.#marginLength) : this.#marginLength;
    for (
      let first = this.#pause[0];
      first && this.#pauseLength - first.length >= needed;
      first = this.#pause[0]
    ) {
      this.#pause.shift();
      this.#pauseLength -= first.length;
    }
  }
}
