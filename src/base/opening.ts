/**
 * Closes resources that the first steps of an opening have opened, newest first, when a later step throws. After
 * {@link done}, everything stays open.
 *
 * ```ts
 * await using opening = new Opening();
 * const file = opening.add(await open(path), (it) => it.close());
 * return opening.done(new Reader(file, await readHeader(file)));
 * ```
 */
export class Opening implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];

  /** Registers `opened`, which has just been opened, with the function that closes it. Returns `opened`. */
  add<T>(opened: T, close: (opened: T) => unknown): T {
    this.#closers.push(() => close(opened));
    return opened;
  }

  /** Releases everything that was opened: it now belongs to `result`, which is returned. */
  done<T>(result: T): T {
    this.#closers.length = 0;
    return result;
  }

  /** Closes everything. An error of closing does not hide the error of the step, and does not keep the rest open. */
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
