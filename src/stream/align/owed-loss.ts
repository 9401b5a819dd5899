import { msToSamples } from '../../base/pcm.js';
import { LONGEST_PAUSE_MS } from '../timing/least-delay.js';

/** The rest of a loss is looked for in a flow of so long, in ms, that was read so often. */
const REST_MS = 250;
const REST_READS = 6;
/** A packet that is later than this beyond what is owed, in samples, was held up, and tells nothing: 60 ms. */
const HELD_UP = msToSamples(60);

/** A loss of which too little was seen at first: the rest of it shows in the least delay of what follows. */
export class OwedLoss {
  readonly #most: number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #reads = 0;
  #least = Number.POSITIVE_INFINITY;

  /** @param most How much the rest comes to at most, in samples. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a packet that came `late` samples late. Returns the rest once enough has come, 0 where there is none. */
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
