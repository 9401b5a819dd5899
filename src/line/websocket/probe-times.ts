import type { Clock } from '../../base/time/clock.js';

/** Least time between two probes, in milliseconds. */
const PROBE_MS = 100;

/** Times of the probes by which a peer confirms that it reads. One is under way at a time. */
export class ProbeTimes {
  readonly #clock: Clock;
  /** Time of the probe that is not answered yet. */
  #begunAt: number | undefined;
  #next = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the probe that is not answered yet; 0 when there is none. */
  get lagMs(): number {
    return this.#begunAt === undefined ? 0 : this.#clock.now() - this.#begunAt;
  }

  /** Notes a probe that is sent now. Returns false while another is under way, or just after it. */
  begin(): boolean {
    const now = this.#clock.now();
    if (this.#begunAt !== undefined || now < this.#next) return false;
    this.#begunAt = now;
    this.#next = now + PROBE_MS;
    return true;
  }

  answered(): void {
    this.#begunAt = undefined;
  }
}
