import type { SynchronousSink } from '../../stream/sink.js';

/** Hears a run of samples; the array is valid during the call only. */
export type EarListener = (samples: Int16Array, position: number) => void;

/** The voice of the caller: one sink on the remote leg, and its present listeners. */
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

  /** Calls `listener` from the next sample on; returns what stops that. */
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
