import { decodeG711Into, encodeG711Into } from '../codec/g711.js';
import { decodeImaBlocks } from './ima-adpcm.js';

/**
 * Encoding of the samples in a WAV file. Inside Jackfield samples are s16. Wider integers are rounded to nearest when
 * read, and shifted when written. Floats are scaled by 32768 and clipped.
 */
export type WavEncoding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64' | 'alaw' | 'mulaw' | 'ima-adpcm';

/** The encodings that {@link WavWriter} writes. */
export type WavWriteEncoding = Exclude<WavEncoding, 'f64' | 'ima-adpcm'>;

/** Format tags of the `fmt ` chunk (RFC 2361). */
export const FORMAT_TAG = {
  pcm: 1,
  float: 3,
  alaw: 6,
  mulaw: 7,
  imaAdpcm: 0x11,
  extensible: 0xfffe,
} as const;

/** Layout of one encoding's data, as `fmt ` gives it. */
export interface EncodingShape {
  readonly formatTag: number;
  readonly bitsPerSample: number;
}

export const ENCODING_SHAPES: Readonly<Record<WavEncoding, EncodingShape>> = {
  u8: { formatTag: FORMAT_TAG.pcm, bitsPerSample: 8 },
  s16: { formatTag: FORMAT_TAG.pcm, bitsPerSample: 16 },
  s24: { formatTag: FORMAT_TAG.pcm, bitsPerSample: 24 },
  s32: { formatTag: FORMAT_TAG.pcm, bitsPerSample: 32 },
  f32: { formatTag: FORMAT_TAG.float, bitsPerSample: 32 },
  f64: { formatTag: FORMAT_TAG.float, bitsPerSample: 64 },
  alaw: { formatTag: FORMAT_TAG.alaw, bitsPerSample: 8 },
  mulaw: { formatTag: FORMAT_TAG.mulaw, bitsPerSample: 8 },
  'ima-adpcm': { formatTag: FORMAT_TAG.imaAdpcm, bitsPerSample: 4 },
};

/** Converts `samples` to the bytes of the file. The result may share their memory. */
export function encodeSamples(samples: Int16Array, encoding: WavWriteEncoding): Uint8Array {
  if (isAsInMemory(encoding)) {
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }
  const bytes = new Uint8Array((samples.length * ENCODING_SHAPES[encoding].bitsPerSample) / 8);
  ENCODERS[encoding](bytes, samples, viewOf(bytes));
  return bytes;
}

type Encoder = (bytes: Uint8Array, samples: Int16Array, view: DataView) => void;

const ENCODERS: Readonly<Record<WavWriteEncoding, Encoder>> = {
  u8(bytes, samples) {
    for (let i = 0; i < samples.length; i++) bytes[i] = Math.min(255, ((samples[i] ?? 0) + 0x8080) >> 8);
  },
  s16(_bytes, samples, view) {
    for (let i = 0; i < samples.length; i++) view.setInt16(i * 2, samples[i] ?? 0, true);
  },
  s24(bytes, samples, view) {
    for (let i = 0; i < samples.length; i++) {
      bytes[i * 3] = 0;
      view.setInt16(i * 3 + 1, samples[i] ?? 0, true);
    }
  },
  s32(_bytes, samples, view) {
    for (let i = 0; i < samples.length; i++) view.setInt32(i * 4, (samples[i] ?? 0) << 16, true);
  },
  f32(_bytes, samples, view) {
    for (let i = 0; i < samples.length; i++) view.setFloat32(i * 4, (samples[i] ?? 0) / 32768, true);
  },
  alaw: (bytes, samples) => encodeG711Into(bytes, samples, 'alaw'),
  mulaw: (bytes, samples) => encodeG711Into(bytes, samples, 'mulaw'),
};

/** Encodings that can be written. */
export const WRITE_ENCODINGS: readonly string[] = Object.keys(ENCODERS);

/** A run of whole blocks of a file's data, as {@link decodeSamples} takes it. */
export interface EncodedRun {
  readonly bytes: Uint8Array;
  readonly encoding: WavEncoding;
  readonly channels: number;
  /** Bytes of one block: one sample of each channel, or an ADPCM block. */
  readonly blockAlign: number;
  /** Samples per channel in a block: 1 unless the encoding is ADPCM. */
  readonly samplesPerBlock: number;
}

/** True for samples that are in a file as they are in the memory of this machine. */
export function isAsInMemory(encoding: WavEncoding): boolean {
  return encoding === 's16' && LITTLE_ENDIAN;
}

/** Converts whole blocks of a file's data into interleaved s16. The result may share the memory of `bytes`. */
export function decodeSamples(run: EncodedRun): Int16Array {
  const { bytes, channels, blockAlign, samplesPerBlock } = run;
  const blocks = Math.floor(bytes.length / blockAlign);
  const count = blocks * samplesPerBlock * channels;
  if (isAsInMemory(run.encoding) && bytes.byteOffset % 2 === 0)
    return new Int16Array(bytes.buffer, bytes.byteOffset, count);
  const samples = new Int16Array(count);
  DECODERS[run.encoding](samples, run, viewOf(bytes));
  return samples;
}

type Decoder = (samples: Int16Array, run: EncodedRun, view: DataView) => void;

const DECODERS: Readonly<Record<WavEncoding, Decoder>> = {
  u8(samples, { bytes }) {
    for (let i = 0; i < samples.length; i++) samples[i] = ((bytes[i] ?? 0x80) - 0x80) << 8;
  },
  s16(samples, _run, view) {
    for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(i * 2, true);
  },
  s24(samples, { bytes }, view) {
    for (let i = 0; i < samples.length; i++) {
      const high = view.getInt16(i * 3 + 1, true);
      samples[i] = Math.min(32767, high + ((bytes[i * 3] ?? 0) >> 7));
    }
  },
  s32(samples, _run, view) {
    for (let i = 0; i < samples.length; i++) {
      const value = view.getInt32(i * 4, true);
      samples[i] = Math.min(32767, (value >> 16) + ((value >> 15) & 1));
    }
  },
  f32(samples, _run, view) {
    for (let i = 0; i < samples.length; i++) samples[i] = floatToS16(view.getFloat32(i * 4, true));
  },
  f64(samples, _run, view) {
    for (let i = 0; i < samples.length; i++) samples[i] = floatToS16(view.getFloat64(i * 8, true));
  },
  alaw: (samples, { bytes }) => decodeG711Into(samples, bytes.subarray(0, samples.length), 'alaw'),
  mulaw: (samples, { bytes }) => decodeG711Into(samples, bytes.subarray(0, samples.length), 'mulaw'),
  'ima-adpcm': decodeImaBlocks,
};

/** Converts a float in -1 to 1 to the nearest s16. Values outside are clipped, and NaN becomes silence. */
export function floatToS16(value: number): number {
  const scaled = Math.round(value * 32768);
  return scaled >= 32767 ? 32767 : scaled <= -32768 ? -32768 : scaled || 0;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
