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

/** 0 or more. */
export function numberOption(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('Give a number, 0 or more.');
  return value;
}
