import { lstat, mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { fileError } from '../../files/file-error.js';
import type { FlowData } from './flow-schema.js';

/** A folder that a step records to, as far as no variable decides it, and where it is written. */
export interface FlowFolder {
  readonly path: readonly (string | number)[];
  readonly folder: string;
}

/** Longest name of a folder, in bytes, on the file systems of today. */
const MAX_NAME_BYTES = 255;

/** The folders that the steps of a flow record to. */
export function foldersOf(flow: FlowData, folder: string): readonly FlowFolder[] {
  return Object.entries(flow.steps).flatMap(([name, step]) => {
    if (step.do !== 'record' && step.do !== 'voicemail' && step.do !== 'recording') return [];
    const parts = step.folder.split('/');
    const open = parts.findIndex((part) => /\{\w+\}/.test(part));
    const known = open < 0 ? step.folder : parts.slice(0, open).join('/') || (open > 0 ? '/' : '.');
    return [{ path: ['steps', name, 'folder'], folder: resolve(folder, known) }];
  });
}

/**
 * Finds out whether files can be made in a folder, or it can be made itself: for a moment, a folder is made as deep in it
 * as it is there.
 *
 * @throws ERR_FILE with the reason.
 */
export async function checkFolder(folder: string): Promise<void> {
  try {
    const long = folder.split(sep).find((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
    if (long !== undefined)
      throw Object.assign(new Error(`${printable(long)} is too long`), { code: 'ENAMETOOLONG' });
    await rmdir(await mkdtemp(join(await deepest(folder), '.jackfield-')));
  } catch (error) {
    throw fileError('make the folder', folder, error);
  }
}

/** @throws ERR_FILE for the first of the flow's folders that cannot be made. */
export async function checkFolders(flow: FlowData, folder: string): Promise<void> {
  for (const each of new Set(foldersOf(flow, folder).map((one) => one.folder))) await checkFolder(each);
}

/** The folder itself, or the nearest around it that is there. */
async function deepest(folder: string): Promise<string> {
  const is = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error.code === 'ENOTDIR' ? inTheWay(folder) : error;
    return undefined;
  });
  if (is?.isDirectory()) return folder;
  const isInTheWay = is !== undefined || (await lstat(folder).catch(() => undefined)) !== undefined;
  if (isInTheWay) throw inTheWay(folder);
  const around = dirname(folder);
  if (around === folder) throw new JackfieldError('ERR_FILE', `there is no ${printable(folder)}`);
  return await deepest(around);
}

/** The error with which the system refuses to make such a folder. */
function inTheWay(folder: string): Error {
  return Object.assign(new Error(`${printable(folder)} is not a folder`), {
    code: 'ENOTDIR',
    syscall: 'mkdir',
  });
}
