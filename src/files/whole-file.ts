import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { JackfieldError, messageOf } from '../base/errors.js';
import { fileError } from './file-error.js';
import {
  checkReplaceable,
  makePrivateFolder,
  moveInto,
  privateStream,
  removeFile,
  writePrivate,
} from './private-file.js';

/** Writes JSON, for its owner alone, so that the file is there whole or not at all. Returns the text. @throws ERR_FILE. */
export async function writeJson(path: string, value: unknown): Promise<string> {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  try {
    await checkReplaceable(path);
    await writePrivate(`${path}.part`, text);
    await moveInto(`${path}.part`, path);
  } catch (error) {
    throw fileError('write', path, error);
  }
  return text;
}

/**
 * Writes a stream of any length, so that the file is there whole or not at all; one of that name is replaced.
 * @throws ERR_FILE with what the source threw; ERR_ABORTED.
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
    throw new JackfieldError(code, `${path} was not written: ${messageOf(cause)}`, { cause });
  }
}

/** Moves a flushed file to its place, which is on the medium when this resolves. Folders are made. @throws ERR_FILE. */
export async function publishFile(from: string, to: string): Promise<void> {
  try {
    await makePrivateFolder(dirname(to));
    await moveInto(from, to);
    await syncFolder(dirname(to));
  } catch (error) {
    throw fileError('write', to, error);
  }
}

/** Makes a folder for its owner alone, where it is missing. @throws ERR_FILE. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makePrivateFolder(path);
  } catch (error) {
    throw fileError('make the folder', path, error);
  }
}

/** Has what was written into a file flushed to the medium. @throws ERR_FILE. */
export async function syncFile(path: string): Promise<void> {
  try {
    await using handle = await open(path, 'r+');
    await handle.sync();
  } catch (error) {
    throw fileError('write', path, error);
  }
}

/** Has the names in a folder flushed to the medium. Windows cannot open a folder, nor needs to. */
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

/** Whether two names lead to one file, by whatever link. False where there is none. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}
