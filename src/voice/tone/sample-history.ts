/** The newest samples of one channel of a stream. */
export class SampleHistory {
  readonly #channels: number;
  readonly #channel: number;
  readonly #kept: number;
  readonly #samples: Int16Array;
  /** Position of the first sample in {@link #samples}. */
  #from = 0;
  #count = 0;
  /** Samples of the current moment that came already, of all channels. */
  #begun = 0;

  /** @param kept Number of samples that are kept before those that are taken at once. */
  constructor(channels: number, channel: number, kept: number) {
    this.#channels = channels;
    this.#channel = channel;
    this.#kept = kept;
    this.#samples = new Int16Array(2 * kept);
  }

  /** Number of samples taken. */
  get count(): number {
    return this.#count;
  }

  /** Picks the samples of the channel out of the next interleaved samples. */
  pick(interleaved: Int16Array): Int16Array {
    if (this.#channels === 1) return interleaved;
    const first = (this.#channel - this.#begun + this.#channels) % this.#channels;
    this.#begun = (this.#begun + interleaved.length) % this.#channels;
    const count = Math.max(0, Math.ceil((interleaved.length - first) / this.#channels));
    return Int16Array.from({ length: count }, (_, i) => interleaved[first + i * this.#channels] as number);
  }

  /**
   * Takes samples from index `at` on, as many as there is memory for.
   *
   * @returns The index of the first sample that was not taken.
   */
  take(samples: Int16Array, at: number): number {
    if (this.#count - this.#from === this.#samples.length) this.#forget();
    const place = this.#count - this.#from;
    const taken = Math.min(samples.length - at, this.#samples.length - place);
    this.#samples.set(samples.subarray(at, at + taken), place);
    this.#count += taken;
    return at + taken;
  }

  /** Leaves out samples. Those before them are not kept. */
  skip(count: number): void {
    this.#count += count;
    this.#from = this.#count;
  }

  /** Samples from a position on. They must be kept; they are valid until more samples are taken. */
  part(from: number, length: number): Int16Array {
    const at = from - this.#from;
    return this.#samples.subarray(at, at + length);
  }

  #forget(): void {
    this.#samples.copyWithin(0, this.#samples.length - this.#kept);
    this.#from = this.#count - this.#kept;
  }
}
