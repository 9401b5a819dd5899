/** Bytes of audio that may wait in memory for all sinks of a server together. */
export class BufferBudget {
  readonly max: number;
  readonly #onExhausted: () => void;
  #used = 0;
  #exhausted = false;

  /** @param onExhausted Called when nothing is left. Called again only after half had become free. */
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

  /** Adds `bytes`, which may be negative. Samples that were already read are added even when nothing is left. */
  add(bytes: number): void {
    this.#used += bytes;
    if (this.#used <= this.max / 2) this.#exhausted = false;
    if (this.#used < this.max || this.#exhausted) return;
    this.#exhausted = true;
    this.#onExhausted();
  }
}
