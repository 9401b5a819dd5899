import type { Clock } from '../../base/time/clock.js';
import type { Tariff } from '../../switch/attempt.js';
import { DailyCost } from './daily-cost.js';
import type { SipLineSettings } from './sip-line-options.js';

/** Counts of calls and registrations that a line has refused, by reason. */
export interface SipRefusals {
  /** Callers that the line does not know. */
  stranger: number;
  /** Registrations with a wrong name or password. */
  credentials: number;
  /** Too many calls at once, or in a minute. */
  limit: number;
  /** Calls to a number that nobody has. */
  unknown: number;
  /** Numbers that may not be called, or cost too much. */
  barred: number;
}

/** Limits the number of a line's calls and what they can cost. */
export class LineLimits {
  readonly refusals: SipRefusals = { stranger: 0, credentials: 0, limit: 0, unknown: 0, barred: 0 };
  readonly #limits: SipLineSettings['limits'];
  readonly #clock: Clock;
  readonly #calls = new Set<object>();
  readonly #daily: DailyCost | undefined;
  readonly #recent = { in: [] as number[], out: [] as number[] };

  constructor(limits: SipLineSettings['limits'], clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    const { costPerDay } = limits;
    if (costPerDay !== undefined) this.#daily = new DailyCost(clock, costPerDay);
  }

  /** Number of calls now, including those that are being set up. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Admits a call. Returns false, and counts the refusal, when a limit is reached. */
  admit(call: object, way: 'in' | 'out'): boolean {
    const now = this.#clock.now();
    const recent = this.#recent[way];
    while (recent[0] !== undefined && recent[0] <= now - 60_000) recent.shift();
    const isFull = this.#calls.size >= this.#limits.calls || recent.length >= this.#limits.callsPerMinute;
    if (isFull) {
      this.refusals.limit++;
      return false;
    }
    recent.push(now);
    this.#calls.add(call);
    return true;
  }

  /** Replaces the object that stands for an admitted call. */
  become(call: object, next: object): void {
    if (this.#calls.delete(call)) this.#calls.add(next);
  }

  /**
   * Begins to charge a call at its tariff. A call without a tariff costs nothing.
   *
   * @param cut Called when the day's cost exceeds the limit.
   */
  charge(call: object, tariff: Tariff | undefined, cut: () => void): void {
    this.#daily?.begin(call, tariff, cut);
  }

  /** Removes a call that is over. */
  release(call: object): void {
    this.#daily?.end(call);
    this.#calls.delete(call);
  }

  /** True when a number may be called. Otherwise the refusal is counted. */
  allows(number: string, tariff: Tariff | undefined): boolean {
    const { numbers, barred, costPerMinute } = this.#limits;
    const begins = (prefix: string) => number.startsWith(prefix);
    const cost = tariff ? tariff.rate / 10 ** tariff.precision : Number.POSITIVE_INFINITY;
    const isSpent = this.#daily !== undefined && !(tariff && this.#daily.allows(tariff));
    const isDear = isSpent || (costPerMinute !== undefined && cost > costPerMinute);
    const isAllowed = numbers.some(begins) && !barred.some(begins) && !isDear;
    if (!isAllowed) this.refusals.barred++;
    return isAllowed;
  }
}
