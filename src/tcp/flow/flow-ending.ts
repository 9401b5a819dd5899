/** Parts that have to end before a finished stream is over. */
export type Remainder = 'sinks' | 'taps' | 'flush';

/**
 * The end of a stream: `open` -> `finishing` (parts of it remain) -> `over` once no part remains, or `over` at once when
 * it is destroyed.
 */
export class FlowEnding {
  readonly #remaining = new Set<Remainder>();
  #over = false;
  #error: Error | undefined;

  /** True until the stream finishes or is destroyed: samples still come in. */
  get isOpen(): boolean {
    return !this.#over && this.#remaining.size === 0;
  }

  /** True when the stream was destroyed: nothing is read or sent any more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Error that the sinks are ended with, if there is one. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Begins to finish: the stream is over when these parts are {@link through}. */
  finish(error: Error | undefined, parts: readonly Remainder[]): void {
    this.#error = error;
    for (const part of parts) this.#remaining.add(part);
  }

  destroy(error: Error | undefined): void {
    this.#over = true;
    this.#error = error;
  }

  /** Notes the end of a part. Returns true when it was the last one. */
  through(part: Remainder): boolean {
    return this.#remaining.delete(part) && this.#remaining.size === 0;
  }
}
