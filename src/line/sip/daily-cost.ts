import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { Tariff } from '../../switch/attempt.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Charge {
  readonly sinceMs: number;
  readonly perMinute: number;
  readonly cut: () => void;
}

/**
 * Counts the cost of a line's calls in a day (UTC). Each minute that has begun counts as a whole one. Calls in progress
 * are cut off when the cost exceeds the limit.
 */
export class DailyCost {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #charges = new Map<object, Charge>();
  #day = 0;
  #spent = 0;
  #cancel: CancelTimer = () => undefined;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** True when a minute at this tariff is within the limit. */
  allows(tariff: Tariff): boolean {
    return this.#total() + perMinute(tariff) <= this.#limit;
  }

  /**
   * Begins to charge a call at a tariff. A call without a tariff costs nothing.
   *
   * @param cut Called when the call has to end.
   */
  begin(call: object, tariff: Tariff | undefined, cut: () => void): void {
    this.end(call);
    if (!tariff) return;
    this.#charges.set(call, { sinceMs: this.#clock.now(), perMinute: perMinute(tariff), cut });
    // A running timer is not restarted: calls that begin more than once a second would put the check off each time.
    if (this.#charges.size === 1) this.#watch();
  }

  /** Stops charging a call. Does nothing for a call that is not charged. */
  end(call: object): void {
    const charge = this.#charges.get(call);
    if (!charge) return;
    this.#total();
    this.#charges.delete(call);
    this.#spent += this.#costOf(charge);
    if (this.#charges.size === 0) this.#cancel();
  }

  /** Checks the cost every second, and cuts all calls off when it exceeds the limit. */
  #watch(): void {
    this.#cancel();
    this.#cancel = this.#clock.timerAt(this.#clock.now() + 1000, () => {
      if (this.#total() > this.#limit) for (const { cut } of [...this.#charges.values()]) cut();
      if (this.#charges.size > 0) this.#watch();
    });
  }

  #total(): number {
    const day = Math.floor(this.#clock.unixMs() / DAY_MS);
    if (day !== this.#day) this.#spent = 0;
    this.#day = day;
    let total = this.#spent;
    for (const charge of this.#charges.values()) total += this.#costOf(charge);
    return total;
  }

  #costOf({ sinceMs, perMinute: cost }: Charge): number {
    return (Math.floor((this.#clock.now() - sinceMs) / MINUTE_MS) + 1) * cost;
  }
}

function perMinute({ rate, precision }: Tariff): number {
  return rate / 10 ** precision;
}
