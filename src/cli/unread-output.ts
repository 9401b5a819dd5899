import { sleep, systemClock } from '../base/time/clock.js';

/** Text that may wait for its reader, in characters. */
const MAX_WAITING = 1_000_000;
/** At the end of a command, what waits is given this long to be read, in milliseconds. */
const LAST_MS = 1000;

/** The part of a terminal's stream that Node has no public name for. */
interface Waiting {
  readonly _handle?: { setBlocking?(waits: boolean): unknown } | null;
}

let isBounded = false;
let lost = 0;

/**
 * Lets nothing that the command prints from now on wait for its reader: not for a pipe that is not emptied, and not
 * for a terminal that stands still (Ctrl-S, a line that is down), at which Node stops the whole process otherwise. What is
 * too much to be kept until then is lost, and its amount told. For commands that have calls, which would stand still too.
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
  process.stderr.write(`${lost} lines were not read in time, and are lost.\n`);
  lost = 0;
}

/** True while standard output does not take what was written. */
export function isUnread(): boolean {
  return process.stdout.writableLength > 0;
}

/** Ends the output of a command that waits for no reader: what was not read yet is given a second. */
export async function endUnread(): Promise<void> {
  if (!isBounded) return;
  const taken = new AbortController();
  const streams = [process.stdout, process.stderr];
  void Promise.all(streams.map((stream) => new Promise((resolve) => stream.write('', resolve)))).then(() =>
    taken.abort(),
  );
  await sleep(systemClock, LAST_MS, { signal: taken.signal }).catch(() => undefined);
  // What waits would hold the process.
  if (!taken.signal.aborted) process.exit();
}
