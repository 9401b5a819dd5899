/** Reads after which the worst of them begins to be forgotten, and times that it is kept. */
const WINDOW = 50;
const WINDOWS = 6;
/** Time by which no audio comes early: the clock was set back, in ms. */
const SET_BACK_MS = 10_000;

/**
 * The time at which audio has to be read, against the place that it has in its stream, so that none is missed: as late as
 * the latest has come in the last seconds. Times in ms.
 */
export class ArrivalNeed {
  readonly #worst: number[] = [];
  #reads = 0;

  /** Takes the time at which the newest of a frame's audio came, less the length of all audio that was read with it. */
  take(need: number): void {
    if (need < this.worst - SET_BACK_MS) this.forget();
    if (this.#reads++ % WINDOW === 0) this.#worst.push(need);
    if (this.#worst.length > WINDOWS) this.#worst.shift();
    const last = this.#worst.length - 1;
    this.#worst[last] = Math.max(this.#worst[last] ?? need, need);
  }

  /** Forgets all: frames are cut elsewhere from now on. */
  forget(): void {
    this.#worst.length = 0;
    this.#reads = 0;
  }

  /** The latest of all lately. */
  get worst(): number {
    return Math.max(...this.#worst);
  }
}
