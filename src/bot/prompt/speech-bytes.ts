import { JackfieldError } from '../../base/errors.js';
import type { PcmFormat } from '../../base/pcm.js';
import { samplesOfBytes } from '../../voice/process/pcm-bytes.js';
import type { SpeechStream } from './speech-engine.js';

/** Longest header of a WAV that is read, in bytes. */
const MAX_HEADER = 65_536;
/** Data lengths above this come from a WAV whose length was not known when it was begun. */
const OPEN_LENGTH = 0x7000_0000;
const RIFF = 'RIFF';
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/**
 * Reads speech from bytes as they come: a 16-bit WAV, also one with an unknown length, or samples without a header in
 * the format `raw`. Resolves with the first samples.
 *
 * @throws ERR_SYNTAX when there is no sound, ERR_UNSUPPORTED for a WAV of another encoding.
 */
export async function speechOfBytes(
  chunks: AsyncIterable<Uint8Array>,
  raw: PcmFormat,
  what: string,
): Promise<SpeechStream> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    return await begunOf(source, raw, what);
  } catch (error) {
    void source.return?.();
    throw error;
  }
}

async function begunOf(
  source: AsyncIterator<Uint8Array>,
  raw: PcmFormat,
  what: string,
): Promise<SpeechStream> {
  let begun = Buffer.alloc(0);
  for (;;) {
    const isWav = begun.subarray(0, 4).toString('latin1') === RIFF.slice(0, begun.length);
    const head = isWav ? headOf(begun, what) : { format: raw, at: 0, length: Number.POSITIVE_INFINITY };
    if (head && begun.length > head.at) {
      const { format, at, length } = head;
      const samples = samplesOfBytes(limited(begun.subarray(at), source, length), format.channels);
      return { format, samples };
    }
    if (begun.length > MAX_HEADER)
      throw new JackfieldError('ERR_SYNTAX', `The WAV of ${what} has no samples.`);
    const { done, value } = await source.next();
    if (done) throw new JackfieldError('ERR_SYNTAX', `${what} gave no audio.`);
    begun = Buffer.concat([begun, value]);
  }
}

interface WavHead {
  readonly format: PcmFormat;
  /** Offset of the first sample, and length of the samples, in bytes. */
  readonly at: number;
  readonly length: number;
}

/** Parses the header of a WAV; undefined while it is not complete. */
function headOf(bytes: Buffer, what: string): WavHead | undefined {
  let format: PcmFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (name === 'data') {
      if (!format) throw new JackfieldError('ERR_SYNTAX', `The WAV of ${what} has no format.`);
      return { format, at: body, length: length === 0 || length > OPEN_LENGTH ? Infinity : length };
    }
    if (name === 'fmt ') {
      if (body + 16 > bytes.length) return undefined;
      format = formatIn(bytes.subarray(body), what);
    }
    at = body + length + (length % 2);
  }
  return undefined;
}

function formatIn(body: Buffer, what: string): PcmFormat {
  const encoding = body.readUInt16LE(0);
  const channels = body.readUInt16LE(2);
  const sampleRate = body.readUInt32LE(4);
  const bits = body.readUInt16LE(14);
  const isKnown = (encoding === PCM || encoding === EXTENSIBLE) && bits === 16;
  if (isKnown && (channels === 1 || channels === 2) && sampleRate >= 8000 && sampleRate <= 192_000)
    return { sampleRate, channels };
  throw new JackfieldError(
    'ERR_UNSUPPORTED',
    `${what} gave a WAV of ${bits} bits, ${channels} channels and ${sampleRate} Hz; supported are 16 bits, 1 or 2 channels and 8000 to 192000 Hz.`,
  );
}

/** Yields at most `length` bytes: the chunks after the samples of a WAV are not sound. */
async function* limited(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length;
  try {
    for (let chunk: Uint8Array | undefined = first; chunk; ) {
      if (left > 0) yield chunk.subarray(0, Math.min(chunk.length, left));
      left -= chunk.length;
      const { done, value }: IteratorResult<Uint8Array> = await rest.next();
      chunk = done ? undefined : value;
    }
  } finally {
    await rest.return?.();
  }
}
