import { open } from 'node:fs/promises';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, type InputAudioTrack } from 'mediabunny';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { PcmFormat } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { decodeFlacFrame } from '../codec/flac.js';
import { OPUS_RATES, OpusDecoder } from '../codec/opus.js';
import { DECODER_DELAY, mp3Frame, readInfoFrame, tagBytes } from './mp3-info.js';

/** An open compressed file. It is decoded while it is read. */
export interface CompressedFile extends AsyncDisposable {
  readonly codec: 'flac' | 'mp3' | 'opus';
  readonly format: PcmFormat;
  readonly bitsPerSample: number;
  readonly sampleCount: number;
  /** Gives interleaved samples from the beginning. Several calls can run at once. */
  samples(): AsyncGenerator<Int16Array, void, void>;
}

/** Decodes one packet. */
interface Decoder {
  readonly format: PcmFormat;
  readonly bitsPerSample: number;
  /** Samples per channel at the beginning that are not part of the sound. */
  readonly preSkip: number;
  decode(packet: Uint8Array): Int16Array;
  free?(): void;
}

const DECODERS = { flac: flacDecoder, mp3: mp3Decoder, opus: opusDecoder } as const;
/** Clock rate of Ogg Opus, in Hz. */
const OPUS_CLOCK = 48_000;

/**
 * Opens a FLAC, MP3 or Ogg Opus file; undefined for a file of another kind.
 *
 * @throws ERR_UNSUPPORTED for another codec in such a file; ERR_ENCODER when it cannot be read.
 */
export async function openCompressed(path: string): Promise<CompressedFile | undefined> {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  try {
    // The library throws for a file that is shorter than the part it examines.
    if (!(await input.canRead().catch(() => false))) {
      input.dispose();
      return undefined;
    }
    const track = await input.getPrimaryAudioTrack();
    const codec = track?.codec;
    if (!track || (codec !== 'flac' && codec !== 'mp3' && codec !== 'opus')) {
      const what = codec ?? 'no known audio';
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `${printable(path)} holds ${what}: ffmpeg may read it (--ffmpeg).`,
      );
    }
    const decoder = await DECODERS[codec](track);
    decoder.free?.();
    const { format, bitsPerSample } = decoder;
    const told = codec === 'mp3' ? await mp3Length(path) : undefined;
    const preSkip = told?.preSkip ?? decoder.preSkip;
    const sampleCount = told?.sampleCount ?? Math.round((await secondsOf(track)) * format.sampleRate);
    return {
      ...{ codec, format, bitsPerSample, sampleCount },
      samples: () =>
        cutTo(decoded(path, track, codec), preSkip * format.channels, sampleCount * format.channels),
      [Symbol.asyncDispose]: async () => {
        input.dispose();
      },
    };
  } catch (error) {
    input.dispose();
    throw unreadable(path, error);
  }
}

/** End of the last packet, in seconds. In an Ogg file mediabunny 1.61 may leave out the packet of the last page. */
async function secondsOf(track: InputAudioTrack): Promise<number> {
  if (track.codec !== 'opus') return await track.computeDuration();
  let end = 0;
  const packets = new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true });
  for await (const { timestamp, duration } of packets) end = timestamp + duration;
  return end;
}

async function* decoded(
  path: string,
  track: InputAudioTrack,
  codec: CompressedFile['codec'],
): AsyncGenerator<Int16Array> {
  // A new decoder for each run: decoders keep state.
  const decoder = await DECODERS[codec](track);
  try {
    for await (const { data } of new EncodedPacketSink(track).packets()) yield decoder.decode(data);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    decoder.free?.();
  }
}

/** Skips `skip` samples at the beginning, then gives `length` samples. */
async function* cutTo(
  source: AsyncIterable<Int16Array>,
  skip: number,
  length: number,
): AsyncGenerator<Int16Array, void, void> {
  let at = -skip;
  for await (const samples of source) {
    const part = samples.subarray(Math.max(0, -at), Math.max(0, length - at));
    at += samples.length;
    if (part.length > 0) yield part;
    if (at >= length) return;
  }
}

async function flacDecoder(track: InputAudioTrack): Promise<Decoder> {
  const { description } = (await track.getDecoderConfig()) ?? {};
  // The block STREAMINFO follows `fLaC` and its own header of 4 bytes (RFC 9639, section 8.2).
  const info = bytesOf(description).subarray(8);
  const bitsPerSample = ((((info[12] ?? 0) & 1) << 4) | ((info[13] ?? 0) >> 4)) + 1;
  const { sampleRate, numberOfChannels: channels } = track;
  return {
    ...{ format: { sampleRate, channels }, bitsPerSample, preSkip: 0 },
    decode: (packet) => decodeFlacFrame(packet, { bitsPerSample }),
  };
}

async function opusDecoder(track: InputAudioTrack): Promise<Decoder> {
  const { description } = (await track.getDecoderConfig()) ?? {};
  const head = bytesOf(description);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const rate = head.length >= 16 ? view.getUint32(12, true) : OPUS_CLOCK;
  const preSkip = head.length >= 12 ? view.getUint16(10, true) : 0;
  const sampleRate = OPUS_RATES.some((known) => known === rate) ? rate : OPUS_CLOCK;
  const format = { sampleRate, channels: track.numberOfChannels };
  const decoder = await OpusDecoder.create({ format });
  return {
    ...{ format, bitsPerSample: 16, preSkip: Math.round((preSkip * sampleRate) / OPUS_CLOCK) },
    decode: (packet) => decoder.decode(packet),
  };
}

async function mp3Decoder(track: InputAudioTrack): Promise<Decoder> {
  const { MPEGDecoder } = await import('mpg123-decoder');
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const { sampleRate, numberOfChannels: channels } = track;
  return {
    ...{ format: { sampleRate, channels }, bitsPerSample: 16, preSkip: 0 },
    decode(packet) {
      const { channelData, samplesDecoded } = decoder.decode(packet);
      const samples = new Int16Array(samplesDecoded * channels);
      for (let channel = 0; channel < channels; channel++) {
        const from = channelData[channel];
        for (let i = 0; i < samplesDecoded; i++) {
          const value = Math.round((from?.[i] ?? 0) * 32_768);
          samples[i * channels + channel] = Math.max(-32_768, Math.min(32_767, value));
        }
      }
      return samples;
    },
    free: () => decoder.free(),
  };
}

/** Bytes at the beginning of a file that are searched. Tags with a picture are longer; then the length is not known. */
const HEAD_BYTES = 65_536;

/** Reads the beginning and length of the sound from an MP3's first frame; undefined when it does not give them. */
async function mp3Length(path: string): Promise<{ preSkip: number; sampleCount: number } | undefined> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const head = buffer.subarray(0, bytesRead);
  const first = head.subarray(tagBytes(head));
  const told = readInfoFrame(first);
  const frame = first.length >= 4 ? mp3Frame(first.readUInt32BE()) : undefined;
  if (!told || !frame) return undefined;
  const { frames, delay, padding } = told;
  const sampleCount = frames * frame.samples - delay - padding;
  return sampleCount < 0 ? undefined : { preSkip: delay + DECODER_DELAY, sampleCount };
}

function bytesOf(data: AudioDecoderConfig['description']): Uint8Array {
  if (data === undefined) return new Uint8Array();
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

function unreadable(path: string, error: unknown): JackfieldError {
  if (error instanceof JackfieldError && error.code === 'ERR_UNSUPPORTED') return error;
  return new JackfieldError(
    'ERR_ENCODER',
    `${printable(path)} cannot be decoded: ${printable(messageOf(error))}`,
    {
      cause: error,
    },
  );
}
