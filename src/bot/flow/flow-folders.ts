import { lstat, mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { fileError, isMissing, isNowhere } from '../../files/file-error.js';
import type { FlowData } from './flow-schema.js';

/** A folder that a step records to, up to the first variable in its path, with its place in the flow. */
export interface FlowFolder {
  readonly path: readonly (string | number)[];
  readonly folder: string;
}

/** Longest name of a folder on common file systems, in bytes. */
const MAX_NAME_BYTES = 255;

/** Returns the folders that the steps of a flow record to. */
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
 * Checks that files can be made in a folder, or that the folder itself can be made. Makes and removes a temporary
 * folder in the nearest existing folder.
 *
 * @throws ERR_FILE with the reason.
 */
export async function checkWritableFolder(folder: string): Promise<void> {
  try {
    const long = folder.split(sep).find((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
    if (long !== undefined)
      throw Object.assign(new Error(`${printable(long)} is too long`), { code: 'ENAMETOOLONG' });
    await rmdir(await mkdtemp(join(await deepest(folder), '.jackfield-')));
  } catch (error) {
    throw fileError('make the folder', folder, error);
  }
}

/** Checks all folders of a flow. @throws ERR_FILE for the first that cannot be made. */
export async function checkFolders(flow: FlowData, folder: string): Promise<void> {
  for (const each of new Set(foldersOf(flow, folder).map((one) => one.folder)))
    await checkWritableFolder(each);
}

/** Returns the folder itself, or its nearest parent that exists. */
async function deepest(folder: string): Promise<string> {
  const is = await stat(folder).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw isNowhere(error) ? inTheWay(folder) : error;
  });
  if (is?.isDirectory()) return folder;
  const isInTheWay = is !== undefined || (await lstat(folder).catch(() => undefined)) !== undefined;
  if (isInTheWay) throw inTheWay(folder);
  const around = dirname(folder);
  if (around === folder) throw new JackfieldError('ERR_FILE', `there is no ${printable(folder)}`);
  return await deepest(around);
}

/** Makes the error with which the system refuses a path through something that is not a folder. */
function inTheWay(folder: string): Error {
  return Object.assign(new Error(`${printable(folder)} is not a folder`), {
    code: 'ENOTDIR',
    syscall: 'mkdir',
  });
}
