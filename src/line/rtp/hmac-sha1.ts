const BLOCK_BYTES = 64;
const DIGEST_BYTES = 20;
/** Offset of the length in the last block, in bytes (RFC 3174, section 4). */
const LENGTH_AT = 56;

/** Words of the message schedule. All instances share it, because one block is computed at a time. */
const SCHEDULE = new Int32Array(80);
/** The last blocks of a message, with its padding. */
const TAIL = new Uint8Array(2 * BLOCK_BYTES);

/**
 * HMAC-SHA1 (RFC 2104, RFC 3174) of many short messages with one key. The two blocks that depend only on the key are
 * computed once, and no memory is allocated for a message. The set-up of node:crypto takes longer than this
 * computation. Neither branches nor memory addresses depend on the key or the message.
 */
export class HmacSha1 {
  /** Digest of the message that was taken last. */
  readonly #digest = new Uint8Array(DIGEST_BYTES);
  readonly #inner = firstState();
  readonly #outer = firstState();
  readonly #state = new Int32Array(5);

  /** @param key At most 64 bytes. */
  constructor(key: Uint8Array) {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(key);
    for (let i = 0; i < BLOCK_BYTES; i++) block[i] = (block[i] ?? 0) ^ 0x36;
    compress(this.#inner, block, 0);
    for (let i = 0; i < BLOCK_BYTES; i++) block[i] = (block[i] ?? 0) ^ 0x36 ^ 0x5c;
    compress(this.#outer, block, 0);
  }

  /** Computes the digest of the first `length` bytes, followed by the 32-bit `word` if there is one. */
  take(bytes: Uint8Array, length: number, word?: number): void {
    const state = this.#state;
    state.set(this.#inner);
    const whole = length - (length % BLOCK_BYTES);
    for (let at = 0; at < whole; at += BLOCK_BYTES) compress(state, bytes, at);
    let end = 0;
    for (let at = whole; at < length; at++) TAIL[end++] = bytes[at] ?? 0;
    if (word !== undefined) {
      putWord(TAIL, end, word);
      end += 4;
    }
    finish(state, end, whole + end);
    for (let i = 0; i < 5; i++) putWord(TAIL, 4 * i, state[i] ?? 0);
    state.set(this.#outer);
    finish(state, DIGEST_BYTES, DIGEST_BYTES);
    for (let i = 0; i < 5; i++) putWord(this.#digest, 4 * i, state[i] ?? 0);
  }

  /** Writes the first `length` bytes of the digest. */
  copyTo(bytes: Uint8Array, at: number, length: number): void {
    for (let i = 0; i < length; i++) bytes[at + i] = this.#digest[i] ?? 0;
  }

  /** True when `bytes` has the first `length` bytes of the digest. Takes the same time wherever they differ. */
  matches(bytes: Uint8Array, at: number, length: number): boolean {
    let difference = 0;
    for (let i = 0; i < length; i++) difference |= (bytes[at + i] ?? 0) ^ (this.#digest[i] ?? 0);
    return difference === 0;
  }
}

/**
 * Takes the rest of a message, the first `end` bytes of the tail.
 *
 * @param bytes Length of the message, without the block of the key.
 */
function finish(state: Int32Array, end: number, bytes: number): void {
  const blocks = end < LENGTH_AT ? 1 : 2;
  const lengthAt = (blocks - 1) * BLOCK_BYTES + LENGTH_AT;
  TAIL[end] = 0x80;
  TAIL.fill(0, end + 1, lengthAt);
  const all = bytes + BLOCK_BYTES;
  putWord(TAIL, lengthAt, all >>> 29);
  putWord(TAIL, lengthAt + 4, all << 3);
  for (let at = 0; at < blocks * BLOCK_BYTES; at += BLOCK_BYTES) compress(state, TAIL, at);
}

function firstState(): Int32Array {
  return Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
}

/** Takes a block of 64 bytes (RFC 3174, section 6.1). Uses only arithmetic on 32-bit integers, which is fast in V8. */
function compress(state: Int32Array, bytes: Uint8Array, from: number): void {
  schedule(bytes, from);
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let t = 0;
  let i = 0;
  for (; i < 20; i++) {
    t = (rotated5(a) + ((b & c) | (~b & d)) + e + (SCHEDULE[i] ?? 0) + 0x5a827999) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (; i < 40; i++) {
    t = (rotated5(a) + (b ^ c ^ d) + e + (SCHEDULE[i] ?? 0) + 0x6ed9eba1) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (; i < 60; i++) {
    t = (rotated5(a) + ((b & c) | (d & (b | c))) + e + (SCHEDULE[i] ?? 0) + 0x8f1bbcdc) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  for (; i < 80; i++) {
    t = (rotated5(a) + (b ^ c ^ d) + e + (SCHEDULE[i] ?? 0) + 0xca62c1d6) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
}

function schedule(bytes: Uint8Array, from: number): void {
  for (let i = 0, at = from; i < 16; i++, at += 4) {
    SCHEDULE[i] =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
  }
  for (let i = 16; i < 80; i++) {
    const word =
      (SCHEDULE[i - 3] ?? 0) ^ (SCHEDULE[i - 8] ?? 0) ^ (SCHEDULE[i - 14] ?? 0) ^ (SCHEDULE[i - 16] ?? 0);
    SCHEDULE[i] = (word << 1) | (word >>> 31);
  }
}

function rotated5(word: number): number {
  return (word << 5) | (word >>> 27);
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
