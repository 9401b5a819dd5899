import { checkArgument, checkOptions, object, oneOf, type Rules } from '../../base/check.js';
import { BYTES, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { wholeFrames } from '../convert/channels.js';
import { decodeSamples, encodeSamples, type WavWriteEncoding, WRITE_ENCODINGS } from './wav-encoding.js';
import { WavHeader } from './wav-header.js';
import { locateWav, type WavLayout } from './wav-layout.js';
import type { WavMetadata } from './wav-metadata.js';

export interface EncodeWavOptions {
  /** Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Default `'s16'`. */
  readonly encoding?: WavWriteEncoding;
  readonly metadata?: WavMetadata;
}

const RULES: Rules<EncodeWavOptions> = {
  format: object,
  encoding: oneOf(...WRITE_ENCODINGS),
  metadata: object,
};

/** A whole WAV file in memory, from interleaved samples. For files of any size use WavWriter. */
export function encodeWav(samples: Int16Array, options: EncodeWavOptions = {}): Uint8Array {
  checkOptions(options, RULES);
  const { encoding = 's16', metadata = {} } = options;
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  const count = wholeFrames(samples, format.channels);
  const header = new WavHeader({ format, encoding, metadata });
  const dataBytes = count * header.blockAlign;
  const bytes = new Uint8Array(header.length + dataBytes + (dataBytes & 1));
  bytes.set(header.sized(dataBytes));
  bytes.set(encodeSamples(samples, encoding), header.length);
  return bytes;
}

/** Result of {@link decodeWav}: the samples as s16, and their layout in the file. */
export interface DecodedWav extends WavLayout {
  readonly samples: Int16Array;
}

/** Reads a whole WAV file from memory. @throws ERR_WAV ({@link WavError}) when it cannot be read as WAV. */
export function decodeWav(bytes: Uint8Array): DecodedWav {
  checkArgument('bytes', bytes, BYTES);
  const search = locateWav(bytes.length);
  let step = search.next();
  while (!step.done) {
    const { position, length } = step.value;
    step = search.next(bytes.subarray(position, position + length));
  }
  const layout = step.value;
  const data = bytes.subarray(layout.dataOffset, layout.dataOffset + layout.dataBytes);
  const samples = decodeSamples({ ...layout, bytes: data, channels: layout.format.channels });
  return { ...layout, samples: samples.slice(0, layout.sampleCount * layout.format.channels) };
}
