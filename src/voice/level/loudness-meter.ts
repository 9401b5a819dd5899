import { type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { FrameCutter } from '../frame-cutter.js';
import { kWeighting } from './k-weighting.js';
import { type Loudness, LoudnessSteps, loudnessStep } from './loudness-steps.js';

/**
 * Measures perceived loudness: ITU-R BS.1770-4 with the gates of EBU R 128. Memory is constant, since blocks are
 * counted in classes of 0.01 LU.
 */
export class LoudnessMeter {
  readonly #channels: number;
  readonly #frames: FrameCutter;
  readonly #weight: (samples: Int16Array) => number;
  readonly #steps = new LoudnessSteps();

  /** @throws ERR_INVALID_ARG for a format out of range. */
  constructor(format: PcmFormat = VOICE_FORMAT) {
    const { sampleRate, channels } = pcmFormat(format);
    this.#channels = channels;
    this.#frames = new FrameCutter(loudnessStep(sampleRate) * channels);
    this.#weight = kWeighting(sampleRate, channels);
  }

  push(samples: Int16Array): void {
    for (const frame of this.#frames.push(samples))
      this.#steps.add(this.#weight(frame) / (frame.length / this.#channels));
  }

  /** The loudness of all that was pushed so far. */
  read(): Loudness {
    return this.#steps.read();
  }
}

/** Loudness of one array of interleaved samples. */
export function measureLoudness(samples: Int16Array, format: PcmFormat = VOICE_FORMAT): Loudness {
  const meter = new LoudnessMeter(format);
  meter.push(samples);
  return meter.read();
}
