/** Unwraps a counter of packets. Each value is taken to be the one nearest to the value before it. */
export class Unwrapped {
  readonly #bits: 16 | 32;
  #last: number | undefined;

  /** @param bits Width of the counter: 16 for a sequence number, 32 for a timestamp. */
  constructor(bits: 16 | 32) {
    this.#bits = bits;
  }

  /** Returns the unwrapped value. The first value stays as it is. A result may be less than the one before it. */
  take(value: number): number {
    const next = this.peek(value);
    this.#last = next;
    return next;
  }

  /** Adds one wrap to the count. A smaller value that comes next then counts as a later one. */
  wrap(): void {
    if (this.#last !== undefined) this.#last += 2 ** this.#bits;
  }

  /** Returns what {@link take} would return, without keeping it. */
  peek(value: number): number {
    if (this.#last === undefined) return value;
    const ahead = value - this.#last;
    // The remainder, from minus a half to a half of the span.
    return this.#last + (this.#bits === 32 ? ahead | 0 : (ahead << 16) >> 16);
  }
}
