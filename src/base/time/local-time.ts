import { invalidArgument } from '../errors.js';

/** Days of the week as flows and configurations spell them, in the order of the week. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export type Weekday = (typeof WEEKDAYS)[number];

/** Date and time of day in a time zone. */
export interface LocalTime {
  /** `2027-03-01` */
  readonly date: string;
  /** `23:59:59`; midnight is `00:00:00`. */
  readonly time: string;
  readonly weekday: Weekday;
  /** Minutes since midnight, local time: 0 to 1439. */
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

/** Returns the zone as it was given. @throws ERR_INVALID_ARG for an unknown zone. */
export function checkTimeZone(timezone: string): string {
  localClock(timezone);
  return timezone;
}

/**
 * Makes a function that tells the local time of a moment, in milliseconds since the Unix epoch.
 *
 * @param timezone Its name in the IANA database: `Europe/Berlin`, `UTC`.
 * @throws ERR_INVALID_ARG for an unknown zone.
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

/** Formats by zone: making one takes a millisecond, and there are some hundred zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  // An empty name would silently mean the machine's zone.
  if (typeof timezone === 'string' && timezone !== '') {
    try {
      const format = new Intl.DateTimeFormat('en-GB', { ...FIELDS, timeZone: timezone });
      formats.set(timezone, format);
      return format;
    } catch {
      // Reported below, together with values that are no text.
    }
  }
  throw invalidArgument('timezone', 'a time zone such as Europe/Berlin, or UTC', timezone);
}
