import { checkArgument, instance, number, object, whole } from './check.js';

/** Bytes of one s16le sample. Inside Jackfield PCM is always signed 16-bit little-endian. */
export const BYTES_PER_SAMPLE = 2;

/** Layout of a PCM stream: interleaved s16le at `sampleRate`. */
export interface PcmFormat {
  /** Samples per second and channel, in Hz: 8000 to 192000. */
  readonly sampleRate: number;
  /** Interleaved channels: 1 or 2 for voice, more where a function says so. */
  readonly channels: number;
}

/** Format of the redirected ports of the Skype Desktop API: 16 kHz, mono (reference, "Voice Streams"). */
export const VOICE_FORMAT: PcmFormat = Object.freeze({ sampleRate: 16_000, channels: 1 });

/** Two voice streams side by side. */
export const STEREO: PcmFormat = Object.freeze({ ...VOICE_FORMAT, channels: 2 });

/** Duration of one frame on a voice stream, in milliseconds. */
export const PTIME_MS = 20;

/**
 * A reader of PCM that sets its own speed.
 *
 * Positions count samples per channel from the start of the stream, so that a sink can place what it gets on a time
 * line without looking at a clock.
 */
export interface PcmSink {
  /**
   * Takes interleaved samples that begin at `position`. The array is only valid until the returned promise
   * settles (or the call returns, where it returns nothing): a sink that keeps samples copies them.
   * The next write comes after the promise resolved.
   */
  write(samples: Int16Array, position: number): void | Promise<void>;
  /** The stream is over; `error` is set when it did not end well. Called exactly once. */
  end(error?: Error): void | Promise<void>;
}

/** PCM in order. Each array belongs to the consumer. */
export type PcmSource = AsyncIterable<Int16Array>;

/** Bytes of a codec or a file. */
export const BYTES = instance(Uint8Array);
/** Interleaved samples. */
export const SAMPLES = instance(Int16Array);
/** The channels that a PCM stream may have. */
export const CHANNELS = whole(1, 32);
export const SAMPLE_RATE = whole(8000, 192_000, 'Hz');

/** Samples per channel in `ms` milliseconds, rounded to the nearest sample. */
export function msToSamples(ms: number, format: PcmFormat = VOICE_FORMAT): number {
  checkArgument('ms', ms, number);
  return Math.round((ms * pcmFormat(format).sampleRate) / 1000);
}

/** Milliseconds that `samples` (per channel) last. */
export function samplesToMs(samples: number, format: PcmFormat = VOICE_FORMAT): number {
  checkArgument('samples', samples, number);
  return (samples * 1000) / pcmFormat(format).sampleRate;
}

/**
 * Checks a format and returns a frozen copy.
 *
 * @throws ERR_INVALID_ARG when the rate is not an integer of 8000 to 192000 Hz or the channels not 1 to 32.
 */
export function pcmFormat(format: PcmFormat, name = 'format'): PcmFormat {
  checkArgument(name, format, object);
  const { sampleRate, channels } = format;
  checkArgument('sampleRate', sampleRate, SAMPLE_RATE);
  checkArgument('channels', channels, CHANNELS);
  return Object.freeze({ sampleRate, channels });
}
