import type { Clock } from '../../base/time/clock.js';
import type { Tariff } from '../../switch/attempt.js';
import { DailyCost } from './daily-cost.js';
import type { SipLineSettings } from './sip-line-options.js';

/** Counts of calls and registrations that a line has refused, by what for. */
export interface SipRefusals {
  /** Callers that are nobody's. */
  stranger: number;
  /** Registrations with a wrong name or password. */
  credentials: number;
  /** Too many calls at once, or in a minute. */
  limit: number;
  /** Nobody has the number that was called. */
  unknown: number;
  /** Numbers that may not be called, or cost too much. */
  barred: number;
}

/** Bounds on what the calls of a line can cost. */
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

  /** Calls that go on. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Counts a call in, if there is room for it. */
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

  /** A call that was counted in goes on under another object. */
  become(call: object, next: object): void {
    if (this.#calls.delete(call)) this.#calls.add(next);
  }

  /** A call costs its tariff from now on, or nothing. @param cut Called when it costs more than the line may. */
  charge(call: object, tariff: Tariff | undefined, cut: () => void): void {
    this.#daily?.begin(call, tariff, cut);
  }

  /** The call is over. */
  release(call: object): void {
    this.#daily?.end(call);
    this.#calls.delete(call);
  }

  /** True when a number may be called. */
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
