import { HmacSha1 } from './hmac-sha1.js';
import type { SrtpKey, SrtpSuite } from './rtp-options.js';
import { rtpHeaderLength } from './rtp-packet.js';
import { deriveKey, SrtpKeystream } from './srtp-keystream.js';

const KEY_BYTES = 16;
const SALT_BYTES = 14;
const AUTH_KEY_BYTES = 20;
/** Length of the tag of an RTP packet, in bytes (RFC 4568, section 6.2). RTCP tags have 80 bits with either suite. */
const TAG_BYTES: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 10,
  AES_CM_128_HMAC_SHA1_32: 4,
};
const RTCP_TAG_BYTES = 10;
/** Bytes of RTCP that are not encrypted. */
const RTCP_CLEAR_BYTES = 8;
/** Labels of the derived keys (RFC 3711, section 4.3.1). */
type Labels = Readonly<Record<'key' | 'auth' | 'salt', number>>;
const RTP_LABELS: Labels = { key: 0, auth: 1, salt: 2 };
const RTCP_LABELS: Labels = { key: 3, auth: 4, salt: 5 };
/** Size of the replay window, in packets (RFC 3711, section 3.3.2: at least 64). */
const WINDOW = 1024;
/** Most sources that one key serves. A call needs no more. */
const MOST_SOURCES = 16;
const IS_ENCRYPTED = 0x8000_0000;

/** Reason why a packet is dropped. */
export type SrtpRefusal = 'unauthentic' | 'replayed';

/** Packet count of a source: the roll-over counter, and the highest sequence number that has arrived. */
interface Source {
  rollOver: number;
  highest: number;
  /** Newest packet index of each slot of the replay window. */
  readonly seen: Float64Array;
}

/**
 * Protects the packets of one direction with one master key, or removes that protection (SRTP, RFC 3711, with AES in
 * counter mode and HMAC-SHA1).
 */
export class SrtpContext {
  readonly key: SrtpKey;
  readonly #rtp: Keys;
  readonly #rtcp: Keys;
  /** Bytes that the tag adds to an RTP packet. */
  readonly tagBytes: number;
  readonly #sources = new Map<number, Source>();
  readonly #rtcpSeen = new Map<number, Float64Array>();
  /** Counts of the sources under the previous key. A new key does not restart the count (section 3.3.1). */
  readonly #before: ReadonlyMap<number, Source> | undefined;
  #rtcpIndex = 0;

  /** @param before Context of the key that this one replaces. */
  constructor(key: SrtpKey, before?: SrtpContext) {
    const master = Buffer.from(key.key, 'base64');
    this.key = key;
    this.#rtp = keysOf(master, RTP_LABELS);
    this.#rtcp = keysOf(master, RTCP_LABELS, 1);
    this.tagBytes = TAG_BYTES[key.suite];
    this.#before = before && new Map(before.#sources);
  }

  /** Encrypts an RTP packet and adds its tag. */
  protect(packet: Buffer): Buffer {
    const whole = Buffer.allocUnsafe(packet.length + this.tagBytes);
    whole.set(packet);
    this.protectInPlace(whole);
    return whole;
  }

  /** Encrypts an RTP packet in place. Its last {@link tagBytes} bytes are room for the tag. */
  protectInPlace(whole: Buffer): void {
    const end = whole.length - this.tagBytes;
    const start = rtpHeaderLength(whole, end) ?? end;
    const sequence = sequenceOf(whole);
    const ssrc = whole.readUInt32BE(8);
    const source =
      this.#sources.get(ssrc) ??
      this.#beginSource(ssrc, sequence, this.#firstRollOvers(ssrc, sequence)[0] ?? 0);
    const rollOver = rollOverOf(source, sequence);
    note(source, rollOver, sequence);
    this.#rtp.stream.cover(whole, start, end, ssrc, indexOf(rollOver, sequence));
    this.#rtp.hmac.take(whole, end, rollOver);
    this.#rtp.hmac.copyTo(whole, end, this.tagBytes);
  }

  /** Checks and decrypts an RTP packet, in place. Returns the packet without its tag. */
  unprotect(bytes: Buffer): Buffer | SrtpRefusal {
    const end = bytes.length - this.tagBytes;
    const start = end > 0 ? rtpHeaderLength(bytes, end) : undefined;
    if (start === undefined) return 'unauthentic';
    const sequence = sequenceOf(bytes);
    const ssrc = bytes.readUInt32BE(8);
    const known = this.#sources.get(ssrc);
    if (known) return this.#unprotectAs(bytes, start, ssrc, rollOverOf(known, sequence), known);
    for (const rollOver of this.#firstRollOvers(ssrc, sequence)) {
      const packet = this.#unprotectAs(bytes, start, ssrc, rollOver, undefined);
      if (packet !== 'unauthentic') return packet;
    }
    return 'unauthentic';
  }

