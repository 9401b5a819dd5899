import { AsyncLocalStorage } from 'node:async_hooks';
import type { Worker } from 'node:worker_threads';

/** The fence in which a worker thread is being made, by the asynchronous context of its maker. */
const making = new AsyncLocalStorage<WorkerFence>();
let watched = false;

/**
 * Takes the failures of worker threads that a library makes and does not listen to. A thread that cannot be made, as
 * where this process may open no more files, or that dies, tells it by an `error` event of its own: unheard it would end
 * the process, and what waits for the thread would wait for ever.
 */
export class WorkerFence {
  readonly #waiting = new Set<(error: Error) => void>();
  #failure: Error | undefined;

  /** Does work that may make worker threads. Rejects as the work does, or when a thread that was made in this fence fails. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (!watched) process.on('worker', watch);
    watched = true;
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.add(reject);
      making
        .run(this, work)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  /** @internal */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const reject of this.#waiting) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** Told of each thread of this process when it was made, in the context of its maker and before it can fail. */
function watch(worker: Worker): void {
  const fence = making.getStore();
  if (fence) worker.on('error', (error) => fence.fail(error));
}
