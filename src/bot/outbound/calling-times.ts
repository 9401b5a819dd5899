import { checkArgument, listOf, object, rule } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument } from '../../base/errors.js';
import { type Hours, nextWithinHours } from '../../base/time/hours.js';
import { checkTimeZone, localClock } from '../../base/time/local-time.js';
import type { CampaignTarget } from './call-list.js';

/**
 * Days without calls, `2027-12-25`: a list for all targets, or lists by number prefix, where `''` means all targets.
 */
export type Holidays = readonly string[] | Readonly<Record<string, readonly string[]>>;

export interface CallingTimesOptions {
  readonly hours: Hours | undefined;
  readonly timezone: string;
  readonly zones: Readonly<Record<string, string>>;
  readonly zoneField: string;
  readonly holidays: Holidays;
}

const DAYS = listOf(
  rule(
    'a day such as 2027-12-25',
    (value) =>
      typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
  ),
);
/** Accepts days without calls: a list, or lists by number prefix. */
export const HOLIDAYS = rule(
  'a list of days such as 2027-12-25, or an object of such lists by number prefix',
  (value) =>
    DAYS.accepts(value) || (object.accepts(value) && Object.values(value as object).every(DAYS.accepts)),
);
const MINUTE_MS = 60_000;

/** Times at which a target may be called, by the target's local clock and calendar. */
export class CallingTimes {
  readonly #options: CallingTimesOptions;
  readonly #zones: readonly (readonly [string, string])[];
  readonly #holidays: readonly (readonly [string, ReadonlySet<string>])[];

  /** @throws ERR_INVALID_ARG for unknown zones, also in `targets`, and days that the calendar does not have. */
  constructor(options: CallingTimesOptions, targets: readonly CampaignTarget[]) {
    this.#options = options;
    const { zones, holidays, zoneField } = options;
    for (const [prefix, zone] of Object.entries(zones)) namedZone(`zones.${prefix}`, zone);
    this.#zones = longestFirst(Object.entries(zones));
    const table = isList(holidays) ? { '': holidays } : holidays;
    for (const [prefix, days] of Object.entries(table))
      checkArgument(`holidays${prefix && `.${prefix}`}`, days, DAYS);
    this.#holidays = longestFirst(Object.entries(table).map(([prefix, days]) => [prefix, new Set(days)]));
    for (const { target, fields } of targets) {
      const zone = entryOf(fields, zoneField);
      if (zone) namedZone(`${zoneField} of ${target}`, zone);
    }
  }

  /** Returns the time zone of a target: from its field, from its number, or that of the campaign. */
  zoneOf({ target, fields }: CampaignTarget): string {
    const { zoneField, timezone } = this.#options;
    const own = entryOf(fields, zoneField);
    return own || (this.#zones.find(([prefix]) => target.startsWith(prefix))?.[1] ?? timezone);
  }

  /**
   * Returns the first time from `unixMs` on at which the target may be called, in milliseconds since the Unix epoch.
   */
  next(target: CampaignTarget, unixMs: number): number {
    const { hours } = this.#options;
    if (!hours && this.#holidays.length === 0) return unixMs;
    const zone = this.zoneOf(target);
    const local = localClock(zone);
    const free = this.#holidays.filter(([prefix]) => target.target.startsWith(prefix));
    let at = unixMs;
    for (;;) {
      if (hours) at = nextWithinHours(hours, at, zone);
      const { date, minute } = local(at);
      if (!free.some(([, days]) => days.has(date))) return at;
      at = nextDay(local, at, date, minute);
    }
  }
}

/** Returns the next local midnight, also after a day of 23 or 25 hours. */
function nextDay(local: ReturnType<typeof localClock>, from: number, date: string, minute: number): number {
  const isSame = (at: number) => local(at).date === date;
  let at = (Math.floor(from / MINUTE_MS) + 1440 - minute) * MINUTE_MS;
  while (!isSame(at - MINUTE_MS)) at -= 15 * MINUTE_MS;
  while (isSame(at)) at += 15 * MINUTE_MS;
  return at;
}

function namedZone(name: string, zone: string): void {
  try {
    checkTimeZone(zone);
  } catch {
    throw invalidArgument(name, 'a time zone such as Europe/Berlin', zone);
  }
}

function longestFirst<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => b.length - a.length);
}

function isList(holidays: Holidays): holidays is readonly string[] {
  return Array.isArray(holidays);
}
