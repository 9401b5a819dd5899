import { type Cipher, createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { SrtpKey, SrtpSuite } from './rtp-options.js';
import { rtpHeaderLength } from './rtp-packet.js';

const BLOCK = 16;
const KEY_BYTES = 16;
const SALT_BYTES = 14;
const AUTH_KEY_BYTES = 20;
/** Bytes of the tag of an RTP packet (RFC 4568, section 6.2); RTCP has 80 bits with either suite. */
const TAG_BYTES: Readonly<Record<SrtpSuite, number>> = {
  AES_CM_128_HMAC_SHA1_80: 10,
  AES_CM_128_HMAC_SHA1_32: 4,
};
const RTCP_TAG_BYTES = 10;
/** Labels of the derived keys (RFC 3711, section 4.3.1). */
const RTP_LABELS = { key: 0, auth: 1, salt: 2 } as const;
const RTCP_LABELS = { key: 3, auth: 4, salt: 5 } as const;
/** Newest packets of a source of which it is known whether they have come (RFC 3711, section 3.3.2: at least 64). */
const WINDOW = 1024;
/** Sources that one key serves: more have no use. */
const MOST_SOURCES = 16;
const IS_ENCRYPTED = 0x8000_0000;

/** The reason why a packet is left out. */
export type SrtpRefusal = 'unauthentic' | 'replayed';

/** Place of a source in its count of packets: the roll-over counter, and the highest number that has come. */
interface Source {
  rollOver: number;
  highest: number;
  /** Newest index of each slot. */
  readonly seen: Float64Array;
}

/**
 * Protects the packets of one direction with one master key (SRTP, RFC 3711, with AES in counter mode and HMAC-SHA1),
 * or undoes that.
 */
export class SrtpContext {
  readonly key: SrtpKey;
  readonly #rtp: Keys;
  readonly #rtcp: Keys;
  readonly #tagBytes: number;
  readonly #sources = new Map<number, Source>();
  readonly #rtcpSeen = new Map<number, Float64Array>();
  /** Places of the sources under the key before: a new key does not begin the count anew (section 3.3.1). */
  readonly #before: ReadonlyMap<number, Source> | undefined;
  #rtcpIndex = 0;

  /** @param before Context of the key that this one replaces. */
  constructor(key: SrtpKey, before?: SrtpContext) {
    const master = Buffer.from(key.key, 'base64');
    this.key = key;
    this.#rtp = new Keys(master, RTP_LABELS);
    this.#rtcp = new Keys(master, RTCP_LABELS);
    this.#tagBytes = TAG_BYTES[key.suite];
    this.#before = before && new Map(before.#sources);
  }

  /** Encrypts an RTP packet and adds its tag. */
  protect(packet: Buffer): Buffer {
    const start = rtpHeaderLength(packet) ?? packet.length;
    const [sequence, ssrc] = [packet.readUInt16BE(2), packet.readUInt32BE(8)];
    const source =
      this.#sources.get(ssrc) ??
      this.#beginSource(ssrc, sequence, this.#firstRollOvers(ssrc, sequence)[0] ?? 0);
    const rollOver = rollOverOf(source, sequence);
    note(source, rollOver, sequence);
    const whole = Buffer.allocUnsafe(packet.length + this.#tagBytes);
    packet.copy(whole);
    this.#rtp.cover(whole.subarray(start, packet.length), ssrc, indexOf(rollOver, sequence));
    this.#rtp.tag(whole.subarray(0, packet.length), rollOver).copy(whole, packet.length, 0, this.#tagBytes);
    return whole;
  }

  /** Checks and decrypts an RTP packet, in place. Returns the packet without its tag. */
  unprotect(bytes: Buffer): Buffer | SrtpRefusal {
    const end = bytes.length - this.#tagBytes;
    const packet = bytes.subarray(0, Math.max(0, end));
    const start = rtpHeaderLength(packet);
    if (start === undefined) return 'unauthentic';
    const [sequence, ssrc] = [packet.readUInt16BE(2), packet.readUInt32BE(8)];
    const known = this.#sources.get(ssrc);
    const rollOvers = known ? [rollOverOf(known, sequence)] : this.#firstRollOvers(ssrc, sequence);
    for (const rollOver of rollOvers) {
      const index = indexOf(rollOver, sequence);
      if (known && hasSeen(known.seen, index)) return 'replayed';
      if (!isTag(this.#rtp.tag(packet, rollOver), bytes.subarray(end))) continue;
      note(known ?? this.#beginSource(ssrc, sequence, rollOver), rollOver, sequence);
      this.#rtp.cover(packet.subarray(start), ssrc, index);
      return packet;
    }
    return 'unauthentic';
  }

  /** Encrypts a compound RTCP packet and adds its index and tag. */
  protectRtcp(packet: Buffer): Buffer {
    const whole = Buffer.allocUnsafe(packet.length + 4 + RTCP_TAG_BYTES);
    packet.copy(whole);
    const index = this.#rtcpIndex;
    this.#rtcpIndex = (index + 1) % IS_ENCRYPTED;
    this.#rtcp.cover(whole.subarray(8, packet.length), packet.readUInt32BE(4), index);
    whole.writeUInt32BE((IS_ENCRYPTED | index) >>> 0, packet.length);
    this.#rtcp.tag(whole.subarray(0, packet.length + 4)).copy(whole, packet.length + 4, 0, RTCP_TAG_BYTES);
    return whole;
  }

  /** Checks and decrypts a compound RTCP packet, in place. Returns it without index and tag. */
  unprotectRtcp(bytes: Buffer): Buffer | SrtpRefusal {
    const end = bytes.length - RTCP_TAG_BYTES - 4;
    if (end < 8) return 'unauthentic';
    if (!isTag(this.#rtcp.tag(bytes.subarray(0, end + 4)), bytes.subarray(end + 4))) return 'unauthentic';
    const packet = bytes.subarray(0, end);
    const [ssrc, word] = [packet.readUInt32BE(4), bytes.readUInt32BE(end)];
    const index = word & ~IS_ENCRYPTED;
    const seen = this.#rtcpSeen.get(ssrc) ?? newWindow();
    if (hasSeen(seen, index)) return 'replayed';
    seen[index % WINDOW] = index;
    if (this.#rtcpSeen.size < MOST_SOURCES) this.#rtcpSeen.set(ssrc, seen);
    if (word >= IS_ENCRYPTED) this.#rtcp.cover(packet.subarray(8), ssrc, index);
    return packet;
  }

  /** A peer may go on counting under a new key, as it has to, or begin anew, as some do; or it is behind a wrap. */
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

/** Session keys that were derived from a master key. */
class Keys {
  readonly #cipher: Cipher;
  readonly #salt: Buffer;
  readonly #auth: Buffer;
  /** Counter blocks of the longest packet so far; cipher and memory are used again for each packet. */
  #counters = Buffer.alloc(BLOCK * 32);
  readonly #rollOver = Buffer.alloc(4);

  constructor(
    master: Buffer,
    labels: { readonly key: number; readonly auth: number; readonly salt: number },
  ) {
    const cipher = ecb(master.subarray(0, KEY_BYTES));
    const salt = master.subarray(KEY_BYTES);
    this.#cipher = ecb(derived(cipher, salt, labels.key, KEY_BYTES));
    this.#auth = derived(cipher, salt, labels.auth, AUTH_KEY_BYTES);
    this.#salt = derived(cipher, salt, labels.salt, SALT_BYTES);
  }

  /** Encrypts or decrypts `bytes` in place (section 4.1.1). */
  cover(bytes: Buffer, ssrc: number, index: number): void {
    const blocks = Math.ceil(bytes.length / BLOCK);
    if (blocks * BLOCK > this.#counters.length) this.#counters = Buffer.alloc(blocks * BLOCK);
    const first = this.#counters;
    this.#salt.copy(first);
    first.writeUInt32BE((first.readUInt32BE(4) ^ ssrc) >>> 0, 4);
    first.writeUInt16BE(first.readUInt16BE(8) ^ Math.floor(index / 2 ** 32), 8);
    first.writeUInt32BE((first.readUInt32BE(10) ^ index) >>> 0, 10);
    for (let block = 0; block < blocks; block++) {
      if (block > 0) first.copyWithin(block * BLOCK, 0, SALT_BYTES);
      first.writeUInt16BE(block, block * BLOCK + SALT_BYTES);
    }
    const stream = this.#cipher.update(first.subarray(0, blocks * BLOCK));
    for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (stream[i] ?? 0);
  }

  /** Tag of what is authenticated: with the roll-over counter for RTP, without for RTCP. */
  tag(bytes: Buffer, rollOver?: number): Buffer {
    const hmac = createHmac('sha1', this.#auth).update(bytes);
    if (rollOver === undefined) return hmac.digest();
    this.#rollOver.writeUInt32BE(rollOver);
    return hmac.update(this.#rollOver).digest();
  }
}

function ecb(key: Buffer): Cipher {
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
}

/** Derives a key (section 4.3.3): the keystream of the master key for the salt and a label. */
function derived(cipher: Cipher, salt: Buffer, label: number, length: number): Buffer {
  const blocks = Buffer.alloc(BLOCK * Math.ceil(length / BLOCK));
  for (let at = 0, count = 0; at < blocks.length; at += BLOCK, count++) {
    salt.copy(blocks, at);
    blocks[at + 7] = (blocks[at + 7] ?? 0) ^ label;
    blocks.writeUInt16BE(count, at + SALT_BYTES);
  }
  return cipher.update(blocks).subarray(0, length);
}

/** The roll-over counter of a number that is near the highest one so far (section 3.3.1). */
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

/** True for an index that has come, or is too old for that to be known. */
function hasSeen(seen: Float64Array, index: number): boolean {
  return (seen[index % WINDOW] ?? 0) >= index;
}

function isTag(tag: Buffer, given: Buffer): boolean {
  return timingSafeEqual(tag.subarray(0, given.length), given);
}