  /** Encrypts a compound RTCP packet and adds its index and tag. */
  protectRtcp(packet: Buffer): Buffer {
    const whole = Buffer.allocUnsafe(packet.length + 4 + RTCP_TAG_BYTES);
    packet.copy(whole);
    const index = this.#rtcpIndex;
    this.#rtcpIndex = (index + 1) % IS_ENCRYPTED;
    this.#rtcp.stream.cover(whole, RTCP_CLEAR_BYTES, packet.length, packet.readUInt32BE(4), index);
    whole.writeUInt32BE((IS_ENCRYPTED | index) >>> 0, packet.length);
    this.#rtcp.hmac.take(whole, packet.length + 4);
    this.#rtcp.hmac.copyTo(whole, packet.length + 4, RTCP_TAG_BYTES);
    return whole;
  }

  /** Checks and decrypts a compound RTCP packet, in place. Returns it without index and tag. */
  unprotectRtcp(bytes: Buffer): Buffer | SrtpRefusal {
    const end = bytes.length - RTCP_TAG_BYTES - 4;
    if (end < RTCP_CLEAR_BYTES) return 'unauthentic';
    this.#rtcp.hmac.take(bytes, end + 4);
    if (!this.#rtcp.hmac.matches(bytes, end + 4, RTCP_TAG_BYTES)) return 'unauthentic';
    const [ssrc, word] = [bytes.readUInt32BE(4), bytes.readUInt32BE(end)];
    const index = word & ~IS_ENCRYPTED;
    const seen = this.#rtcpSeen.get(ssrc) ?? newWindow();
    if (hasSeen(seen, index)) return 'replayed';
    seen[index % WINDOW] = index;
    if (this.#rtcpSeen.size < MOST_SOURCES) this.#rtcpSeen.set(ssrc, seen);
    if (word >= IS_ENCRYPTED) this.#rtcp.stream.cover(bytes, RTCP_CLEAR_BYTES, end, ssrc, index);
    return bytes.subarray(0, end);
  }

  #unprotectAs(
    bytes: Buffer,
    start: number,
    ssrc: number,
    rollOver: number,
    known: Source | undefined,
  ): Buffer | SrtpRefusal {
    const end = bytes.length - this.tagBytes;
    const sequence = sequenceOf(bytes);
    const index = indexOf(rollOver, sequence);
    if (known && hasSeen(known.seen, index)) return 'replayed';
    this.#rtp.hmac.take(bytes, end, rollOver);
    if (!this.#rtp.hmac.matches(bytes, end, this.tagBytes)) return 'unauthentic';
    note(known ?? this.#beginSource(ssrc, sequence, rollOver), rollOver, sequence);
    this.#rtp.stream.cover(bytes, start, end, ssrc, index);
    return bytes.subarray(0, end);
  }

  /**
   * Roll-over counters to try with the first packet of a source. Under a new key, a peer has to continue its count;
   * some peers restart it at 0.
   */
  #firstRollOvers(ssrc: number, sequence: number): number[] {
    const before = this.#before?.get(ssrc);
    return before ? [...new Set([rollOverOf(before, sequence), 0])] : [0];
  }

  #beginSource(ssrc: number, sequence: number, rollOver: number): Source {
    if (this.#sources.size >= MOST_SOURCES) {
      const [oldest] = this.#sources.keys();
      if (oldest !== undefined) this.#sources.delete(oldest);
    }
    const source = { rollOver, highest: sequence, seen: newWindow() };
    this.#sources.set(ssrc, source);
    return source;
  }
}

/** Cipher and HMAC that use the session keys derived from a master key. */
interface Keys {
  readonly stream: SrtpKeystream;
  readonly hmac: HmacSha1;
}

function keysOf(master: Buffer, labels: Labels, ahead?: number): Keys {
  const [key, salt] = [master.subarray(0, KEY_BYTES), master.subarray(KEY_BYTES)];
  const cipherKey = deriveKey(key, salt, labels.key, KEY_BYTES);
  return {
    stream: new SrtpKeystream(cipherKey, deriveKey(key, salt, labels.salt, SALT_BYTES), ahead),
    hmac: new HmacSha1(deriveKey(key, salt, labels.auth, AUTH_KEY_BYTES)),
  };
}

function sequenceOf(packet: Buffer): number {
  return packet.readUInt16BE(2);
}

/** Roll-over counter of a sequence number that is near the highest one so far (section 3.3.1). */
function rollOverOf({ rollOver, highest }: Source, sequence: number): number {
  if (highest < 0x8000) return sequence - highest > 0x8000 && rollOver > 0 ? rollOver - 1 : rollOver;
  return highest - 0x8000 > sequence ? (rollOver + 1) % 2 ** 32 : rollOver;
}

function note(source: Source, rollOver: number, sequence: number): void {
  const index = indexOf(rollOver, sequence);
  source.seen[index % WINDOW] = index;
  if (index <= indexOf(source.rollOver, source.highest)) return;
  source.rollOver = rollOver;
  source.highest = sequence;
}

function indexOf(rollOver: number, sequence: number): number {
  return rollOver * 0x1_0000 + sequence;
}

function newWindow(): Float64Array {
  return new Float64Array(WINDOW).fill(-1);
}

/** True for an index that has arrived before, or that is older than the replay window. */
function hasSeen(seen: Float64Array, index: number): boolean {
  return (seen[index % WINDOW] ?? 0) >= index;
}
