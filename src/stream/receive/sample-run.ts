import { BYTES_PER_SAMPLE } from '../../base/pcm.js';

/**
 * A run of whole samples in the buffer that they were read to, valid during the call that passes it on. A consumer that
 * writes bytes needs no array of samples.
 */
export class SampleRun {
  readonly buffer: Uint8Array;
  /** Offset of the first byte in `buffer`. Its address in the underlying memory is even. */
  readonly start: number;
  readonly byteLength: number;
  #samples: Int16Array | undefined;

  constructor(buffer: Uint8Array, start: number, byteLength: number) {
    this.buffer = buffer;
    this.start = start;
    this.byteLength = byteLength;
  }

  static of(samples: Int16Array): SampleRun {
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const run = new SampleRun(bytes, 0, samples.byteLength);
    run.#samples = samples;
    return run;
  }

  /** The samples, interleaved; made when they are first asked for. */
  get samples(): Int16Array {
    const { buffer, start, byteLength } = this;
    this.#samples ??= new Int16Array(buffer.buffer, buffer.byteOffset + start, byteLength / BYTES_PER_SAMPLE);
    return this.#samples;
  }
}
