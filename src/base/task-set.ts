/**
 * Tasks that run at the same time and are awaited together at the end. A failed task is reported and does not end the
 * others.
 */
export class TaskSet {
  readonly #failed: (error: unknown) => void;
  readonly #tasks = new Set<Promise<void>>();

  /** @param failed Called with the error of each task that rejects. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(work: Promise<void>): void {
    const task = work.catch(this.#failed).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** Resolves when no task is running any more, including tasks that were added meanwhile. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }
}
