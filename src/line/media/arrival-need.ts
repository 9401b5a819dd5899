/** Reads in a window, and windows whose worst value is kept. */
const WINDOW = 25;
const WINDOWS = 12;
/** Least windows that are kept. The last of them may have just begun. */
const LEAST_WINDOWS = 2;
/** Amount by which audio cannot come early, in ms: the clock was set back. */
const SET_BACK_MS = 10_000;

/**
 * Latest arrival of audio in the last seconds, relative to its position in the stream, in ms. Audio that is read after
 * that is never missing. The seconds are the later half of a short stream: at the beginning, both ends may be busy with
 * many calls that begin at once.
 */
export class ArrivalNeed {
  readonly #worst: number[] = [];
  #reads = 0;

  /** Takes the arrival time of the newest audio of a frame, less the length of all audio read up to it. */
  take(need: number): void {
    if (need < this.worst - SET_BACK_MS) this.forget();
    if (this.#reads++ % WINDOW === 0) this.#worst.push(need);
    const half = Math.ceil(this.#reads / WINDOW / 2);
    while (this.#worst.length > Math.min(Math.max(half, LEAST_WINDOWS), WINDOWS)) this.#worst.shift();
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
