/** Unwraps a counter of packets. Each value is taken to be the one nearest to the value before it. */
export class Unwrapped {
  readonly #span: number;
  #last: number | undefined;

  /** @param bits Width of the counter: 16 for a sequence number, 32 for a timestamp. */
  constructor(bits: 16 | 32) {
    this.#span = 2 ** bits;
  }

  /** Returns the unwrapped value. The first value stays as it is. A result may be less than the one before it. */
  take(value: number): number {
    const next = this.peek(value);
    this.#last = next;
    return next;
  }

  /** Adds one wrap to the count. A smaller value that comes next then counts as a later one. */
  wrap(): void {
    if (this.#last !== undefined) this.#last += this.#span;
  }

  /** Returns what {@link take} would return, without keeping it. */
  peek(value: number): number {
    if (this.#last === undefined) return value;
    const ahead = (((value - this.#last) % this.#span) + this.#span) % this.#span;
    return this.#last + (ahead < this.#span / 2 ? ahead : ahead - this.#span);
  }
}
