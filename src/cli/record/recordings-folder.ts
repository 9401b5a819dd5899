import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../../base/printable.js';
import { fileError } from '../../files/file-error.js';
import { Catalogue, type CatalogueEntry, JackfieldError } from '../../recording.js';
import { warnDamage } from '../terminal-text.js';

const MANIFEST = '.manifest.json';

/** Options of every command on a folder of recordings. */
export interface FolderOptions {
  readonly out: string;
  readonly json: boolean;
}

/**
 * Opens the existing catalogue of a folder, and reports damaged entries.
 *
 * @param option Option that names the folder.
 * @throws ERR_FILE when it is lost.
 */
export async function openFolder(folder: string, option = '--out'): Promise<Catalogue> {
  await checkRecordingsFolder(folder, option);
  if (await Catalogue.isLost(folder)) {
    const text = `${printable(folder)} has recordings but no catalogue: \`jackfield recordings index\` builds one from the sidecars.`;
    throw new JackfieldError('ERR_FILE', text);
  }
  const catalogue = Catalogue.open(folder, { existing: true });
  warnDamage(catalogue.damaged(), '`jackfield recordings index` rebuilds the catalogue from the sidecars.');
  return catalogue;
}

/**
 * Finds the recordings by a prefix of their id. A recording may have several files.
 *
 * @throws ERR_INVALID_ARG when there are none.
 */
export function found(catalogue: Catalogue, id: string): CatalogueEntry[] {
  const entries = catalogue.search({ id });
  if (entries.length > 0) return entries;
  throw new JackfieldError('ERR_INVALID_ARG', `No recording id begins with ${JSON.stringify(id)}.`);
}

/** Checks that a folder exists. It is not created. @throws ERR_FILE. */
export async function checkRecordingsFolder(folder: string, option = '--out'): Promise<void> {
  if (await isFolder(folder)) return;
  throw new JackfieldError(
    'ERR_FILE',
    `There is no folder ${printable(folder)}: give the folder of recordings with ${option}.`,
  );
}

/** True when the path is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/**
 * Lists the audio files in a folder and its subfolders by their manifests. Recordings in progress are left out.
 *
 * @throws ERR_FILE.
 */
export async function recordingsBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true });
    const isShown = (path: string) => path.split(/[/\\]/).every((part) => !part.startsWith('.'));
    const names = new Set(entries.filter(isShown));
    return [...names]
      .filter((path) => path.endsWith(MANIFEST))
      .map((path) => path.slice(0, -MANIFEST.length))
      .map((name) => join(folder, names.has(`${name}.wav.age`) ? `${name}.wav.age` : `${name}.wav`))
      .sort();
  } catch (error) {
    throw fileError('read the folder', folder, error);
  }
}
