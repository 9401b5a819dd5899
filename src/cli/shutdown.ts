import { JackfieldError } from '../base/errors.js';
import { whenFired } from '../base/wait.js';
import type { Client } from '../control.js';
import { EXIT_CODES } from './exit-codes.js';
import { warnLine } from './terminal-text.js';
import { neverWaitForReaders } from './unread-output.js';

const SIGNALS = { SIGINT: EXIT_CODES.interrupted, SIGTERM: EXIT_CODES.terminated } as const;

/** The signal that has told the command to stop, once one has. */
let stoppedBy: keyof typeof SIGNALS | undefined;

/** Time after a signal until everything that is still open is cut off, in milliseconds. */
const CLOSE_LIMIT_MS = 4500;

/** Options of a command's end by a signal. */
export interface StopOptions {
  /** Called at a first SIGINT, which then tells the command only to begin nothing new, and sets no time limit. */
  readonly onInterrupt?: () => void;
  /** True when the command has calls: nothing that it prints from now on waits for its reader. */
  readonly hasCalls?: boolean;
}

/**
 * Goes on without output that has no reader any more (`jackfield ... | head`), or for which the disk has no room, where
 * the command does work that a signal ends in order: recordings and calls do not end with their log. Any other command
 * ends, as there is nothing left to do for it.
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
 * The one way in which a command is told to stop: a signal that fires at the first SIGINT or SIGTERM. From then on the
 * process has less than 5 s to close what it holds; a second SIGINT or SIGTERM ends it at once. What was promised to be
 * on disk is there by then: nothing waits for the end to be written. To be called before a command says that it is
 * ready.
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
      stop.abort(new JackfieldError('ERR_ABORTED', `It was told to stop, by ${signal}.`));
    });
  }
  return stop.signal;
}

/** Resolves when the command is told to stop. @throws ERR_CLOSED when the endpoint is gone for good. */
export function untilStopped(stop: AbortSignal, client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    whenFired(stop, resolve);
    client.once('closed', (cause) =>
      reject(new JackfieldError('ERR_CLOSED', 'The endpoint is gone.', { cause })),
    );
  });
}

/**
 * Exit code of a command that a signal has ended; undefined where none has. SIGINT always tells. SIGTERM is how services
 * are ended, for which it is no failure: it tells where the work was not done.
 *
 * @param error What ended the command, if anything did.
 */
export function signalExitCode(error?: unknown): number | undefined {
  const isStopped = error === undefined || (error instanceof JackfieldError && error.code === 'ERR_ABORTED');
  if (stoppedBy === undefined || !isStopped) return undefined;
  return stoppedBy === 'SIGINT' || error !== undefined ? SIGNALS[stoppedBy] : undefined;
}

function cutOff(): void {
  warnLine(`Not everything had ended after ${CLOSE_LIMIT_MS / 1000} s: what is left is cut off.`);
  process.exit(stoppedBy === 'SIGINT' ? EXIT_CODES.interrupted : EXIT_CODES.failed);
}
