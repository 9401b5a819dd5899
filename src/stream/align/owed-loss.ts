import { msToSamples } from '../../base/pcm.js';
import { LONGEST_PAUSE_MS } from '../timing/windowed-minimum.js';

/** Least duration, in ms, and least number of reads of the flow in which the rest of a loss is looked for. */
const REST_MS = 250;
const REST_READS = 6;
/** Lateness beyond the owed loss from which on a packet was held up and tells nothing, in samples: 60 ms. */
const HELD_UP = msToSamples(60);

/** The rest of a loss that was larger than it showed at first. It shows in the least delay of what follows. */
export class OwedLoss {
  readonly #most: number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #reads = 0;
  #least = Number.POSITIVE_INFINITY;

  /** @param most Largest possible rest, in samples. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes a packet that came `late` samples late. Returns the rest when enough has come, 0 when there is none;
   * undefined before.
   */
  push(atMs: number, late: number): number | undefined {
    if (late > HELD_UP + this.#most) return undefined;
    if (atMs - this.#lastMs > LONGEST_PAUSE_MS) {
      this.#sinceMs = atMs;
      this.#reads = 0;
    }
    if (atMs > this.#lastMs) this.#reads++;
    this.#lastMs = atMs;
    this.#least = Math.min(this.#least, late);
    if (this.#reads < REST_READS || atMs - this.#sinceMs < REST_MS) return undefined;
    return Math.max(0, Math.min(this.#least, this.#most));
  }
}
