import { printable, printableLines } from '../base/printable.js';
import { EXIT_CODES } from './exit-codes.js';
import { put } from './unread-output.js';

export { printable, printableLines };

/**
 * Formats a time for the output of commands: `2026-11-23 09:00:01Z`. An invalid time is left unchanged.
 *
 * @param time Unix time in milliseconds, or ISO 8601.
 */
export function printedTime(time: number | string): string {
  if (Number.isNaN(new Date(time).getTime())) return String(time);
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** Formats the time of day in UTC, with milliseconds: `20:38:00.125Z`. */
export function printedTimeOfDay(time: number): string {
  return new Date(time).toISOString().slice(11);
}

/** Prints lines to standard output, each made {@link printable}. The last line break is optional. */
export function printLines(text: string): void {
  put(process.stdout, `${printableLines(text.replace(/\n$/, ''))}\n`);
}

/** Prints a document: unchanged to a file or pipe; on a terminal each line is made {@link printable}. */
export function printDocument(text: string): void {
  put(process.stdout, process.stdout.isTTY ? printableLines(text.replaceAll('\r\n', '\n')) : text);
}

/** Prints a line to standard output, made {@link printable}. */
export function printLine(text: string): void {
  put(process.stdout, `${printable(text)}\n`);
}

/** Prints a line to standard error, made {@link printable}. */
export function warnLine(text: string): void {
  put(process.stderr, `${printable(text)}\n`);
}

/** Prints to standard error that there is nothing to show or check. Sets the exit code unless one is set. */
export function warnNothing(text: string): void {
  process.exitCode ||= EXIT_CODES.nothing;
  warnLine(text);
}

/** Prints messages about damaged rows. Sets exit code 1 if there are any. */
export function warnDamage(damaged: readonly string[], advice: string): void {
  if (damaged.length === 0) return;
  process.exitCode = EXIT_CODES.failed;
  for (const text of damaged) warnLine(text);
  warnLine(advice);
}

/** Writes text with terminal control sequences. Names and texts from outside must be made {@link printable} before. */
export function drawText(text: string): void {
  put(process.stdout, text);
}

/** Prints a question to standard error, without a line break. */
export function askFor(text: string): void {
  put(process.stderr, printable(text));
}
