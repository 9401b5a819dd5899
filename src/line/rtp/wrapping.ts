/** Counts on where a counter of a packet wraps: each value is taken for the one nearest to that before it. */
export class Unwrapped {
  readonly #span: number;
  #last: number | undefined;

  /** @param bits Width of the counter: 16 for a sequence number, 32 for a timestamp. */
  constructor(bits: 16 | 32) {
    this.#span = 2 ** bits;
  }

  /** The value without wraps; the first one is itself. It may be before the one before it. */
  take(value: number): number {
    const next = this.peek(value);
    this.#last = next;
    return next;
  }

  /** Counts on as if the counter had wrapped once more: a smaller value that comes next is a later one. */
  wrap(): void {
    if (this.#last !== undefined) this.#last += this.#span;
  }

  /** Gives what {@link take} would, without counting on from it. */
  peek(value: number): number {
    if (this.#last === undefined) return value;
    const ahead = (((value - this.#last) % this.#span) + this.#span) % this.#span;
    return this.#last + (ahead < this.#span / 2 ? ahead : ahead - this.#span);
  }
}
