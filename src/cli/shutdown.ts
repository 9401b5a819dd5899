import { JackfieldError } from '../base/errors.js';
import { whenFired } from '../base/wait.js';
import type { Client } from '../control.js';
import { EXIT_CODES } from './exit-codes.js';
import { warnLine } from './terminal-text.js';
import { neverWaitForReaders } from './unread-output.js';

const SIGNALS = { SIGINT: EXIT_CODES.interrupted, SIGTERM: EXIT_CODES.terminated } as const;

/** The signal that has stopped the command, if any. */
let stoppedBy: keyof typeof SIGNALS | undefined;

/** Time between a signal and the forced end, in milliseconds. */
const CLOSE_LIMIT_MS = 4500;

/** Options of {@link stopSignal}. */
export interface StopOptions {
  /** Called at the first SIGINT, which then neither fires the signal nor sets a time limit. */
  readonly onInterrupt?: () => void;
  /** True when the command has calls: then its output never waits for a reader. */
  readonly hasCalls?: boolean;
}

/**
 * Handles an output without a reader (`jackfield ... | head`) or with a full disk. A command that handles signals
 * continues, so that recordings and calls do not end with their log. Any other command ends.
 */
export function surviveLostOutput(): void {
  const works = () => process.listenerCount('SIGTERM') > 0;
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (works()) return;
    if (error.code === 'EPIPE') process.exit();
    warnLine(`jackfield: Standard output cannot be written: ${error.message}. [ERR_FILE]`);
    process.exit(EXIT_CODES.failed);
  });
}

/**
 * Returns the signal that stops a command. It fires at the first SIGINT or SIGTERM. The process then has less than 5 s
 * to close everything; a second SIGINT or SIGTERM ends it at once. Data must not wait for this end to be written. Call
 * it before the command reports that it is ready.
 */
export function stopSignal({ onInterrupt, hasCalls = false }: StopOptions = {}): AbortSignal {
  if (hasCalls) neverWaitForReaders();
  const stop = new AbortController();
  let told = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (told) process.exit(SIGNALS[signal]);
      told = true;
      stoppedBy = signal;
      if (signal === 'SIGINT' && onInterrupt) return onInterrupt();
      setTimeout(cutOff, CLOSE_LIMIT_MS).unref();
      stop.abort(new JackfieldError('ERR_ABORTED', `Stopped by ${signal}.`));
    });
  }
  return stop.signal;
}

/** Resolves when the command is stopped. @throws ERR_CLOSED when the endpoint is closed. */
export function untilStopped(stop: AbortSignal, client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    whenFired(stop, resolve);
    client.once('closed', (cause) =>
      reject(new JackfieldError('ERR_CLOSED', 'The connection to the endpoint is lost.', { cause })),
    );
  });
}

/**
 * Exit code of a command that was ended by a signal; undefined otherwise. SIGINT always has an exit code. SIGTERM is
 * the normal end of a service, so it has one only when the command ended with an error.
 *
 * @param error The error that ended the command, if any.
 */
export function signalExitCode(error?: unknown): number | undefined {
  const isStopped = error === undefined || (error instanceof JackfieldError && error.code === 'ERR_ABORTED');
  if (stoppedBy === undefined || !isStopped) return undefined;
  return stoppedBy === 'SIGINT' || error !== undefined ? SIGNALS[stoppedBy] : undefined;
}

function cutOff(): void {
  warnLine(`Shutdown took longer than ${CLOSE_LIMIT_MS / 1000} s: the rest is aborted.`);
  process.exit(stoppedBy === 'SIGINT' ? EXIT_CODES.interrupted : EXIT_CODES.failed);
}
