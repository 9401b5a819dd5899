import { printable, printableLines } from '../base/printable.js';
import { EXIT_CODES } from './exit-codes.js';
import { put } from './unread-output.js';

export { printable, printableLines };

/**
 * A moment as every command prints it: `2026-11-23 09:00:01Z`. What a damaged row has in its place is left as it is.
 *
 * @param time Unix time in milliseconds, or ISO 8601.
 */
export function printedTime(time: number | string): string {
  if (Number.isNaN(new Date(time).getTime())) return String(time);
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** Time of day in UTC, to the millisecond: `20:38:00.125Z`. */
export function printedTimeOfDay(time: number): string {
  return new Date(time).toISOString().slice(11);
}

/** Prints lines to standard output, each made {@link printable}; the last may have its line break or not. */
export function printLines(text: string): void {
  put(process.stdout, `${printableLines(text.replace(/\n$/, ''))}\n`);
}

/** Prints a document: as it is into a file or a pipe; on a terminal each of its lines is made {@link printable}. */
export function printDocument(text: string): void {
  put(process.stdout, process.stdout.isTTY ? printableLines(text.replaceAll('\r\n', '\n')) : text);
}

/** Prints a line to standard output, with whatever it holds made {@link printable}. */
export function printLine(text: string): void {
  put(process.stdout, `${printable(text)}\n`);
}

/** Prints a line to standard error, with whatever it holds made {@link printable}. */
export function warnLine(text: string): void {
  put(process.stderr, `${printable(text)}\n`);
}

/** Tells at standard error what is wrong with a file, which is named once; the exit code becomes 1. */
export function warnFault(file: string, { message }: Error): void {
  process.exitCode = EXIT_CODES.failed;
  const afterName = printable(message).split(printable(file)).slice(1);
  // A file that is made of it has a name that begins alike.
  const isNamed = afterName.some((rest) => /^($|[\s":,])/.test(rest));
  warnLine(isNamed ? message : `${file}: ${message}`);
}

/** Tells at standard error that there is nothing to show or to check; the exit code says so unless it says worse. */
export function warnNothing(text: string): void {
  process.exitCode ||= EXIT_CODES.nothing;
  warnLine(text);
}

/** Tells of rows that no list can show, which are a fault: the exit code becomes 1. */
export function warnDamage(damaged: readonly string[], advice: string): void {
  if (damaged.length === 0) return;
  process.exitCode = EXIT_CODES.failed;
  for (const text of damaged) warnLine(text);
  warnLine(advice);
}

/**
 * Draws on the terminal, as it is: for a text that steers it on purpose. What it holds of names and texts from outside
 * was made {@link printable} before.
 */
export function drawText(text: string): void {
  put(process.stdout, text);
}

/** Asks at standard error, without a line break. */
export function askFor(text: string): void {
  put(process.stderr, printable(text));
}
