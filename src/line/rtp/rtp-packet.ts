import { checkArgument, checkOptions, flag, instance, needed, type Rules, whole } from '../../base/check.js';

/** Fields of an RTP packet (RFC 3550, section 5.1) that a voice stream uses. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits; wraps. */
  readonly sequence: number;
  /** 32 bits, in units of the codec's clock; wraps. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** A view of the packet, without padding. */
  readonly payload: Buffer;
}

const WORD = needed(whole(0, 0xffff_ffff));
const RULES: Rules<RtpPacket> = {
  payloadType: needed(whole(0, 127)),
  marker: needed(flag),
  sequence: needed(whole(0, 0xffff)),
  timestamp: WORD,
  ssrc: WORD,
  payload: needed(instance(Uint8Array)),
};
const BUFFER = instance(Buffer);
const ROOM = whole(0, 65_535, 'bytes');
const HEADER_BYTES = 12;
const VERSION = 2;

/**
 * Length of the header in bytes, including contributing sources and extension. Undefined when the bytes from `start` to
 * `end` are not an RTP packet, or are truncated.
 */
export function rtpHeaderLength(bytes: Buffer, end = bytes.length, start = 0): number | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const first = bytes.readUInt8(start);
  if (first >> 6 !== VERSION) return undefined;
  let length = HEADER_BYTES + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (start + length + 4 > end) return undefined;
    length += 4 + 4 * bytes.readUInt16BE(start + length + 2);
  }
  return start + length <= end ? length : undefined;
}

/**
 * Reads an RTP packet. Contributing sources and a header extension are skipped.
 *
 * @returns undefined when `bytes` is not an RTP packet of version 2, or is truncated.
 * @throws ERR_INVALID_ARG for a value that is not a Buffer.
 */
export function readRtp(bytes: Buffer): RtpPacket | undefined {
  checkArgument('bytes', bytes, BUFFER);
  return unpackRtp(bytes, 0, bytes.length);
}

/** Reads the packet that a part of `bytes` holds. @internal */
export function unpackRtp(bytes: Buffer, start: number, end: number): RtpPacket | undefined {
  const length = rtpHeaderLength(bytes, end, start);
  if (length === undefined) return undefined;
  const isPadded = (bytes.readUInt8(start) & 0x20) !== 0;
  const padding = isPadded ? bytes.readUInt8(end - 1) : 0;
  if (length > end - start - padding || (isPadded && padding === 0)) return undefined;
  const second = bytes.readUInt8(start + 1);
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequence: bytes.readUInt16BE(start + 2),
    timestamp: bytes.readUInt32BE(start + 4),
    ssrc: bytes.readUInt32BE(start + 8),
    payload: bytes.subarray(start + length, end - padding),
  };
}

/**
 * Writes an RTP packet without contributing sources, extension or padding.
 *
 * @param room Bytes left free after the packet: 0 to 65,535. Default 0.
 * @throws ERR_INVALID_ARG
 */
export function writeRtp(packet: RtpPacket, room = 0): Buffer {
  checkOptions(packet, RULES, 'packet.');
  checkArgument('room', room, ROOM);
  return packRtp(packet, room);
}

/** Writes a packet without checking its fields. @internal */
export function packRtp(packet: RtpPacket, room = 0): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + packet.payload.length + room);
  const { payloadType, marker, sequence, timestamp, ssrc, payload } = packet;
  bytes[0] = VERSION << 6;
  bytes[1] = payloadType | (marker ? 0x80 : 0);
  bytes[2] = sequence >>> 8;
  bytes[3] = sequence;
  putWord(bytes, 4, timestamp);
  putWord(bytes, 8, ssrc);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Writes 32 bits, in a third of the time of `writeUInt32BE`, which checks its value. */
function putWord(bytes: Buffer, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
