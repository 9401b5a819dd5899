import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { Tariff } from '../../switch/attempt.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Charge {
  readonly sinceMs: number;
  readonly perMinute: number;
  readonly cut: () => void;
}

/** Cost of a line's calls in a day (UTC), by the minutes that have begun; calls that would go beyond a limit are cut off. */
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

  /** A call costs so much from now on, or nothing without a tariff. @param cut Called when it has to end. */
  begin(call: object, tariff: Tariff | undefined, cut: () => void): void {
    this.end(call);
    if (!tariff) return;
    this.#charges.set(call, { sinceMs: this.#clock.now(), perMinute: perMinute(tariff), cut });
    // A watch that goes on is left alone: calls that begin may come faster than it looks.
    if (this.#charges.size === 1) this.#watch();
  }

  /** A call is over. Does nothing for one that costs nothing here. */
  end(call: object): void {
    const charge = this.#charges.get(call);
    if (!charge) return;
    this.#total();
    this.#charges.delete(call);
    this.#spent += this.#costOf(charge);
    if (this.#charges.size === 0) this.#cancel();
  }

  /** Cuts all calls off once the minutes that have begun cost more than the limit. */
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
