import { abortedError } from '../../base/errors.js';
import type { PcmSink } from '../../base/pcm.js';
import { whenFired } from '../../base/wait.js';
import type { PcmChunk } from '../sink.js';

/**
 * A sink that is read with `for await`. Each write resolves when its samples were taken. It keeps its samples for a
 * reader that comes later.
 */
export class ChunkIterator implements PcmSink, AsyncIterableIterator<PcmChunk> {
  /** True: it keeps its samples for its reader beyond the end of the stream. */
  readonly keepsRest = true;
  readonly #onReturn: () => void;
  #deaf: () => void = () => undefined;
  readonly #pending: { readonly chunk: PcmChunk; readonly taken: () => void }[] = [];
  #reader: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  /** @param onReturn Called when the reader has left. */
  constructor(onReturn: () => void, signal: AbortSignal | undefined) {
    this.#onReturn = onReturn;
    if (signal) this.#deaf = whenFired(signal, () => this.#abort(signal));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  write(samples: Int16Array, position: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((taken) => {
      this.#pending.push({ chunk: { samples: samples.slice(), position }, taken });
      this.#wake();
    });
  }

  end(error?: Error): void {
    this.#error ??= error;
    this.#finish();
  }

  async next(): Promise<IteratorResult<PcmChunk, undefined>> {
    while (this.#pending.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    const pending = this.#pending.shift();
    if (pending) {
      pending.taken();
      return { done: false, value: pending.chunk };
    }
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<PcmChunk, undefined>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  #abort(signal: AbortSignal): void {
    this.#error = abortedError('the next samples', signal);
    this.#leave();
  }

  #leave(): void {
    this.#finish();
    for (const { taken } of this.#pending.splice(0)) taken();
    this.#onReturn();
  }

  #finish(): void {
    this.#ended = true;
    this.#deaf();
    this.#wake();
  }

  #wake(): void {
    this.#reader?.();
    this.#reader = undefined;
  }
}
