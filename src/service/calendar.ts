import { localClock } from '../base/time/local-time.js';

/** A day of a calendar: `2026-12-25`, `12-25` for every year, or a range `2026-12-24/2027-01-01`. */
export const DAY =
  /^(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:\/\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))?|(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))$/;

/** True when a time is on one of these days, in a time zone. */
export function isOnDay(days: readonly string[], unixMs: number, timezone: string): boolean {
  const { date } = localClock(timezone)(unixMs);
  return days.some((day) => {
    const [from = '', to = from] = day.split('/');
    if (day.length === 'MM-DD'.length) return date.endsWith(`-${day}`);
    return from <= date && date <= to;
  });
}
