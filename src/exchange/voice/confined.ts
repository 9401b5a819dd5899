import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';

/**
 * The real path of a `FILE="..."`, which has to be a regular file in one of `roots`, or a new one in a folder there.
 * Relative paths lie in the first of them. Links are resolved first, so that none leads outside.
 *
 * @throws Error with the reason when it may not be used.
 */
export async function confined(path: string, roots: readonly string[]): Promise<string> {
  const [first] = roots;
  if (first === undefined) throw new Error('this endpoint has no folder for FILE');
  const real = await realPath(resolve(first, path), path);
  const folders = await Promise.all(roots.map((root) => realpath(root)));
  if (!folders.some((folder) => real.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    throw new Error(`${path} lies outside the folders of this endpoint`);
  }
  const found = await stat(real).catch(() => undefined);
  // A pipe would be waited for, a device could be anything.
  if (found && !found.isFile()) throw new Error(`${path} is no regular file`);
  return real;
}

/** A file that is not there yet is placed by its folder. */
async function realPath(absolute: string, asked: string): Promise<string> {
  try {
    return await realpath(absolute);
  } catch (error) {
    // Whoever creates the target of such a link creates it where the link says.
    if (await lstat(absolute).catch(() => undefined)) {
      throw new Error(`${asked} is a link that leads nowhere`, { cause: error });
    }
    return join(await realpath(dirname(absolute)), basename(absolute));
  }
}
