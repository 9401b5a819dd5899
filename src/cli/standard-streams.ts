import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { invalidArgument } from '../base/errors.js';
import { privateStream } from '../files/private-file.js';
import { intoFile, type OutputOptions, temporaryFolder } from './outputs.js';

/** Stands for standard input or output in place of a file name. */
export const STANDARD = '-';

/** A file to be read; disposing it removes it where it is a copy of standard input. */
export interface InputFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * The file of this name; for `-` all of standard input in a temporary file, as files of sound are read back and forth.
 *
 * @throws ERR_INVALID_ARG where a terminal is standard input; ERR_ABORTED when the signal fires.
 */
export async function inputFile(path: string, signal: AbortSignal): Promise<InputFile> {
  if (path !== STANDARD) return { path, [Symbol.asyncDispose]: async () => undefined };
  if (process.stdin.isTTY) throw invalidArgument('-', 'a pipe or a file, as standard input', 'a terminal');
  const folder = await temporaryFolder();
  try {
    const copy = join(folder.path, 'standard-input');
    await pipeline(process.stdin, privateStream(copy), { signal });
    return { ...folder, path: copy };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw signal.aborted ? signal.reason : error;
  }
}

/** The files of these names, as {@link inputFile}. @throws ERR_INVALID_ARG where `-` is among them twice. */
export async function inputFiles(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly paths: readonly string[] }> {
  if (paths.filter((path) => path === STANDARD).length > 1) {
    throw invalidArgument('-', 'among the inputs once', paths.join(' '));
  }
  const files: InputFile[] = [];
  // One after the other: only one of them waits for anything.
  for (const path of paths) files.push(await inputFile(path, signal));
  return {
    paths: files.map(({ path }) => path),
    [Symbol.asyncDispose]: async () => {
      for (const file of files) await file[Symbol.asyncDispose]();
    },
  };
}

/**
 * Does what {@link intoFile} does; `-` is standard output, to which the whole is written when it is complete.
 *
 * @throws as `intoFile`; ERR_INVALID_ARG where a terminal is standard output.
 */
export async function intoOutput<T>(
  path: string,
  options: OutputOptions,
  write: (part: string) => Promise<T>,
): Promise<T> {
  if (path !== STANDARD) return await intoFile(path, options, write);
  if (process.stdout.isTTY) throw invalidArgument('-', 'a pipe or a file, as standard output', 'a terminal');
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'output');
  const result = await write(file);
  await pipeline(createReadStream(file), process.stdout, { end: false });
  return result;
}
