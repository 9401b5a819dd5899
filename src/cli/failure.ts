import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { fileError } from '../files/file-error.js';
import { EXIT_CODES } from './exit-codes.js';
import { signalExitCode } from './shutdown.js';
import { warnLine } from './terminal-text.js';

/** Prints the error that has ended a command, without a stack. Returns the exit code. */
export function tellFailure(thrown: unknown): number {
  warnError(`jackfield: ${faultText(thrown)}`, thrown);
  const error = asTold(thrown);
  const isTold = error instanceof JackfieldError;
  return signalExitCode(error) ?? (isTold ? EXIT_CODES.failed : EXIT_CODES.broken);
}

/**
 * Prints the fault of one file to standard error, with its name once, when the command goes on with the next file. Sets
 * exit code 1.
 */
export function warnFault(file: string, error: unknown): void {
  process.exitCode = EXIT_CODES.failed;
  const text = faultText(error);
  const afterName = printable(text).split(printable(file)).slice(1);
  // The name of a derived file may begin with the name of this one.
  const isNamed = file !== '' && afterName.some((rest) => /^($|[\s":,])/.test(rest));
  warnError(isNamed || file === '' ? text : `${file}: ${text}`, error);
}

/** Text of an error for a terminal: what happened and what to do, with the code behind it in brackets. */
export function faultText(thrown: unknown): string {
  const error = asTold(thrown);
  return error instanceof JackfieldError
    ? `${error.message} [${error.code}]`
    : `A bug in Jackfield: ${messageOf(error)}. JACKFIELD_DEBUG=1 prints the stack trace.`;
}

/** Fields of an error for a line of JSON: `error` is what happened and what to do. */
export function faultFields(thrown: unknown): { readonly error: string; readonly code?: string } {
  const error = asTold(thrown);
  return { error: messageOf(error), ...(error instanceof JackfieldError && { code: error.code }) };
}

/** Prints the text of an error, and where it was thrown if the user wants to know. */
function warnError(text: string, thrown: unknown): void {
  for (const line of text.split('\n')) warnLine(line);
  const error = asTold(thrown);
  if (process.env['JACKFIELD_DEBUG'] && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n')) warnLine(line);
  }
}

/** Converts a system error to one with advice. Other errors are unchanged. */
function asTold(error: unknown): unknown {
  if (error instanceof JackfieldError || !(error instanceof Error) || !('syscall' in error)) return error;
  const { syscall = '', path, message } = error as NodeJS.ErrnoException;
  return path === undefined
    ? new JackfieldError('ERR_FILE', printable(`${message}.`))
    : fileError(syscall, path, error);
}
