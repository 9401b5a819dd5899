import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { fileError } from '../files/file-error.js';
import { EXIT_CODES } from './exit-codes.js';
import { signalExitCode } from './shutdown.js';
import { warnLine } from './terminal-text.js';

/** Prints the error that has ended a command, without a stack. Returns the exit code. */
export function tellFailure(thrown: unknown): number {
  const error = asTold(thrown);
  const isTold = error instanceof JackfieldError;
  const text = isTold
    ? `jackfield: ${error.message} [${error.code}]`
    : `jackfield: A fault of Jackfield itself: ${messageOf(error)}. JACKFIELD_DEBUG=1 prints where.`;
  for (const line of text.split('\n')) warnLine(line);
  if (process.env['JACKFIELD_DEBUG'] && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n')) warnLine(line);
  }
  return signalExitCode(error) ?? (isTold ? EXIT_CODES.failed : EXIT_CODES.broken);
}

/** Converts a system error to one with advice. Other errors are unchanged. */
function asTold(error: unknown): unknown {
  if (error instanceof JackfieldError || !(error instanceof Error) || !('syscall' in error)) return error;
  const { syscall = '', path, message } = error as NodeJS.ErrnoException;
  return path === undefined
    ? new JackfieldError('ERR_FILE', printable(`${message}.`))
    : fileError(syscall, path, error);
}
