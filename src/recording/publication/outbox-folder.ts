import { readdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { path as aPath, checkArgument, rule } from '../../base/check.js';
import { writeJson } from '../../files/whole-file.js';
import type { KEPT_SCHEMA } from '../archive/archive-schemas.js';

/** Name of the folder of failed events within an outbox. */
export const FAILED = 'failed';

/** The content of an event's file. There is one file per channel. */
export type KeptEvent = z.infer<typeof KEPT_SCHEMA>;

/** An event that is waiting or has failed. */
export interface UndeliveredEvent extends KeptEvent {
  readonly state: 'waiting' | 'failed';
  readonly path: string;
}

/**
 * Lists the events in an outbox, oldest first. The outbox of a recorder is the folder `.outbox` in its folder of
 * recordings.
 */
export async function listOutbox(folder: string): Promise<UndeliveredEvent[]> {
  checkArgument('folder', folder, aPath);
  const found: UndeliveredEvent[] = [];
  for (const [state, within] of [
    ['waiting', folder],
    ['failed', join(folder, FAILED)],
  ] as const) {
    for (const name of await namesIn(within)) {
      const path = join(within, name);
      const kept = await readKept(path);
      if (kept) found.push({ ...kept, state, path });
    }
  }
  return found.sort((a, b) => (a.event.at < b.event.at ? -1 : 1));
}

const UNDELIVERED = rule(
  'an event returned by listOutbox',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    aPath.accepts(value.path) &&
    'event' in value,
);

/**
 * Moves a failed event back to the queue. It is tried with the next event, or at the next start of the recorder.
 *
 * @throws ERR_FILE.
 */
export async function retryEvent(folder: string, failed: UndeliveredEvent): Promise<void> {
  checkArgument('folder', folder, aPath);
  checkArgument('failed', failed, UNDELIVERED);
  const { event, channel } = failed;
  await writeJson(failed.path, { event, channel, attempts: 0, notBefore: 0 });
  // The name comes from the path, not from the content, which could name another folder.
  await rename(failed.path, join(folder, basename(failed.path)));
}

/** Names of the event files in a folder, of one channel or of all; empty when there is no folder. */
export async function namesIn(folder: string, channel?: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(channel === undefined ? '.json' : `.${channel}.json`));
}

/** Reads an event file; undefined when it was removed meanwhile or is invalid. */
export async function readKept(path: string): Promise<KeptEvent | undefined> {
  try {
    const { KEPT_SCHEMA } = await import('../archive/archive-schemas.js');
    return KEPT_SCHEMA.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
