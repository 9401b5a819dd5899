import type { SynchronousSink } from '../../stream/sink.js';

/** Receives samples; the array is valid only during the call of the function. */
export type EarListener = (samples: Int16Array, position: number) => void;

/** Receives the caller's voice in one sink on the remote leg, and passes it to its present listeners. */
export class CallEar implements SynchronousSink {
  readonly synchronous = true;
  /** Resolves when the last sample was heard. */
  readonly ended: Promise<void>;
  readonly #listeners = new Set<EarListener>();
  #end: () => void = () => {};
  #position = 0;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Samples heard so far. */
  get position(): number {
    return this.#position;
  }

  /** Calls `listener` from the next sample on; returns a function that stops it. */
  listen(listener: EarListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  write(samples: Int16Array, position: number): void {
    this.#position = position + samples.length;
    for (const listener of [...this.#listeners]) listener(samples, position);
  }

  end(): void {
    this.#end();
  }
}
