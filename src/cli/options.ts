import { InvalidArgumentError } from 'commander';

/** Parses a TCP port; 0 lets the system choose. */
export function portOption(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return port;
}

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/;

/** Parses a date or a date with time. It is in UTC unless it has a zone. */
export function dateOption(text: string): Date {
  const [, day, time = '00:00', zone = 'Z'] = DATE.exec(text.trim()) ?? [];
  const date = new Date(`${day}T${time}${zone}`);
  if (Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError(
      'Give a date such as 2026-01-31, 2026-01-31T09:00Z or 2026-01-31T09:00+01:00.',
    );
  }
  return date;
}

/** Largest duration in an option, in days (about 270 years) and in seconds. */
export const MAX_DAYS = 100_000;
export const MAX_SECONDS = MAX_DAYS * 86_400;

/** Parser for a number in a range. */
export function numberFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a number from ${min} to ${max}.`);
  };
}

/** Parser for a whole number in a range. */
export function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}
