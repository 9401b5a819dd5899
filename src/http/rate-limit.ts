import type { Clock } from '../base/time/clock.js';

/**
 * Most keys that are remembered. Beyond that the oldest is forgotten, so that many addresses cannot fill the memory.
 */
const MAX_KEYS = 10_000;

interface Bucket {
  left: number;
  atMs: number;
}

/** Limits the requests per second for each key. The requests of one second may come at once. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Counts a request. @returns true when it may pass. */
  take(key: string): boolean {
    const now = this.#clock.now();
    const { left, atMs } = this.#buckets.get(key) ?? { left: this.#perSecond, atMs: now };
    const filled = Math.min(this.#perSecond, left + ((now - atMs) * this.#perSecond) / 1000);
    this.#buckets.delete(key);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size < MAX_KEYS) break;
      this.#buckets.delete(oldest);
    }
    const passes = filled >= 1;
    this.#buckets.set(key, { left: passes ? filled - 1 : filled, atMs: now });
    return passes;
  }
}
