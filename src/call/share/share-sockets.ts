import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { isAlive } from '../../base/system/process-alive.js';
import { socketFolder } from '../../files/socket-folder.js';
import { makeFolder } from '../../files/whole-file.js';

const NAME = /^voice-(\d{1,10})\.sock$/;

/** Path of the socket on which this process shares its voices. */
export async function ownShareSocket(): Promise<string> {
  const folder = await shareFolder();
  await removeLeft(folder);
  return join(folder, `voice-${process.pid}.sock`);
}

/**
 * Path of the folder in which processes of this user find each other. It is made if it is missing. @throws ERR_FILE.
 */
export async function shareFolder(): Promise<string> {
  const folder = socketFolder();
  await makeFolder(folder);
  await checkOwn(folder);
  return folder;
}

/** Paths of the sockets of other processes of this user. */
export async function shareSockets(): Promise<readonly string[]> {
  const folder = socketFolder();
  const names = await readdir(folder).catch((): string[] => []);
  if (names.length === 0) return [];
  await checkOwn(folder);
  return names
    .filter((name) => NAME.test(name) && name !== `voice-${process.pid}.sock`)
    .map((name) => join(folder, name));
}

/** The socket of the process with this id among these paths. */
export function socketOf(pid: number, paths: readonly string[]): string | undefined {
  return paths.find((path) => Number(NAME.exec(basename(path))?.[1]) === pid);
}

/** Removes the sockets of processes that were killed. */
async function removeLeft(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(folder, name), { force: true });
  }
}

/**
 * Checks that the folder belongs to this user alone: in another folder, others could place sockets. @throws ERR_FILE.
 */
async function checkOwn(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  const own = process.getuid?.();
  if (own === undefined || (uid === own && (mode & 0o022) === 0)) return;
  throw new JackfieldError(
    'ERR_FILE',
    `${printable(folder)} must belong to this user, and only this user may write to it: voices of calls are shared in it.`,
  );
}
