import { sleep, systemClock } from '../base/time/clock.js';

/** Longest text that waits for a reader, in characters. */
const MAX_WAITING = 1_000_000;
/** Longest wait for the reader at the end of a command, in milliseconds. */
const LAST_MS = 1000;

/** Private part of a terminal's stream in Node. */
interface Waiting {
  readonly _handle?: { setBlocking?(waits: boolean): unknown } | null;
}

let isBounded = false;
let lost = 0;

/**
 * Makes output never wait for a reader, such as a full pipe or a blocked terminal (Ctrl-S), on which Node would block
 * the whole process. Output beyond a limit is lost, and the number of lost lines is printed. Used by commands with
 * calls, which would be blocked as well.
 */
export function neverWaitForReaders(): void {
  isBounded = true;
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.isTTY) (stream as Waiting)._handle?.setBlocking?.(false);
  }
}

/** Writes to standard output or standard error. */
export function put(stream: NodeJS.WriteStream, text: string): void {
  if (isBounded && stream.writableLength > MAX_WAITING) {
    lost++;
    return;
  }
  stream.write(text);
  if (lost === 0) return;
  process.stderr.write(`${lost} lines were dropped: standard output was not read in time.\n`);
  lost = 0;
}

/** True while standard output has unwritten text. */
export function isUnread(): boolean {
  return process.stdout.writableLength > 0;
}

/** Ends the output of a command after {@link neverWaitForReaders}. Unread text gets one more second. */
export async function endUnread(): Promise<void> {
  if (!isBounded) return;
  const taken = new AbortController();
  const streams = [process.stdout, process.stderr];
  void Promise.all(streams.map((stream) => new Promise((resolve) => stream.write('', resolve)))).then(() =>
    taken.abort(),
  );
  await sleep(systemClock, LAST_MS, { signal: taken.signal }).catch(() => undefined);
  // Waiting text would keep the process alive.
  if (!taken.signal.aborted) process.exit();
}
