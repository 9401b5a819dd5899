/** A bounded FIFO buffer of bytes. It allocates only when it is made. */
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

  /** Appends `bytes`, at most {@link free} of them. */
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

  /** Moves the oldest bytes into `target`, as many as fit or are there. @returns how many. */
  shift(target: Uint8Array): number {
    const count = this.peek(target);
    this.skip(count);
    return count;
  }

  /** Copies the oldest bytes into `target`, as many as fit or are there. @returns how many. */
  peek(target: Uint8Array): number {
    const count = Math.min(target.length, this.#length);
    const head = Math.min(count, this.#bytes.length - this.#start);
    target.set(this.#bytes.subarray(this.#start, this.#start + head));
    if (head < count) target.set(this.#bytes.subarray(0, count - head), head);
    return count;
  }

  /** Removes the `count` oldest bytes. There must be at least so many. */
  skip(count: number): void {
    if (count > this.#length)
      throw new RangeError(`${count} bytes are more than the ${this.#length} available`);
    this.#start = (this.#start + count) % this.#bytes.length;
    this.#length -= count;
  }
}
