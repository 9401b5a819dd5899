import { type FileHandle, open } from 'node:fs/promises';
import { devNull } from 'node:os';
import { JackfieldError } from '../../base/errors.js';

/** Descriptors that an encoder needs for its worker thread and its file, and some more for what else begins meanwhile. */
const NEEDED = 24;

/**
 * Checks that this process may open enough files to begin an encoder. An encoder's worker thread that cannot be made
 * tells it by an event that nobody can listen for, which ends the process.
 *
 * @throws ERR_LIMIT.
 */
export async function checkSpareDescriptors(): Promise<void> {
  const opened = await Promise.allSettled(Array.from({ length: NEEDED }, () => open(devNull)));
  const handles = opened.flatMap((each): FileHandle[] => (each.status === 'fulfilled' ? [each.value] : []));
  await Promise.all(handles.map((handle) => handle.close()));
  if (handles.length === NEEDED) return;
  throw new JackfieldError(
    'ERR_LIMIT',
    `This process may open ${handles.length} more files, and an encoder needs ${NEEDED}: raise the limit (ulimit -n).`,
  );
}
