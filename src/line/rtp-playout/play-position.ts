/** Position in a stream that is played next, in samples: `unset -> playing`, and back on a restart. */
export class PlayPosition {
  #next: number | undefined;
  /** Samples that were made up since the last packet. */
  #starved = 0;

  get isSet(): boolean {
    return this.#next !== undefined;
  }

  get next(): number {
    return this.#next ?? 0;
  }

  /** True while there are no packets to play. */
  get isStarved(): boolean {
    return this.#starved > 0;
  }

  /** End of the received voice, before the samples that were made up since. */
  get heard(): number {
    return this.next - this.#starved;
  }

  /** Goes on at a position. */
  set(next: number): void {
    this.#next = next;
    this.#starved = 0;
  }

  advance(samples: number): void {
    this.#next = this.next + samples;
  }

  /** Notes samples that are made up because there are no packets. */
  starve(samples: number): void {
    this.#starved += samples;
  }

  restart(): void {
    this.#next = undefined;
    this.#starved = 0;
  }
}
