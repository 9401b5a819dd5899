/** Place in a stream that is played next, in samples: `unset -> playing`, and back when playing begins anew. */
export class PlayPosition {
  #next: number | undefined;
  /** Samples that were made up since nothing has come. */
  #starved = 0;

  get isSet(): boolean {
    return this.#next !== undefined;
  }

  get next(): number {
    return this.#next ?? 0;
  }

  /** True while nothing has come to be played. */
  get isStarved(): boolean {
    return this.#starved > 0;
  }

  /** End of what came, before all that was made up since. */
  get heard(): number {
    return this.next - this.#starved;
  }

  /** Goes on at a place. */
  set(next: number): void {
    this.#next = next;
    this.#starved = 0;
  }

  advance(samples: number): void {
    this.#next = this.next + samples;
  }

  /** Notes that samples are made up because nothing has come. */
  starve(samples: number): void {
    this.#starved += samples;
  }

  restart(): void {
    this.#next = undefined;
    this.#starved = 0;
  }
}
