/** A stretch of digital silence: samples of one value, at or near zero. */
export interface DigitalGap {
  /** Position of its first sample. */
  readonly begin: number;
  /** Position behind its last sample so far. */
  readonly end: number;
  /** True while it goes on. */
  readonly isOpen: boolean;
}

/** Largest value of digital silence: A-law decodes zero as 8. */
const MAX_LEVEL = 8;

/** Finds digital silence in a stream, to the sample. */
export class DigitalGaps {
  readonly #minLength: number;
  #position = 0;
  #value = 0;
  #length = 0;
  #last: DigitalGap = { begin: 0, end: 0, isOpen: false };

  /** @param minLength Samples that make a gap. Fewer occur in a wave that passes through zero. */
  constructor(minLength: number) {
    this.#minLength = minLength;
  }

  /** The current gap, or the last one that ended. */
  get last(): DigitalGap {
    if (this.#length < this.#minLength) return this.#last;
    return { begin: this.#position - this.#length, end: this.#position, isOpen: true };
  }

  /** Takes the next samples. A gap that begins and ends within them is not found. */
  take(samples: Int16Array): void {
    let at = 0;
    if (this.#length > 0) {
      while (at < samples.length && samples[at] === this.#value) at++;
      this.#length += at;
    }
    if (at < samples.length) {
      this.#close(this.#position + at);
      this.#open(samples, at);
    }
    this.#position += samples.length;
  }

  /** Begins anew at a position. */
  startAt(position: number): void {
    this.#position = position;
    this.#length = 0;
  }

  #close(end: number): void {
    if (this.#length >= this.#minLength) this.#last = { begin: end - this.#length, end, isOpen: false };
    this.#length = 0;
  }

  #open(samples: Int16Array, from: number): void {
    const value = samples[samples.length - 1] ?? 0;
    if (Math.abs(value) > MAX_LEVEL) return;
    let at = samples.length;
    while (at > from && samples[at - 1] === value) at--;
    this.#value = value;
    this.#length = samples.length - at;
  }
}
