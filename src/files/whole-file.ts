import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { fileError } from './file-error.js';
import {
  checkReplaceable,
  makePrivateFolder,
  moveInto,
  privateStream,
  removeFile,
  writePrivate,
} from './private-file.js';

/** Writes JSON, for its owner alone: the whole file appears, or none. Returns the text. @throws ERR_FILE. */
export async function writeJson(path: string, value: unknown): Promise<string> {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  try {
    await checkReplaceable(path);
    await writePrivate(`${path}.part`, text);
    await moveInto(`${path}.part`, path);
  } catch (error) {
    await removeFile(`${path}.part`).catch(() => undefined);
    throw fileError('write', path, error);
  }
  return text;
}

/** Removes a file that {@link writeJson} wrote, and what a writer that was killed left of it. Rejects with the system's error. */
export async function removeWhole(path: string): Promise<void> {
  await removeFile(path);
  await removeFile(`${path}.part`);
}

/**
 * Writes a stream of any length: the whole file appears, or none. A file of that name is replaced.
 *
 * @throws ERR_FILE, also for an error of the source, which is its cause; ERR_ABORTED.
 */
export async function writeWhole(
  path: string,
  source: AsyncIterable<Uint8Array | string>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const { signal } = options;
  const part = `${path}.part`;
  try {
    await checkReplaceable(path);
    await makePrivateFolder(dirname(path));
    await pipeline(source, privateStream(part), signal ? { signal } : {});
    await moveInto(part, path);
  } catch (cause) {
    await removeFile(part);
    const code = signal?.aborted ? 'ERR_ABORTED' : 'ERR_FILE';
    throw new JackfieldError(code, printable(`${path} was not written: ${messageOf(cause)}`), { cause });
  }
}

/** Moves a flushed file to its place, making folders. It is on the medium when this resolves. @throws ERR_FILE. */
export async function publishFile(from: string, to: string): Promise<void> {
  try {
    await makePrivateFolder(dirname(to));
    await moveInto(from, to);
    await syncFolder(dirname(to));
  } catch (error) {
    throw fileError('write', to, error);
  }
}

/** Makes a folder for its owner alone, if it is missing. @throws ERR_FILE. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makePrivateFolder(path);
  } catch (error) {
    throw fileError('make the folder', path, error);
  }
}

/** Flushes a file to the medium. @throws ERR_FILE. */
export async function syncFile(path: string): Promise<void> {
  try {
    await using handle = await open(path, 'r+');
    await handle.sync();
  } catch (error) {
    throw fileError('write', path, error);
  }
}

/** Flushes the names in a folder to the medium. Does nothing on Windows, which needs no such flush. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder);
  await handle.sync();
}

/** SHA-256 of a file, hexadecimal. @throws ERR_FILE. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    throw fileError('read', path, error);
  }
  return hash.digest('hex');
}

/** True when two names lead to the same file, through any links. False when there is no such file. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
