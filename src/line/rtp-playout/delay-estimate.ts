import { LeastDelay } from './least-delay.js';

/** Width of a step of the histogram, in ms, and the number of steps: two seconds. */
const STEP_MS = 4;
const STEPS = 512;
/** Share of the packets that may come too late for the delay. */
const LATE_SHARE = 0.005;
/** Weight of a packet relative to the one after it: 20 s of packets of 20 ms are remembered. */
const FORGETTING = 0.999;
/** Length of a window, in ms. The least delay is that of the last two windows. */
const WINDOW_MS = 5000;
/** Weight above which all weights are scaled down. */
const MAX_WEIGHT = 1e9;

/** Estimates from the arrival of packets how much later than the fastest one the others come. Times are in ms. */
export class DelayEstimate {
  readonly #weights = new Float64Array(STEPS);
  #weight = 1;
  #total = 0;
  #highest = 0;
  readonly #transit = new LeastDelay(WINDOW_MS, 50);

  /** Least transit time of recent packets; undefined before the first. The origin is arbitrary. */
  get leastMs(): number | undefined {
    return this.#transit.least;
  }

  /** Delay beyond {@link leastMs} within which nearly all packets come. */
  get jitterMs(): number {
    let beyond = this.#total * LATE_SHARE;
    for (let step = this.#highest; step > 0; step--) {
      beyond -= this.#weights[step] ?? 0;
      if (beyond < 0) return step * STEP_MS;
    }
    return 0;
  }

  /** Takes the transit time of a packet that came at `atMs`. */
  note(transitMs: number, atMs: number): void {
    this.#transit.note(transitMs, atMs);
    const late = transitMs - (this.#transit.least ?? transitMs);
    const step = Math.min(STEPS - 1, Math.ceil(late / STEP_MS));
    this.#weight /= FORGETTING;
    this.#weights[step] = (this.#weights[step] ?? 0) + this.#weight;
    this.#total += this.#weight;
    this.#highest = Math.max(this.#highest, step);
    if (this.#weight > MAX_WEIGHT) this.#rescale();
  }

  #rescale(): void {
    for (let step = 0; step < STEPS; step++) this.#weights[step] = (this.#weights[step] ?? 0) / this.#weight;
    this.#total /= this.#weight;
    this.#weight = 1;
    while (this.#highest > 0 && (this.#weights[this.#highest] ?? 0) < 1e-6) this.#highest--;
  }
}
