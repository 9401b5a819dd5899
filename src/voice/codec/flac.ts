import { JackfieldError } from '../../base/errors.js';
import { BitReader } from './bit-reader.js';

// The decoder of FLAC frames (RFC 9639, section 9). Libraries that decode FLAC alone are under the LGPL, or
// unmaintained.

/** Properties that the header of a frame may leave to the header of the file. */
export interface FlacStream {
  readonly bitsPerSample: number;
}

interface FrameHeader {
  readonly sampleCount: number;
  /** Number of channels - 1; 8 to 10 for left and side, side and right, mid and side. */
  readonly assignment: number;
  readonly bitsPerSample: number;
}

const SYNC = 0x3ffe;
const LEFT_SIDE = 8;
const SIDE_RIGHT = 9;
const MID_SIDE = 10;
/** Bits per sample by the code in the header; 0 where the header of the file gives it. */
const BITS: readonly (number | undefined)[] = [0, 8, 12, undefined, 16, 20, 24, 32];
/** Coefficients of the fixed predictors, by order. They apply to the preceding samples, the last one first. */
const FIXED: readonly (readonly number[])[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

/**
 * Decodes one frame to interleaved samples of 16 bits. Of wider samples the lower bits are dropped.
 *
 * @throws ERR_ENCODER for data that is damaged or not a frame.
 */
export function decodeFlacFrame(frame: Uint8Array, stream: FlacStream): Int16Array {
  const bits = new BitReader(frame);
  const { sampleCount, assignment, bitsPerSample } = headerOf(bits, stream);
  const channels = assignment < LEFT_SIDE ? assignment + 1 : 2;
  const decoded: Float64Array[] = [];
  for (let channel = 0; channel < channels; channel++) {
    // The difference of two channels needs one bit more than each of them.
    const isSide = channel === (assignment === SIDE_RIGHT ? 0 : 1) && assignment >= LEFT_SIDE;
    decoded.push(subframe(bits, sampleCount, bitsPerSample + (isSide ? 1 : 0)));
  }
  bits.align();
  const length = bits.byteLength;
  if (bits.unsigned(16) !== crc16(frame.subarray(0, length))) throw damaged('its checksum does not match');
  joinSides(decoded, assignment);
  return interleaved(decoded, sampleCount, bitsPerSample);
}

function headerOf(bits: BitReader, stream: FlacStream): FrameHeader {
  if (bits.unsigned(14) !== SYNC) throw damaged('it does not begin with the sync code');
  bits.unsigned(2);
  const size = bits.unsigned(4);
  const rate = bits.unsigned(4);
  const assignment = bits.unsigned(4);
  const width = BITS[bits.unsigned(3)];
  bits.unsigned(1);
  if (assignment > MID_SIDE || width === undefined || size === 0)
    throw damaged('its header has an impossible value');
  // The number of the frame or of its first sample, in a code like that of UTF-8.
  const lead = bits.unsigned(8);
  for (let mask = 0x40; (lead & 0x80) !== 0 && (lead & mask) !== 0; mask >>= 1) bits.unsigned(8);
  const sampleCount = sizeOf(bits, size);
  // A sample rate that is written out: the header of the file has it, too.
  bits.unsigned(rate === 12 ? 8 : rate === 13 || rate === 14 ? 16 : 0);
  bits.unsigned(8);
  return { sampleCount, assignment, bitsPerSample: width || stream.bitsPerSample };
}

function sizeOf(bits: BitReader, code: number): number {
  if (code === 1) return 192;
  if (code <= 5) return 576 << (code - 2);
  if (code === 6) return bits.unsigned(8) + 1;
  if (code === 7) return bits.unsigned(16) + 1;
  return 256 << (code - 8);
}

/** Decodes the samples of one channel. */
function subframe(bits: BitReader, sampleCount: number, width: number): Float64Array {
  bits.unsigned(1);
  const type = bits.unsigned(6);
  const wasted = bits.unsigned(1) === 1 ? bits.zeros() + 1 : 0;
  const kept = width - wasted;
  if (kept < 1) throw damaged('its samples have no bits left');
  const samples = new Float64Array(sampleCount);
  if (type === 0) samples.fill(bits.signed(kept));
  else if (type === 1) for (let i = 0; i < sampleCount; i++) samples[i] = bits.signed(kept);
  else if (type >= 8 && type <= 12) predicted(bits, samples, kept, type - 8, FIXED[type - 8]);
  else if (type >= 32) predicted(bits, samples, kept, type - 31);
  else throw damaged(`its channel has the unknown subframe type ${type}`);
  if (wasted > 0) for (let i = 0; i < sampleCount; i++) samples[i] = (samples[i] ?? 0) * 2 ** wasted;
  return samples;
}

/** Decodes a predicted channel: each sample is the prediction from the samples before it, plus a residual. */
function predicted(
  bits: BitReader,
  samples: Float64Array,
  width: number,
  order: number,
  fixed?: readonly number[],
): void {
  if (order > samples.length) throw damaged('its predictor order exceeds its sample count');
  for (let i = 0; i < order; i++) samples[i] = bits.signed(width);
  let coefficients = fixed;
  let scale = 1;
  if (!coefficients) {
    const precision = bits.unsigned(4) + 1;
    const shift = bits.signed(5);
    if (precision === 16 || shift < 0) throw damaged('its predictor has an impossible value');
    scale = 2 ** shift;
    coefficients = Array.from({ length: order }, () => bits.signed(precision));
  }
  residuals(bits, samples, order);
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += (coefficients[j] ?? 0) * (samples[i - 1 - j] ?? 0);
    samples[i] = (samples[i] ?? 0) + Math.floor(sum / scale);
  }
}

