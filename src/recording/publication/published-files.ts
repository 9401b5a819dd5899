import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileError } from '../../files/file-error.js';

/** Absolute paths of the manifests of all published recordings in a folder. @throws ERR_FILE */
export function manifestsIn(folder: string): Promise<string[]> {
  return filesIn(folder, (name) => name.endsWith('.manifest.json'));
}

/** Absolute paths of all files of published recordings with a matching name. @throws ERR_FILE */
export async function filesIn(folder: string, fits: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read the folder', folder, error);
  });
  return entries
    .filter((entry) => entry.isFile() && fits(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).startsWith('.'));
}

/** True when the path is an existing file. */
export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (is) => is.isFile(),
    () => false,
  );
}
