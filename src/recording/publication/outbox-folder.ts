import { readdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { path as aPath, checkArgument, rule } from '../../base/check.js';
import { writeJson } from '../../files/whole-file.js';
import type { KEPT_SCHEMA } from '../archive/archive-schemas.js';

/** The folder of events that were given up, inside that of an outbox. */
export const FAILED = 'failed';

/** An event as its file holds it, one for each channel. */
export type KeptEvent = z.infer<typeof KEPT_SCHEMA>;

/** An event that was not delivered yet, or was given up. */
export interface UndeliveredEvent extends KeptEvent {
  readonly state: 'waiting' | 'failed';
  readonly path: string;
}

/** Events in an outbox, oldest first. A recorder's is the folder `.outbox` in that of the recordings. */
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
  'an event, as listOutbox gives it',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    aPath.accepts(value.path) &&
    'event' in value,
);

/**
 * Lets an event that was given up be tried again, from the next event or start of the recorder on.
 *
 * @throws ERR_FILE.
 */
export async function retryEvent(folder: string, failed: UndeliveredEvent): Promise<void> {
  checkArgument('folder', folder, aPath);
  checkArgument('failed', failed, UNDELIVERED);
  const { event, channel } = failed;
  await writeJson(failed.path, { event, channel, attempts: 0, notBefore: 0 });
  // Not by the content of the file: its writer may have named another folder.
  await rename(failed.path, join(folder, basename(failed.path)));
}

/** The files of events in a folder, of one channel or of all; none where there is no folder. */
export async function namesIn(folder: string, channel?: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(channel === undefined ? '.json' : `.${channel}.json`));
}

/** Undefined where the file was removed meanwhile, or holds no event. */
export async function readKept(path: string): Promise<KeptEvent | undefined> {
  try {
    const { KEPT_SCHEMA } = await import('../archive/archive-schemas.js');
    return KEPT_SCHEMA.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