/** Reads the residuals, in Rice code, into the places behind the first samples. */
function residuals(bits: BitReader, samples: Float64Array, order: number): void {
  const method = bits.unsigned(2);
  if (method > 1) throw damaged(`its residuals have the unknown coding method ${method}`);
  const width = method === 0 ? 4 : 5;
  const partitions = 1 << bits.unsigned(4);
  const length = samples.length / partitions;
  if (!Number.isInteger(length) || length < order) throw damaged('its partitions do not match its length');
  let at = order;
  for (let partition = 1; partition <= partitions; partition++) {
    const parameter = bits.unsigned(width);
    const end = partition * length;
    if (parameter === (1 << width) - 1) {
      const plain = bits.unsigned(5);
      for (; at < end; at++) samples[at] = plain === 0 ? 0 : bits.signed(plain);
    } else {
      const step = 2 ** parameter;
      for (; at < end; at++) {
        const folded = bits.zeros() * step + bits.unsigned(parameter);
        samples[at] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
      }
    }
  }
}

/** Restores left and right from one channel and a difference, in place. */
function joinSides([first, second]: readonly Float64Array[], assignment: number): void {
  if (assignment < LEFT_SIDE || !first || !second) return;
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i] ?? 0, second[i] ?? 0];
    if (assignment === LEFT_SIDE) second[i] = a - b;
    else if (assignment === SIDE_RIGHT) first[i] = a + b;
    else {
      // The mid channel has lost its last bit, which equals the last bit of the difference.
      const sum = a * 2 + Math.abs(b % 2);
      first[i] = (sum + b) / 2;
      second[i] = (sum - b) / 2;
    }
  }
}

function interleaved(channels: readonly Float64Array[], sampleCount: number, width: number): Int16Array {
  const samples = new Int16Array(sampleCount * channels.length);
  const scale = 2 ** (16 - width);
  for (const [channel, from] of channels.entries()) {
    for (let i = 0; i < sampleCount; i++) {
      samples[i * channels.length + channel] = Math.floor((from[i] ?? 0) * scale);
    }
  }
  return samples;
}

/** Table by byte of CRC-16 with the polynomial x^16 + x^15 + x^2 + 1. */
const CRC = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x8005;
  return crc & 0xffff;
});

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC[(crc >>> 8) ^ byte] ?? 0);
  return crc;
}

function damaged(why: string): JackfieldError {
  return new JackfieldError('ERR_ENCODER', `A FLAC frame is damaged: ${why}.`);
}
