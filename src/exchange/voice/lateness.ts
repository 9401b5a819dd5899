import { voiceBytes } from './port-dial.js';

/** A peer that sends nothing for longer is not late: it has paused. */
const MOST_LATE_BYTES = voiceBytes(200);
/** Lateness that is not made up for is forgotten by this much with each frame. */
const FORGOTTEN_BYTES = voiceBytes(1);

/** Lateness of a peer against the call: silence that stands for voice which came, or may still come, too late. */
export class Lateness {
  #bytes = 0;
  /** Silence of the break that is under way. */
  #missing = 0;
  #filled = 0;

  /** Bytes by which the peer is behind. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of silence in all that turned out to stand for late voice, and not for a pause. */
  get filled(): number {
    return this.#filled;
  }

  /** So many bytes of silence were put in where voice was due. */
  fill(missing: number): void {
    this.#missing += missing;
    const paused = this.#missing > MOST_LATE_BYTES;
    this.#bytes = paused ? 0 : Math.min(this.#bytes + missing, MOST_LATE_BYTES);
  }

  /** A whole frame was there: the break, if one was under way, is over. */
  endBreak(): void {
    if (this.#missing <= MOST_LATE_BYTES) this.#filled += this.#missing;
    this.#missing = 0;
  }

  /** A frame has gone out as it is. */
  forget(): void {
    this.makeUp(FORGOTTEN_BYTES);
  }

  /** So many bytes have gone out faster than they were said. */
  makeUp(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** The peer sends far ahead: TCP holds it back, and it is never late. */
  clear(): void {
    this.#bytes = 0;
  }
}
