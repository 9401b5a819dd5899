import { checkArgument, oneOf } from '../../base/check.js';
import { BYTES, SAMPLES } from '../../base/pcm.js';

/**
 * The two companding laws of telephony, ITU-T G.711: A-law (Europe, 13-bit range) and mu-law (North America and
 * Japan, 14-bit range). One byte per sample.
 *
 * A 16-bit sample is first rounded to the range of the law, as sox does it. ffmpeg truncates instead; the two differ
 * in about one code of eighty.
 */
export type G711Law = 'alaw' | 'mulaw';

const LAW = oneOf('alaw', 'mulaw');

/** Encodes samples into G.711 bytes, one per sample. @throws ERR_INVALID_ARG. */
export function encodeG711(samples: Int16Array, law: G711Law): Uint8Array {
  checkArgument('samples', samples, SAMPLES);
  checkArgument('law', law, LAW);
  const bytes = new Uint8Array(samples.length);
  encodeG711Into(bytes, samples, law);
  return bytes;
}

/** Decodes G.711 bytes into samples, one per byte. @throws ERR_INVALID_ARG. */
export function decodeG711(bytes: Uint8Array, law: G711Law): Int16Array {
  checkArgument('bytes', bytes, BYTES);
  checkArgument('law', law, LAW);
  const samples = new Int16Array(bytes.length);
  decodeG711Into(samples, bytes, law);
  return samples;
}

/** {@link encodeG711} into memory that the caller holds: at least `samples.length` bytes. */
export function encodeG711Into(bytes: Uint8Array, samples: Int16Array, law: G711Law): void {
  const { encoded } = tablesOf(law);
  for (let i = 0; i < samples.length; i++) bytes[i] = encoded[(samples[i] ?? 0) & 0xffff] ?? 0;
}

/** {@link decodeG711} into memory that the caller holds: at least `bytes.length` samples. */
export function decodeG711Into(samples: Int16Array, bytes: Uint8Array, law: G711Law): void {
  const { decoded } = tablesOf(law);
  for (let i = 0; i < bytes.length; i++) samples[i] = decoded[bytes[i] ?? 0] ?? 0;
}

interface Tables {
  /** Code of each sample, indexed by the sample's 16 bits read as unsigned. */
  readonly encoded: Uint8Array;
  /** Sample of each code. */
  readonly decoded: Int16Array;
}

const LAWS = {
  alaw: { encode: encodeALaw, decode: decodeALaw },
  mulaw: { encode: encodeMuLaw, decode: decodeMuLaw },
} as const;

const built = new Map<G711Law, Tables>();

function tablesOf(law: G711Law): Tables {
  const known = built.get(law);
  if (known) return known;
  const { encode, decode } = LAWS[law];
  const tables: Tables = { encoded: new Uint8Array(0x1_0000), decoded: new Int16Array(256) };
  for (let bits = 0; bits < 0x1_0000; bits++) tables.encoded[bits] = encode((bits << 16) >> 16);
  for (let code = 0; code < 256; code++) tables.decoded[code] = decode(code);
  built.set(law, tables);
  return tables;
}

/** Index of the chord (segment): how many bits of `magnitude` lie above the lowest chord's `bits`. */
function chordOf(magnitude: number, bits: number): number {
  return Math.max(0, 32 - Math.clz32(magnitude) - bits);
}

function encodeALaw(sample: number): number {
  const rounded = Math.min((sample + 4) >> 3, 4095);
  const inverted = rounded >= 0 ? 0xd5 : 0x55;
  const magnitude = rounded >= 0 ? rounded : -rounded - 1;
  const chord = chordOf(magnitude, 5);
  const step = (magnitude >> Math.max(1, chord)) & 0x0f;
  return ((chord << 4) | step) ^ inverted;
}

function decodeALaw(code: number): number {
  const bits = code ^ 0x55;
  const chord = (bits & 0x70) >> 4;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = chord === 0 ? step : (step + 0x100) << (chord - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

const MU_LAW_BIAS = 33;
const MU_LAW_CLIP = 8158;

function encodeMuLaw(sample: number): number {
  const rounded = Math.min((sample + 2) >> 2, 8191);
  const inverted = rounded >= 0 ? 0xff : 0x7f;
  const magnitude = Math.min(Math.abs(rounded), MU_LAW_CLIP) + MU_LAW_BIAS;
  const chord = chordOf(magnitude, 6);
  const step = (magnitude >> (chord + 1)) & 0x0f;
  return ((chord << 4) | step) ^ inverted;
}

function decodeMuLaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}
