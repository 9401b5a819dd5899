import { InvalidArgumentError } from 'commander';

/** A TCP port, where 0 stands for one of the system's choice. */
export function portOption(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return port;
}

/** A day, or a time of one. */
export function dateOption(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('Give a date such as 2026-01-31 or 2026-01-31T09:00Z.');
  return date;
}

/** A number in a range; without `max`, however large. */
export function numberFrom(min: number, max?: number): (text: string) => number {
  const range = max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= min && value <= (max ?? value)) return value;
    throw new InvalidArgumentError(`Give a number ${range}.`);
  };
}

/** A whole number in a range. */
export function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}
