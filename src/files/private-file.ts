import {
  constants,
  createWriteStream,
  fchmodSync,
  fstatSync,
  mkdirSync,
  open,
  openSync,
  statSync,
  type WriteStream,
} from 'node:fs';
import { link, lstat, mkdir, open as openHandle, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { printable } from '../base/printable.js';
import { checkNotRead } from './being-read.js';
import { isNowhere } from './file-error.js';

// The one place that makes files and folders: whatever Jackfield writes may hold voice or names.

/** For its owner alone. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OTHERS = 0o077;

/** Ways to open a file that make it where it is missing; with `x` one that exists is refused. */
export type CreateFlags = 'w' | 'wx' | 'w+' | 'wx+' | 'a' | 'ax' | 'a+';

const openAsync = promisify(open);

/**
 * Opens a file to write to it, for its owner alone (0600) whatever the umask; one that exists becomes so, too. One that
 * this process is reading is not emptied (EREADING). Returns the descriptor. Rejects with the system's error.
 */
export async function openPrivate(path: string, flags: CreateFlags | number): Promise<number> {
  if (empties(flags)) checkNotRead(path, await stat(path).catch(() => undefined));
  return madePrivate(await openAsync(path, flags, FILE_MODE));
}

/** Does the same as {@link openPrivate}, synchronously. */
export function openPrivateSync(path: string, flags: CreateFlags | number): number {
  if (empties(flags)) checkNotRead(path, statSync(path, { throwIfNoEntry: false }));
  return madePrivate(openSync(path, flags, FILE_MODE));
}

/** Writes a whole file, with the rights that {@link openPrivate} gives it. Rejects with the system's error. */
export async function writePrivate(
  path: string,
  data: string | Uint8Array,
  flags: CreateFlags = 'w',
): Promise<void> {
  if (empties(flags)) checkNotRead(path, await stat(path).catch(() => undefined));
  await using handle = await openHandle(path, flags, FILE_MODE);
  madePrivate(handle.fd);
  await handle.writeFile(data);
}

/** Opens a stream into a file, with the rights that {@link openPrivate} gives it. Throws the system's error. */
export function privateStream(path: string, flags: CreateFlags = 'w'): WriteStream {
  return createWriteStream(path, { fd: openPrivateSync(path, flags) });
}

/** Copies a file. Rejects with the system's error. Makes no file when the source cannot be opened. */
export async function copyPrivate(from: string, to: string, flags: CreateFlags = 'w'): Promise<void> {
  await using source = await openHandle(from);
  await pipeline(source.createReadStream(), privateStream(to, flags));
}

/**
 * Removes a regular file, if there is one. Anything else stays: a folder, or a device or pipe that was given as an
 * output. Rejects with the system's error.
 */
export async function removeFile(path: string): Promise<void> {
  const is = await lstat(path).catch((error: unknown) => {
    if (!isNowhere(error)) throw error;
    return undefined;
  });
  if (is?.isFile()) await rm(path, { force: true });
}

/**
 * Renames a complete file to its final name. A regular file of that name, or a link to one, is replaced. Rejects with
 * the system's error, or as {@link checkReplaceable} does.
 */
export async function moveInto(part: string, path: string): Promise<void> {
  await checkReplaceable(path);
  await rename(part, path);
}

/**
 * Gives a complete file its final name, unless something has that name already. Rejects with the system's error: EEXIST
 * when something has it, whatever it is.
 */
export async function moveIntoFree(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
    await rm(part);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw error;
    // A file system without hard links: the name is taken first, and nobody else can take it then.
    await writePrivate(path, '', 'wx');
    await rename(part, path);
  }
}

/** Rejects with the code ENOTREG when this name belongs to a folder, a device, a pipe: not to a regular file. */
export async function checkReplaceable(path: string): Promise<void> {
  const is = await stat(path).catch(() => undefined);
  if (!is || is.isFile()) return;
  const text = `${printable(path)} is not a regular file and was not replaced`;
  throw Object.assign(new Error(text), { code: 'ENOTREG', syscall: 'rename', path });
}

/**
 * Makes a folder for its owner alone (0700), and its parents. One that exists is left as it is. Rejects with the system's
 * error, EEXIST where a file has the name.
 *
 * Each folder is made by itself: `mkdir` of Node with `recursive` never returns for a path in /proc.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makePrivateFolder(parent);
  try {
    await mkdir(path, FOLDER_MODE);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!hasCode(error, 'EEXIST') || !(await isFolder(path))) throw error;
  }
}

/** Does the same as {@link makePrivateFolder}, synchronously. */
export function makePrivateFolderSync(path: string): void {
  if (isFolderSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makePrivateFolderSync(parent);
  try {
    mkdirSync(path, FOLDER_MODE);
  } catch (error) {
    if (!hasCode(error, 'EEXIST') || !isFolderSync(path)) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const is = await stat(path).catch(() => undefined);
  return is?.isDirectory() === true;
}

function isFolderSync(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function empties(flags: CreateFlags | number): boolean {
  return typeof flags === 'number' ? (flags & constants.O_TRUNC) !== 0 : flags === 'w' || flags === 'w+';
}

/** Removes the rights of others from a file that existed before. A pipe or a device stays as it is. */
function madePrivate(fd: number): number {
  if (process.platform === 'win32') return fd;
  const is = fstatSync(fd);
  if (!is.isFile() || (is.mode & OTHERS) === 0) return fd;
  try {
    fchmodSync(fd, FILE_MODE);
  } catch {
    // The file belongs to another user, or its file system has no owners: it is written to as it is.
  }
  return fd;
}
