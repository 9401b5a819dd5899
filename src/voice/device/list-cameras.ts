import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { path as aPath, checkArgument } from '../../base/check.js';

/** Folder in which Linux lists cameras. */
const CAMERAS = '/sys/class/video4linux';

/**
 * Gives the name of each camera once, even if it has several devices. The list is empty on systems other than Linux.
 *
 * @param folder Folder that lists them. Default: that of Linux.
 * @throws ERR_INVALID_ARG.
 */
export async function listCameras(folder = CAMERAS): Promise<string[]> {
  checkArgument('folder', folder, aPath);
  const entries = await readdir(folder).catch(() => []);
  const named = entries.sort().map((entry) => readFile(join(folder, entry, 'name'), 'utf8').catch(() => ''));
  const names = (await Promise.all(named)).map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== '');
}
