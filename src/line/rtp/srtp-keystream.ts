import { type Cipher, createCipheriv } from 'node:crypto';

const BLOCK = 16;
/** Offset of the block count within a counter block, in bytes. */
const COUNT_AT = 14;
/** Most packets, and most bytes, whose keystream is made at once. */
const MOST_PACKETS = 16;
const MOST_BYTES = 4096;

/**
 * Keystream of AES in counter mode (RFC 3711, section 4.1.1), from one cipher object. The overhead of a cipher call
 * exceeds its computation. One call therefore makes the keystream of several packets in a row, which is more than four
 * times as fast. The keystream is kept in memory like the key, and each part of it is used for one packet only.
 */
export class SrtpKeystream {
  readonly #cipher: Cipher;
  readonly #salt: Uint8Array;
  readonly #ahead: number;
  #counters = Buffer.alloc(0);
  #stream: Uint8Array = new Uint8Array();
  /** Packets that the keystream covers: their source, the first index, their number, and the blocks of each. */
  #ssrc = -1;
  #first = 0;
  #packets = 0;
  #blocks = 0;

  /** @param ahead Packets whose keystream is made at once, at most 16; 1 when the next packets are not known. */
  constructor(key: Uint8Array, salt: Uint8Array, ahead = MOST_PACKETS) {
    this.#cipher = ecb(key);
    this.#salt = salt;
    this.#ahead = ahead;
  }

  /** Encrypts or decrypts the bytes from `start` to `end`, in place. */
  cover(bytes: Uint8Array, start: number, end: number, ssrc: number, index: number): void {
    if (end <= start) return;
    let from = this.#placeOf(Math.ceil((end - start) / BLOCK), ssrc, index);
    const stream = this.#stream;
    for (let at = start; at < end; at++) bytes[at] = (bytes[at] ?? 0) ^ (stream[from++] ?? 0);
  }

  /** Offset of the keystream of a packet. Makes the keystream when it is not there yet. */
  #placeOf(blocks: number, ssrc: number, index: number): number {
    const ahead = index - this.#first;
    const isThere = ssrc === this.#ssrc && ahead >= 0 && ahead < this.#packets && blocks <= this.#blocks;
    if (isThere) return ahead * this.#blocks * BLOCK;
    const most = Math.max(1, Math.min(this.#ahead, Math.floor(MOST_BYTES / (blocks * BLOCK))));
    this.#make(blocks, ssrc, index, most);
    return 0;
  }

  #make(blocks: number, ssrc: number, first: number, packets: number): void {
    const length = packets * blocks * BLOCK;
    if (this.#counters.length < length) this.#counters = Buffer.alloc(length);
    const counters = this.#counters;
    for (let packet = 0, at = 0; packet < packets; packet++) {
      const begin = at;
      counters.set(this.#salt, at);
      const index = first + packet;
      counters.writeUInt32BE((counters.readUInt32BE(at + 4) ^ ssrc) >>> 0, at + 4);
      counters.writeUInt16BE(counters.readUInt16BE(at + 8) ^ Math.floor(index / 2 ** 32), at + 8);
      counters.writeUInt32BE((counters.readUInt32BE(at + 10) ^ index) >>> 0, at + 10);
      for (let block = 0; block < blocks; block++, at += BLOCK) {
        if (block > 0) counters.copyWithin(at, begin, begin + COUNT_AT);
        counters.writeUInt16BE(block, at + COUNT_AT);
      }
    }
    this.#stream = this.#cipher.update(counters.subarray(0, length));
    this.#ssrc = ssrc;
    this.#first = first;
    this.#packets = packets;
    this.#blocks = blocks;
  }
}

/** Derives a session key (section 4.3.3): the keystream of the master key for the master salt and a label. */
export function deriveKey(master: Uint8Array, salt: Uint8Array, label: number, length: number): Buffer {
  const blocks = Buffer.alloc(BLOCK * Math.ceil(length / BLOCK));
  for (let at = 0, count = 0; at < blocks.length; at += BLOCK, count++) {
    blocks.set(salt, at);
    blocks[at + 7] = (blocks[at + 7] ?? 0) ^ label;
    blocks.writeUInt16BE(count, at + COUNT_AT);
  }
  return ecb(master).update(blocks).subarray(0, length);
}

function ecb(key: Uint8Array): Cipher {
  return createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
}
