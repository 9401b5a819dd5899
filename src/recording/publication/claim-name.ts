import { link, readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { printable } from '../../base/printable.js';
import { makePrivateFolder } from '../../files/private-file.js';
import { nameKey } from '../../files/safe-name.js';
import { isSameFile } from '../../files/whole-file.js';

const MAX_NUMBER = 1000;

/**
 * Links a recording's audio to its final name without replacing anything. A name is free when no file of the recording
 * would exist already, ignoring case and Unicode form as some file systems do. A taken name gets a number.
 *
 * @param wanted The path without suffix.
 * @param endings Suffixes of all files of the recording, the audio first.
 * @returns the path without suffix. Rejects with the system's error.
 */
export async function claimName(file: string, wanted: string, endings: readonly string[]): Promise<string> {
  const folder = dirname(wanted);
  await makePrivateFolder(folder);
  const keys = new Set((await readdir(folder)).map(nameKey));
  const [ending = ''] = endings;
  for (let number = 1; ; number++) {
    const base = number === 1 ? wanted : `${wanted}_${number}`;
    const isTaken = endings.some((each) => keys.has(nameKey(`${basename(base)}${each}`)));
    // An earlier publication that was killed has linked it.
    if (isTaken && (await isSameFile(file, `${base}${ending}`))) return base;
    if (isTaken) {
      if (number < MAX_NUMBER) continue;
      throw Object.assign(new Error(`${printable(base + ending)} is taken`), {
        code: 'EEXIST',
        syscall: 'link',
      });
    }
    try {
      await link(file, `${base}${ending}`);
      return base;
    } catch (error) {
      if (!isThere(error) || number >= MAX_NUMBER) throw error;
    }
  }
}

/** Links a file to another name without replacing anything. Does nothing when the link exists. */
export async function linkOnce(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: unknown) => {
    if (!(isThere(error) && (await isSameFile(from, to)))) throw error;
  });
}

function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
