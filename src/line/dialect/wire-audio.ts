import { JackfieldError } from '../../base/errors.js';
import { decodeG711Into, encodeG711, encodeG711Into } from '../../voice/codec/g711.js';
import { decodeL16, encodeL16 } from '../../voice/codec/l16.js';
import { bytesOfSamples } from '../../voice/process/pcm-bytes.js';
import { pooledSamples } from '../../voice/process/pooled-samples.js';
import type { WireEncoding } from './media-event.js';

/**
 * Sample rates that are accepted, in Hz. Others are refused: designing a filter between rates with a small common
 * divisor takes seconds, and a stranger could demand one with each message.
 */
export const KNOWN_RATES: readonly number[] = [
  ...[8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
  ...[64_000, 88_200, 96_000, 176_400, 192_000],
];

/** Returns the bytes of a sample. */
export function sampleBytes(encoding: WireEncoding): number {
  return encoding === 's16' || encoding === 's16be' ? 2 : 1;
}

/** Encodes samples into new bytes. */
export function encodeAudio(samples: Int16Array, encoding: WireEncoding): Uint8Array {
  if (encoding === 's16') return bytesOfSamples(samples.slice());
  return encoding === 's16be' ? encodeL16(samples) : encodeG711(samples, encoding);
}

/** Decodes bytes into new samples. Half a sample at the end is left out. */
export function decodeAudio(bytes: Uint8Array, encoding: WireEncoding): Int16Array {
  if (encoding === 's16be') return decodeL16(bytes);
  if (encoding !== 's16') {
    const samples = pooledSamples(bytes.length);
    decodeG711Into(samples, bytes, encoding);
    return samples;
  }
  const samples = pooledSamples(bytes.length >> 1);
  bytesOfSamples(samples).set(bytes.subarray(0, samples.byteLength));
  return samples;
}

/** Buffer for converting frames to and from base64, so that none is allocated for each. */
const scratch = Buffer.alloc(8192);

/** Encodes samples as base64. */
export function encodeBase64(samples: Int16Array, encoding: WireEncoding): string {
  if ((encoding === 'mulaw' || encoding === 'alaw') && samples.length <= scratch.length) {
    encodeG711Into(scratch, samples, encoding);
    return scratch.toString('base64', 0, samples.length);
  }
  const bytes = encodeAudio(samples, encoding);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Decodes base64. The bytes are valid until the next call. */
function bytesOfBase64(text: string): Uint8Array {
  return text.length > scratch.length
    ? Buffer.from(text, 'base64')
    : scratch.subarray(0, scratch.write(text, 'base64'));
}

/**
 * Checks the length of the decoded bytes. Buffer skips characters that are not base64, so there are too few bytes then.
 */
function checkBase64(text: string, length: number, what: string): void {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (digits % 4 === 1 || length !== Math.floor((digits * 3) / 4))
    throw new JackfieldError(
      'ERR_SYNTAX',
      `The audio in a message of ${what} must be base64; got ${text.length} characters that are not.`,
    );
}

/**
 * Decodes samples from a stream of bytes that may be cut anywhere. An incomplete sample, or an incomplete set of
 * channels, is kept for the next piece.
 */
export class AudioBytes {
  readonly #encoding: WireEncoding;
  readonly #blockBytes: number;
  #carried: Uint8Array | undefined;

  constructor(encoding: WireEncoding, channels: number) {
    this.#encoding = encoding;
    this.#blockBytes = sampleBytes(encoding) * channels;
  }

  push(bytes: Uint8Array): Int16Array {
    const all = this.#carried ? Buffer.concat([this.#carried, bytes]) : bytes;
    const whole = all.length - (all.length % this.#blockBytes);
    // A copy: the memory of a message may be used again.
    this.#carried = whole < all.length ? Uint8Array.from(all.subarray(whole)) : undefined;
    return decodeAudio(all.subarray(0, whole), this.#encoding);
  }

  /**
   * Decodes bytes in base64.
   *
   * @param what name of the protocol, for the error.
   * @throws ERR_SYNTAX for a text that is not base64.
   */
  pushBase64(text: string, what: string): Int16Array {
    const bytes = bytesOfBase64(text);
    checkBase64(text, bytes.length, what);
    return this.push(bytes);
  }

  /** Forgets an incomplete sample, because the next piece does not continue the audio so far. */
  cut(): void {
    this.#carried = undefined;
  }
}
