/** A piece of a stream. */
interface Piece {
  readonly position: number;
  readonly samples: Int16Array;
}

/** Audio that was sent to a service and for which it has not given a final result. */
export class UnheardAudio {
  readonly #max: number;
  #pieces: Piece[] = [];
  #length = 0;

  /** @param max Largest number of samples that are kept; the oldest are dropped. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Keeps samples, and drops pieces that end before `heardTo`. */
  add(position: number, samples: Int16Array, heardTo: number): void {
    this.#pieces.push({ position, samples });
    this.#length += samples.length;
    for (let oldest = this.#pieces[0]; oldest; oldest = this.#pieces[0]) {
      const isHeard = oldest.position + oldest.samples.length <= heardTo;
      if (!isHeard && this.#length <= this.#max) return;
      this.#pieces.shift();
      this.#length -= oldest.samples.length;
    }
  }

  /** Gives the samples from `heardTo` on. */
  after(heardTo: number): Piece[] {
    return this.#pieces.flatMap(({ position, samples }) => {
      const known = Math.max(0, heardTo - position);
      return known < samples.length ? [{ position: position + known, samples: samples.subarray(known) }] : [];
    });
  }
}
