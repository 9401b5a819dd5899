import { msToSamples } from '../../base/pcm.js';

/** Most samples that may wait to be read. When the source is read too slowly, the oldest are dropped. */
const MAX_BUFFERED_SAMPLES = msToSamples(200);

/** Passes live audio from one call to another: written as it comes, read with `for await`. */
export class LiveSource implements AsyncIterableIterator<Int16Array> {
  readonly #waiting: Int16Array[] = [];
  #buffered = 0;
  #dropped = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** Samples that were dropped because they were not read in time. */
  get dropped(): number {
    return this.#dropped;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Takes samples, which then belong to the source. */
  write(samples: Int16Array): void {
    if (this.#ended) return;
    this.#waiting.push(samples);
    this.#buffered += samples.length;
    while (this.#buffered > MAX_BUFFERED_SAMPLES) {
      const lost = this.#waiting.shift()?.length ?? 0;
      this.#buffered -= lost;
      this.#dropped += lost;
    }
    this.#wake?.();
  }

  /** Ends the source, after the samples that still wait. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Int16Array, undefined>> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#waiting.shift();
    if (!value) return { done: true, value: undefined };
    this.#buffered -= value.length;
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<Int16Array, undefined>> {
    this.#waiting.length = 0;
    this.end();
    return { done: true, value: undefined };
  }
}
