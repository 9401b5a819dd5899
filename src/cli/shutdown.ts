import { JackfieldError } from '../base/errors.js';
import { whenFired } from '../base/wait.js';
import type { Client } from '../control.js';
import { warnLine } from './terminal-text.js';

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/** What is not closed by then, after a signal, is cut off: in milliseconds. */
const CLOSE_LIMIT_MS = 4500;

/** How a command takes a signal. */
export interface StopOptions {
  /** Called at a first SIGINT, which then tells the command only to begin nothing new, and sets no time limit. */
  readonly onInterrupt?: () => void;
}

/**
 * Goes on without output that nobody reads any more (`jackfield ... | head`), or for which the disk has no room, where
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
    process.exit(1);
  });
}

/**
 * The one way in which a command is told to stop: a signal that fires at the first SIGINT or SIGTERM. From then on the
 * process has less than 5 s to close what it holds; a second SIGINT or SIGTERM ends it at once. What was promised to be
 * on disk is there by then: nothing waits for the end to be written. To be called before a command says that it is
 * ready.
 */
export function stopSignal({ onInterrupt }: StopOptions = {}): AbortSignal {
  const stop = new AbortController();
  let told = false;
  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (told) process.exit(128 + number);
      told = true;
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

function cutOff(): void {
  warnLine('Not everything had ended after 4.5 s: what is left is cut off.');
  process.exit(1);
}
