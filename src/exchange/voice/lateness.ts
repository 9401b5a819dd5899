import { voiceBytes } from './port-dial.js';

/** Longest silence that counts as lateness. A peer that sends nothing for longer has paused. */
const MOST_LATE_BYTES = voiceBytes(200);
/** Lateness that is forgotten with each frame. */
const FORGOTTEN_BYTES = voiceBytes(1);

/**
 * Delay of a peer relative to the call, in bytes. Each byte is silence that was put in for voice that came too late, or
 * may still come.
 */
export class Lateness {
  #bytes = 0;
  /** Silence in the present interruption. */
  #missing = 0;
  #filled = 0;

  /** Bytes by which the peer is behind. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Total bytes of silence for late voice. Pauses are not included. */
  get filled(): number {
    return this.#filled;
  }

  /** Notes that `missing` bytes of silence were put in for voice that was due. */
  fill(missing: number): void {
    this.#missing += missing;
    const paused = this.#missing > MOST_LATE_BYTES;
    this.#bytes = paused ? 0 : Math.min(this.#bytes + missing, MOST_LATE_BYTES);
  }

  /** Notes that a whole frame was there: an interruption, if any, is over. */
  endBreak(): void {
    if (this.#missing <= MOST_LATE_BYTES) this.#filled += this.#missing;
    this.#missing = 0;
  }

  /** Notes that a frame was sent unchanged. */
  forget(): void {
    this.makeUp(FORGOTTEN_BYTES);
  }

  /** Notes that `bytes` were left out to catch up. */
  makeUp(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** Notes that the peer sends far ahead. TCP holds it back, so it is not late. */
  clear(): void {
    this.#bytes = 0;
  }
}
