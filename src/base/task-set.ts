/** Work that goes on side by side and is waited for at the end; what fails is told, and ends nothing else. */
export class TaskSet {
  readonly #failed: (error: unknown) => void;
  readonly #tasks = new Set<Promise<void>>();

  /** @param failed Told of each task that rejects. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(work: Promise<void>): void {
    const task = work.catch(this.#failed).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  /** Resolves when nothing is under way any more, what was added meanwhile included. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }
}
