import { randomBytes } from 'node:crypto';
import { lstat, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import type { Command } from 'commander';
import { JackfieldError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { fileError, isMissing } from '../files/file-error.js';
import { checkReplaceable, moveInto, moveIntoFree, removeFile, writePrivate } from '../files/private-file.js';
import { cutToBytes, MAX_NAME_BYTES } from '../files/safe-name.js';

// Commands write their output files only through this module: existing files are not replaced without `--force`.

/** Options of a command that writes to named files. */
export interface OutputOptions {
  /** True to replace existing files. */
  readonly force: boolean;
}

/** Adds the option of a command that writes to named files. */
export function withForce(command: Command): Command {
  return command.option('--force', 'replace existing files', false);
}

/**
 * Writes a file atomically. It appears when it is complete. After a failure or kill there is no partial file, and an
 * existing file is unchanged. The target may be read during the write.
 *
 * @param write Writes to the given path, which has the suffix of `path`.
 * @throws ERR_FILE when the file exists and `force` is not set, or when it cannot be written; errors of `write`.
 */
export async function intoFile<T>(
  path: string,
  options: OutputOptions,
  write: (part: string) => Promise<T>,
): Promise<T> {
  await checkOutput(path, options);
  const part = partOf(path);
  try {
    // Fails here, before any work, if the folder cannot be written.
    await writePrivate(part, '', 'wx');
    const result = await write(part);
    await (options.force ? moveInto(part, path) : moveIntoFree(part, path));
    return result;
  } catch (error) {
    throw asked(error, part, path);
  } finally {
    await removeFile(part);
  }
}

/** @throws ERR_FILE when {@link intoFile} would refuse this name. */
export async function checkOutput(path: string, { force }: OutputOptions): Promise<void> {
  try {
    await checkReplaceable(path);
    const is = await lstat(path).catch(absent);
    if (is !== undefined && !force) throw taken(path);
  } catch (error) {
    throw error instanceof JackfieldError ? error : fileError('write', path, error);
  }
}

/**
 * Checks an output folder. It may be missing or empty.
 *
 * @throws ERR_FILE when it is not empty and `force` is not set, or is not a folder.
 */
export async function checkOutputFolder(path: string, { force }: OutputOptions): Promise<void> {
  try {
    if ((await stat(path).catch(absent)) === undefined) return;
    const [something] = await readdir(path);
    if (something !== undefined && !force) throw taken(path);
  } catch (error) {
    throw error instanceof JackfieldError ? error : fileError('write to', path, error);
  }
}

/** Creates a temporary folder. Disposing it removes it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'jackfield-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A unique name beside a file. */
function partOf(path: string): string {
  const ending = extname(path);
  const name = cutToBytes(basename(path, ending), MAX_NAME_BYTES);
  return join(dirname(path), `${name}.${randomBytes(4).toString('hex')}.part${cutToBytes(ending, 20)}`);
}

/** System calls of an open file that only writing makes. */
const WRITES: ReadonlySet<unknown> = new Set(['write', 'ftruncate', 'fsync', 'fdatasync']);

/** Rewrites an error to name the output instead of its part file. */
function asked(error: unknown, part: string, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const { code, path: of, dest, syscall } = error as NodeJS.ErrnoException & { readonly dest?: string };
  // Errors of an open file, such as a full disk, name no path.
  const isUnnamed = of === undefined && WRITES.has(syscall);
  if (of === part || dest === path || isUnnamed)
    return code === 'EEXIST' ? taken(path) : fileError('write', path, error);
  error.message = error.message.replaceAll(`${part}.part`, path).replaceAll(part, path);
  return error;
}

function taken(path: string): JackfieldError {
  return new JackfieldError(
    'ERR_FILE',
    `${printable(path)} exists: give --force to replace it, or another name.`,
  );
}

function absent(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
