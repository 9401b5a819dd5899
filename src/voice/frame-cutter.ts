import { checkArgument } from '../base/check.js';
import { SAMPLES } from '../base/pcm.js';
/** Cuts a stream into frames of equal length, whatever the sizes of its pieces. */
export class FrameCutter {
  readonly #frame: Int16Array;
  #filled = 0;

  /** @param length Interleaved samples of a frame. */
  constructor(length: number) {
    this.#frame = new Int16Array(length);
  }

  /**
   * Yields each frame that is complete. The array is valid until the next one is asked for.
   * @throws ERR_INVALID_ARG for anything but an Int16Array.
   */
  *push(samples: Int16Array): Generator<Int16Array, void, undefined> {
    checkArgument('samples', samples, SAMPLES);
    for (let at = 0; at < samples.length; ) {
      const part = Math.min(samples.length - at, this.#frame.length - this.#filled);
      this.#frame.set(samples.subarray(at, at + part), this.#filled);
      at += part;
      this.#filled += part;
      if (this.#filled < this.#frame.length) return;
      this.#filled = 0;
      yield this.#frame;
    }
  }

  /** The samples of an unfinished last frame. */
  rest(): Int16Array {
    const rest = this.#frame.slice(0, this.#filled);
    this.#filled = 0;
    return rest;
  }
}
