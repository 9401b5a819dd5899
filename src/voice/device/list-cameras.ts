import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { path as aPath, checkArgument } from '../../base/check.js';

/** Folder of the cameras of Linux. */
const CAMERAS = '/sys/class/video4linux';

/**
 * Gives the names of the cameras, each once, though one may have several devices. None on systems other than Linux, which
 * do not list them there.
 *
 * @param folder Where they are listed. Default: where Linux does.
 * @throws ERR_INVALID_ARG.
 */
export async function listCameras(folder = CAMERAS): Promise<string[]> {
  checkArgument('folder', folder, aPath);
  const entries = await readdir(folder).catch(() => []);
  const named = entries.sort().map((entry) => readFile(join(folder, entry, 'name'), 'utf8').catch(() => ''));
  const names = (await Promise.all(named)).map((name) => name.trim());
  return [...new Set(names)].filter((name) => name !== '');
}
