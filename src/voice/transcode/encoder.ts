import { invalidArgument } from '../../errors.js';
import type { PcmFormat, PcmSink } from '../../pcm.js';

/** What a file says about its sound, in any format that has a place for it. */
export interface AudioTags {
  readonly title?: string;
  readonly artist?: string;
  readonly album?: string;
  readonly genre?: string;
  readonly comment?: string;
  /** When the sound was recorded. */
  readonly date?: Date;
}

export interface EncoderOptions {
  /** Layout of the samples that are written. */
  readonly format: PcmFormat;
  readonly tags?: AudioTags;
  /** For lossy formats, in bits per second. Default: what the format's encoder finds right for speech. */
  readonly bitrate?: number;
}

/** A compressed file being written. Call {@link PcmSink.end} to finish it, `abort` to give it up. */
export interface PcmEncoder extends PcmSink {
  /** Samples per channel taken so far, silence in gaps included. */
  readonly sampleCount: number;
  /** Gives the file up and releases what it holds. The half-written file stays where it is. */
  abort(): Promise<void>;
}

const SILENCE_SAMPLES = 8192;

/**
 * The silence between what was written and `position`, in pieces of bounded size.
 *
 * @throws ERR_INVALID_ARG when `position` lies before what was written.
 */
export function* silenceBetween(
  written: number,
  position: number,
  channels: number,
): Generator<Int16Array, void, undefined> {
  if (!Number.isSafeInteger(position) || position < written) {
    throw invalidArgument('position', `a whole number from ${written} on`, position);
  }
  const silence = new Int16Array(SILENCE_SAMPLES * channels);
  for (let left = position - written; left > 0; left -= SILENCE_SAMPLES) {
    yield silence.subarray(0, Math.min(left, SILENCE_SAMPLES) * channels);
  }
}
