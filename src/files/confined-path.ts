import { isAbsolute, relative, resolve, sep } from 'node:path';
import { JackfieldError } from '../base/errors.js';
import { printable } from '../base/printable.js';

/**
 * Resolves `path` in `folder` to an absolute path, for a path that came from outside: a row of a database, a sidecar, a
 * manifest. Links are not followed.
 *
 * @param path relative to the folder, with `/` or the system's separator.
 * @throws ERR_FILE for a path that is absolute, leads out of the folder, is the folder itself, or holds NUL.
 */
export function confinedPath(folder: string, path: string): string {
  const absolute = path.includes('\0') ? undefined : resolve(folder, path);
  if (absolute === undefined || isAbsolute(path) || !isInside(folder, absolute)) {
    throw new JackfieldError('ERR_FILE', `${JSON.stringify(path)} is not inside ${printable(folder)}.`);
  }
  return absolute;
}

/** True when a path lies below a folder. Compares the texts: links are not followed. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
