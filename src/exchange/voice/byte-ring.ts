/** A bounded first-in, first-out store of bytes, without allocation after its making. */
export class ByteRing {
  readonly #bytes: Uint8Array;
  #start = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes that still fit. */
  get free(): number {
    return this.#bytes.length - this.#length;
  }

  /** Appends `bytes`, of which no more may come than are {@link free}. */
  push(bytes: Uint8Array): void {
    if (bytes.length > this.free) throw new RangeError(`${bytes.length} bytes do not fit in ${this.free}`);
    const end = (this.#start + this.#length) % this.#bytes.length;
    const head = Math.min(bytes.length, this.#bytes.length - end);
    if (head === bytes.length) this.#bytes.set(bytes, end);
    else {
      this.#bytes.set(bytes.subarray(0, head), end);
      this.#bytes.set(bytes.subarray(head), 0);
    }
    this.#length += bytes.length;
  }

  /** Moves the oldest bytes into `target`, as many as it holds or there are. Returns how many. */
  shift(target: Uint8Array): number {
    const count = this.peek(target);
    this.skip(count);
    return count;
  }

  /** Copies the oldest bytes into `target`, as many as it holds or there are. Returns how many. */
  peek(target: Uint8Array): number {
    const count = Math.min(target.length, this.#length);
    const head = Math.min(count, this.#bytes.length - this.#start);
    target.set(this.#bytes.subarray(this.#start, this.#start + head));
    if (head < count) target.set(this.#bytes.subarray(0, count - head), head);
    return count;
  }

  /** Forgets the `count` oldest bytes, of which there are no fewer. */
  skip(count: number): void {
    if (count > this.#length)
      throw new RangeError(`${count} bytes are more than the ${this.#length} there are`);
    this.#start = (this.#start + count) % this.#bytes.length;
    this.#length -= count;
  }
}
