import { invalidArgument } from './errors.js';

/** Days of the week as flows and configurations spell them, in the order of the week. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export type Weekday = (typeof WEEKDAYS)[number];

/** What calendars and clocks on the wall of a time zone show. */
export interface LocalTime {
  /** `2027-03-01` */
  readonly date: string;
  /** `23:59:59`; midnight is `00:00:00`. */
  readonly time: string;
  readonly weekday: Weekday;
  /** Minutes since midnight by the clock on the wall: 0 to 1439. */
  readonly minute: number;
}

const FIELDS = {
  ...({ calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' } as const),
  ...({ year: 'numeric', month: '2-digit', day: '2-digit', weekday: 'short' } as const),
  ...({ hour: '2-digit', minute: '2-digit', second: '2-digit' } as const),
};

/** The zone that this machine is set to, such as `Europe/Berlin`. */
export function machineTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** @throws ERR_INVALID_ARG for a zone that there is not. */
export function checkTimeZone(timezone: string): string {
  localClock(timezone);
  return timezone;
}

/**
 * Makes a function that tells the local time of a moment, in milliseconds since the Unix epoch.
 *
 * @param timezone Its name in the IANA database: `Europe/Berlin`, `UTC`.
 * @throws ERR_INVALID_ARG for a zone that there is not.
 */
export function localClock(timezone: string): (unixMs: number) => LocalTime {
  const format = formatOf(timezone);
  return (unixMs) => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
    for (const { type, value } of format.formatToParts(unixMs)) part[type] = value;
    const { year = '', month, day, hour, minute, second, weekday = '' } = part;
    const name = weekday.toLowerCase();
    return {
      date: `${year.padStart(4, '0')}-${month}-${day}`,
      time: `${hour}:${minute}:${second}`,
      weekday: WEEKDAYS.find((each) => each === name) ?? 'mon',
      minute: Number(hour) * 60 + Number(minute),
    };
  };
}

/** A format takes a millisecond to make; there are some hundred zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  // Without a name the machine's zone would be taken, unsaid.
  if (typeof timezone === 'string' && timezone !== '') {
    try {
      const format = new Intl.DateTimeFormat('en-GB', { ...FIELDS, timeZone: timezone });
      formats.set(timezone, format);
      return format;
    } catch {
      // It is told below, as for what is no text.
    }
  }
  throw invalidArgument('timezone', 'a time zone such as Europe/Berlin, or UTC', timezone);
}
