import { unixMs as aMoment, checkArgument, listOf, object, oneOf } from '../check.js';
import { invalidArgument } from '../errors.js';
import { checkTimeZone, localClock, WEEKDAYS, type Weekday } from './local-time.js';

/**
 * Hours of the day in local time: one rule for flows, the answering machine, campaigns and recorders.
 *
 * - `from` is included, `to` is not: `09:00` to `17:00` ends with 16:59:59.
 * - With `to` before `from`, the hours pass midnight: `22:00` to `06:00`. With `to` equal to `from`, they last 24
 *   hours.
 * - The weekdays are those on which `from` lies: `fri`, `22:00` to `06:00`, includes the early hours of Saturday.
 * - `24:00` is the end of the day: `00:00` to `24:00` is all day.
 * - When clocks are put forward, the hour that is skipped is skipped here, too. When they are put back, the hour that
 *   comes twice counts twice.
 */
export interface Hours {
  /** `00:00` to `23:59`. */
  readonly from: string;
  /** `00:00` to `24:00`. */
  readonly to: string;
  /** Default: every day. */
  readonly weekdays?: readonly Weekday[] | undefined;
}

/** A time that hours begin at. */
export const FROM_TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
/** A time that hours end at. */
export const TO_TIME = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;

const DAY_MINUTES = 1440;
const MINUTE_MS = 60_000;
/** The most that clocks are put forward by, in minutes. */
const LONGEST_SHIFT_MINUTES = 180;

/** @throws ERR_INVALID_ARG, naming what is wrong. */
export function checkHours(hours: Hours, name = 'hours'): void {
  checkArgument(name, hours, object);
  const { from, to, weekdays } = hours;
  if (typeof from !== 'string' || !FROM_TIME.test(from)) {
    throw invalidArgument(`${name}.from`, 'a time such as 09:30', from);
  }
  if (typeof to !== 'string' || !TO_TIME.test(to)) {
    throw invalidArgument(`${name}.to`, 'a time such as 17:30, at most 24:00', to);
  }
  if (weekdays === undefined) return;
  checkArgument(`${name}.weekdays`, weekdays, listOf(oneOf(...WEEKDAYS), 1));
}

/**
 * True when a moment is within hours.
 *
 * @param unixMs Milliseconds since the Unix epoch.
 * @param timezone The zone whose local time counts.
 * @throws ERR_INVALID_ARG for invalid hours or an unknown zone.
 */
export function isWithinHours(hours: Hours, unixMs: number, timezone: string): boolean {
  checkHours(hours);
  checkArgument('unixMs', unixMs, aMoment);
  return minutesUntil(hours, localClock(timezone)(unixMs)) === 0;
}

/**
 * The first moment that is within hours, in milliseconds since the Unix epoch: `unixMs` itself when it is within them,
 * otherwise the beginning of a minute.
 *
 * @throws ERR_INVALID_ARG for invalid hours or an unknown zone.
 */
export function nextWithinHours(hours: Hours, unixMs: number, timezone: string): number {
  checkHours(hours);
  checkArgument('unixMs', unixMs, aMoment);
  const local = localClock(timezone);
  let at = unixMs;
  for (;;) {
    const minutes = minutesUntil(hours, local(at));
    if (minutes === 0) return at;
    // The clock may be put forward on the way: the last hours are gone through minute by minute.
    const step = Math.max(1, minutes - LONGEST_SHIFT_MINUTES);
    at = (Math.floor(at / MINUTE_MS) + step) * MINUTE_MS;
  }
}

/** Checks hours and their zone. @throws ERR_INVALID_ARG for invalid hours or an unknown zone. */
export function checkHoursIn(hours: Hours | undefined, timezone: string): void {
  if (hours) checkHours(hours);
  checkTimeZone(timezone);
}

/** Minutes of local time until hours begin; 0 within them. */
function minutesUntil(
  { from, to, weekdays = WEEKDAYS }: Hours,
  { weekday, minute }: { readonly weekday: Weekday; readonly minute: number },
): number {
  const begin = minuteOf(from);
  const length = minuteOf(to) - begin + (minuteOf(to) > begin ? 0 : DAY_MINUTES);
  const today = WEEKDAYS.indexOf(weekday);
  const startsIn = (days: number) => {
    const day = WEEKDAYS[(today + days + 7) % 7];
    return day !== undefined && weekdays.includes(day) ? begin + days * DAY_MINUTES - minute : undefined;
  };
  // Yesterday's hours may last into today (-1). In seven days the same weekday comes again (7).
  for (let days = -1; days <= 7; days++) {
    const start = startsIn(days);
    if (start !== undefined && start + length > 0) return Math.max(0, start);
  }
  return DAY_MINUTES;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}
