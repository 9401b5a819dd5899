import { checkOptions, object, type Rules, within } from '../../base/check.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { FrameCutter } from '../frame-cutter.js';
import { softLimit } from '../mix/soft-limit.js';
import { concatSamples, type PcmTransform } from '../stage.js';
import { measureLevel } from './level-meter.js';

export interface AutoGainOptions {
  /** Default {@link VOICE_FORMAT}. All channels get the same gain. */
  readonly format?: PcmFormat;
  /** RMS of speech after the gain, in dBFS: -40 to -6. Default -20. */
  readonly targetDbfs?: number;
  /** Largest gain, in dB: 0 to 40. Default 24. */
  readonly maxGainDb?: number;
  /** Largest attenuation, in dB: 0 to 40. Default 24. */
  readonly maxCutDb?: number;
  /** RMS below which a frame is background and does not change the gain, in dBFS: -90 to -20. Default -50. */
  readonly gateDbfs?: number;
}

const RULES: Rules<AutoGainOptions> = {
  format: object,
  targetDbfs: within(-40, -6, 'dBFS'),
  maxGainDb: within(0, 40, 'dB'),
  maxCutDb: within(0, 40, 'dB'),
  gateDbfs: within(-90, -20, 'dBFS'),
};
const FRAME_MS = 10;
/** Time constants of the measured level: it rises with the attack and falls with the release. */
const ATTACK_MS = 40;
const RELEASE_MS = 1200;

/**
 * Automatic gain: brings quiet and loud speakers to one level. It follows the RMS of the speech: quickly when the
 * speech becomes louder, slowly when it becomes quieter. The gain does not change in pauses. Peaks are bent instead of
 * clipped. The number of samples stays the same.
 */
export class AutoGain implements PcmTransform {
  readonly #channels: number;
  readonly #frames: FrameCutter;
  readonly #options: Required<Omit<AutoGainOptions, 'format'>>;
  #followedDbfs: number | undefined;
  #gain = 1;

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: AutoGainOptions = {}) {
    checkOptions(options, RULES);
    const { targetDbfs = -20, maxGainDb = 24, maxCutDb = 24, gateDbfs = -50 } = options;
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    this.#channels = format.channels;
    this.#frames = new FrameCutter(msToSamples(FRAME_MS, format) * format.channels);
    this.#options = { targetDbfs, maxGainDb, maxCutDb, gateDbfs };
  }

  push(samples: Int16Array): Int16Array {
    const amplified: Int16Array[] = [];
    for (const frame of this.#frames.push(samples)) amplified.push(this.#amplify(frame));
    return concatSamples(amplified);
  }

  flush(): Int16Array {
    return this.#amplify(this.#frames.rest());
  }

  #amplify(frame: Int16Array): Int16Array {
    const from = this.#gain;
    this.#gain = this.#gainAfter(frame);
    const count = frame.length / this.#channels;
    const louder = new Float32Array(frame.length);
    const step = (this.#gain - from) / Math.max(1, count);
    for (let i = 0, gain = from; i < frame.length; ) {
      gain += step;
      for (let channel = 0; channel < this.#channels; channel++, i++) louder[i] = (frame[i] ?? 0) * gain;
    }
    const samples = new Int16Array(frame.length);
    softLimit(samples, louder);
    return samples;
  }

  #gainAfter(frame: Int16Array): number {
    const { targetDbfs, maxGainDb, maxCutDb, gateDbfs } = this.#options;
    const loudest = Math.max(...measureLevel(frame, this.#channels).map(({ rmsDbfs }) => rmsDbfs));
    if (!(loudest > gateDbfs)) return this.#gain;
    const followed = this.#followedDbfs ?? loudest;
    const speed = 1 - Math.exp(-FRAME_MS / (loudest > followed ? ATTACK_MS : RELEASE_MS));
    this.#followedDbfs = followed + (loudest - followed) * speed;
    const wantedDb = targetDbfs - this.#followedDbfs;
    return 10 ** (Math.max(-maxCutDb, Math.min(maxGainDb, wantedDb)) / 20);
  }
}
