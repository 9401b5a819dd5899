import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../../base/system/process-alive.js';
import { sleep, systemClock } from '../../base/time/clock.js';
import type { Call } from '../../control/call/call.js';
import { removeFile, writePrivate } from '../../files/private-file.js';
import { shareFolder } from './share-sockets.js';

/** Longest wait for another process that redirects the call, however busy it is, and time between two looks, in ms. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 50;
/** Longest wait for an endpoint's answer about the call, in ms. Without it, each process would wait for itself alone. */
const ASK_TIMEOUT_MS = 30_000;

/**
 * Waits until no other process of this user is about to redirect `call`, and takes the turn. The next process then
 * finds the call redirected.
 *
 * The turn is a file that only one process can make. Where no file can be made, the call goes on without a turn.
 *
 * @returns a function that gives the turn back. It does nothing the second time.
 * @throws ERR_ABORTED.
 */
export async function turnAt(call: Call, signal: AbortSignal): Promise<() => Promise<void>> {
  const path = await turnFile(call, signal).catch(() => undefined);
  for (let waitedMs = 0; path !== undefined && waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    const error = await writePrivate(path, String(process.pid), 'wx').then(
      () => undefined,
      (reason: unknown) => reason as NodeJS.ErrnoException,
    );
    if (!error) return givesBack(path);
    if (error.code !== 'EEXIST') break;
    const pid = Number(await readFile(path, 'utf8').catch(() => ''));
    if (pid > 0 && pid !== process.pid && !isAlive(pid)) await removeFile(path).catch(() => undefined);
    // Two processes have no clock in common but the machine's.
    else await sleep(systemClock, LOOK_MS, { signal });
  }
  return async () => undefined;
}

function givesBack(path: string): () => Promise<void> {
  let given: Promise<void> | undefined;
  return () => {
    given ??= removeFile(path).catch(() => undefined);
    return given;
  };
}

/**
 * Path of the turn at a call. Exchanges of one machine may have calls with the same id: the partner and the time tell
 * them apart.
 */
async function turnFile(call: Call, signal: AbortSignal): Promise<string> {
  const asked = ['PARTNER_HANDLE', 'TIMESTAMP'] as const;
  const told = await Promise.all(
    asked.map((name) => call.text(name, { signal, timeoutMs: ASK_TIMEOUT_MS }).catch(() => '')),
  );
  const key = createHash('sha256')
    .update([call.id, ...told].join(' '))
    .digest('hex')
    .slice(0, 16);
  return join(await shareFolder(), `turn-${key}`);
}
