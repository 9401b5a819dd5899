/**
 * Keeps what the steps of an opening have opened, and closes it, newest first, when a later step throws. What is opened
 * stays open once the opening is {@link done}.
 *
 * ```ts
 * await using opening = new Opening();
 * const file = opening.add(await open(path), (it) => it.close());
 * return opening.done(new Reader(file, await readHeader(file)));
 * ```
 */
export class Opening implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];

  /** Takes what has just been opened, and what closes it. Returns it. */
  add<T>(opened: T, close: (opened: T) => unknown): T {
    this.#closers.push(() => close(opened));
    return opened;
  }

  /** Lets go of all that was opened: it now belongs to `result`, which is returned. */
  done<T>(result: T): T {
    this.#closers.length = 0;
    return result;
  }

  /** What cannot be closed does not hide what the step has thrown, nor keep the rest open. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch {
        // The step's own error is on its way to the caller.
      }
    }
  }
}
