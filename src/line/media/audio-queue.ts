/** Audio that came at once, with its time of arrival. */
interface Chunk {
  readonly samples: Int16Array;
  readonly cameAt: number;
}

/** Queue of audio with its times of arrival. Lengths and positions are in samples. */
export class AudioQueue {
  readonly #chunks: Chunk[] = [];
  /** Samples of the first chunk that were taken. */
  #offset = 0;
  #waiting = 0;
  #received = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** All samples that were ever appended. */
  get received(): number {
    return this.#received;
  }

  /** Position of the next sample, counted from the first that was ever appended. */
  get position(): number {
    return this.#received - this.#waiting;
  }

  append(samples: Int16Array, cameAt: number): void {
    if (samples.length === 0) return;
    this.#chunks.push({ samples, cameAt });
    this.#waiting += samples.length;
    this.#received += samples.length;
  }

  /**
   * Moves samples into `frame`, as many as there are.
   *
   * @param took called with the arrival time of each piece.
   * @returns the number of samples.
   */
  take(frame: Int16Array, took: (cameAt: number) => void): number {
    let filled = 0;
    while (filled < frame.length) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const part = chunk.samples.subarray(this.#offset, this.#offset + frame.length - filled);
      took(chunk.cameAt);
      frame.set(part, filled);
      filled += part.length;
      this.skip(part.length);
    }
    return filled;
  }

  /** Removes the oldest samples. */
  skip(count: number): void {
    this.#waiting -= count;
    this.#offset += count;
    for (
      let chunk = this.#chunks[0];
      chunk && this.#offset >= chunk.samples.length;
      chunk = this.#chunks[0]
    ) {
      this.#offset -= chunk.samples.length;
      this.#chunks.shift();
    }
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#offset = 0;
    this.#waiting = 0;
  }
}
