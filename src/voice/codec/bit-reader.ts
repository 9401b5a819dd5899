import { JackfieldError } from '../../base/errors.js';

/** Reads numbers of any width out of bytes, most significant bit first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** Position of the next bit, in bits. */
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Number of bytes that were read. A byte that was read in part counts. */
  get byteLength(): number {
    return Math.ceil(this.#at / 8);
  }

  /** Reads an unsigned number of 0 to 33 bits. @throws ERR_ENCODER behind the end. */
  unsigned(bits: number): number {
    let value = 0;
    let left = bits;
    while (left > 0) {
      const byte = this.#bytes[this.#at >>> 3];
      if (byte === undefined) throw pastEnd();
      const here = Math.min(left, 8 - (this.#at & 7));
      const part = (byte >>> (8 - (this.#at & 7) - here)) & ((1 << here) - 1);
      value = value * 2 ** here + part;
      this.#at += here;
      left -= here;
    }
    return value;
  }

  /** Reads a number in two's complement, of 1 to 33 bits. @throws ERR_ENCODER behind the end. */
  signed(bits: number): number {
    const value = this.unsigned(bits);
    return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }

  /** Counts the zeros before the next one, and skips that one too. @throws ERR_ENCODER behind the end. */
  zeros(): number {
    let count = 0;
    for (;;) {
      const byte = this.#bytes[this.#at >>> 3];
      if (byte === undefined) throw pastEnd();
      const used = this.#at & 7;
      const rest = (byte << (24 + used)) >>> 0;
      if (rest !== 0) {
        const here = Math.clz32(rest);
        this.#at += here + 1;
        return count + here;
      }
      count += 8 - used;
      this.#at += 8 - used;
    }
  }

  /** Skips the unread bits of the current byte. */
  align(): void {
    this.#at = this.byteLength * 8;
  }
}

function pastEnd(): JackfieldError {
  return new JackfieldError('ERR_ENCODER', 'A frame is shorter than its content: it is cut off or damaged.');
}
