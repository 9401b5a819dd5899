import { AsyncLocalStorage } from 'node:async_hooks';
import type { Worker } from 'node:worker_threads';

/** The fence that is in force, by the asynchronous context of the code that makes a worker thread. */
const making = new AsyncLocalStorage<WorkerFence>();
let watched = false;

/**
 * Handles failures of worker threads that a library makes and does not listen to. A thread may die, or may not start
 * because this process can open no more files. It reports that by an `error` event of its own. Without a listener the
 * event would end the process, and work that waits for the thread would never end.
 */
export class WorkerFence {
  readonly #waiting = new Set<(error: Error) => void>();
  #failure: Error | undefined;

  /**
   * Does work that may make worker threads. Rejects like the work, or when a thread that was made in this fence fails.
   */
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

/** Takes each new thread of this process, in the context of the code that made it and before it can fail. */
function watch(worker: Worker): void {
  const fence = making.getStore();
  if (fence) worker.on('error', (error) => fence.fail(error));
}
