/** Reads in a window, and windows whose worst value is kept. */
const WINDOW = 50;
const WINDOWS = 6;
/** Amount by which audio cannot come early, in ms: the clock was set back. */
const SET_BACK_MS = 10_000;

/**
 * Latest arrival of audio in the last seconds, relative to its position in the stream, in ms. Audio that is read after
 * that is never missing.
 */
export class ArrivalNeed {
  readonly #worst: number[] = [];
  #reads = 0;

  /** Takes the arrival time of the newest audio of a frame, less the length of all audio read up to it. */
  take(need: number): void {
    if (need < this.worst - SET_BACK_MS) this.forget();
    if (this.#reads++ % WINDOW === 0) this.#worst.push(need);
    if (this.#worst.length > WINDOWS) this.#worst.shift();
    const last = this.#worst.length - 1;
    this.#worst[last] = Math.max(this.#worst[last] ?? need, need);
  }

  /** Forgets all values, because frames have other boundaries from now on. */
  forget(): void {
    this.#worst.length = 0;
    this.#reads = 0;
  }

  /** Latest value in the windows that are kept. */
  get worst(): number {
    return Math.max(...this.#worst);
  }
}
