/** Bytes of audio that all sinks of a server together may have waiting in memory. */
export class BufferBudget {
  readonly max: number;
  readonly #onExhausted: () => void;
  #used = 0;
  #exhausted = false;

  /** @param onExhausted Called when nothing is left, and again only after half was free in between. */
  constructor(max: number, onExhausted: () => void) {
    this.max = max;
    this.#onExhausted = onExhausted;
  }

  get used(): number {
    return this.#used;
  }

  get left(): number {
    return Math.max(0, this.max - this.#used);
  }

  /** Adds `bytes`, which may be negative. What was read already is added even where nothing is left. */
  add(bytes: number): void {
    this.#used += bytes;
    if (this.#used <= this.max / 2) this.#exhausted = false;
    if (this.#used < this.max || this.#exhausted) return;
    this.#exhausted = true;
    this.#onExhausted();
  }
}
