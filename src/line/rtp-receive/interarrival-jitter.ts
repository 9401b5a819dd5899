/** Interarrival jitter of a source (RFC 3550, appendix A.8). */
export class InterarrivalJitter {
  readonly #clockRate: number;
  #value = 0;
  #transit: number | undefined;

  /** @param clockRate Clock rate of the timestamps, in Hz. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** In timestamp units. */
  get value(): number {
    return this.#value;
  }

  get ms(): number {
    return (this.#value * 1000) / this.#clockRate;
  }

  /** Notes a packet. @param timestamp Unwrapped. */
  note(timestamp: number, atMs: number): void {
    const transit = (atMs * this.#clockRate) / 1000 - timestamp;
    if (this.#transit !== undefined) {
      const change = Math.abs(transit - this.#transit);
      // A pause of the sender's clock is no jitter.
      if (change < this.#clockRate) this.#value += (change - this.#value) / 16;
    }
    this.#transit = transit;
  }
}
