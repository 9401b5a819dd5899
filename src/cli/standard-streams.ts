import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { invalidArgument } from '../base/errors.js';
import { privateStream } from '../files/private-file.js';
import { intoFile, type OutputOptions, temporaryFolder } from './outputs.js';

/** File name for standard input or output. */
export const STANDARD = '-';

/** An input file. Disposing it removes a copy of standard input. */
export interface InputFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Opens the file of this name. For `-`, standard input is copied to a temporary file, because audio files need random
 * access.
 *
 * @throws ERR_INVALID_ARG when standard input is a terminal; ERR_ABORTED when the signal fires.
 */
export async function inputFile(path: string, signal: AbortSignal): Promise<InputFile> {
  if (path !== STANDARD) return { path, [Symbol.asyncDispose]: async () => undefined };
  if (process.stdin.isTTY) throw invalidArgument('-', 'a pipe or a file on standard input', 'a terminal');
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

/** Opens the files of these names, as {@link inputFile}. @throws ERR_INVALID_ARG when `-` is given twice. */
export async function inputFiles(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly paths: readonly string[] }> {
  if (paths.filter((path) => path === STANDARD).length > 1) {
    throw invalidArgument('-', 'among the inputs only once', paths.join(' '));
  }
  const files: InputFile[] = [];
  // One at a time: only standard input needs to wait.
  for (const path of paths) files.push(await inputFile(path, signal));
  return {
    paths: files.map(({ path }) => path),
    [Symbol.asyncDispose]: async () => {
      for (const file of files) await file[Symbol.asyncDispose]();
    },
  };
}

/**
 * Writes a file as {@link intoFile}. `-` is standard output, which gets the complete output at the end.
 *
 * @throws as `intoFile`; ERR_INVALID_ARG when standard output is a terminal.
 */
export async function intoOutput<T>(
  path: string,
  options: OutputOptions,
  write: (part: string) => Promise<T>,
): Promise<T> {
  if (path !== STANDARD) return await intoFile(path, options, write);
  if (process.stdout.isTTY) throw invalidArgument('-', 'a pipe or a file on standard output', 'a terminal');
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'output');
  const result = await write(file);
  await pipeline(createReadStream(file), process.stdout, { end: false });
  return result;
}
