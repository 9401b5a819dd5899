import { entryOf } from '../base/entry-of.js';
import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'The file, or the folder for it, does not exist.',
  EACCES: 'This user may not access it.',
  EPERM: 'This user may not access it.',
  EISDIR: 'It is a folder.',
  ENOTDIR: 'A part of the path is not a folder.',
  EEXIST: 'It already exists.',
  EREADING: 'It is being read and was not overwritten.',
  ENOTREG: 'The path is not a regular file and was not replaced.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'The quota of the disk is used up.',
  ENAMETOOLONG: 'A name in it is too long.',
  EFBIG: 'It would be larger than the limit of files (ulimit -f) or the file system allows.',
  EROFS: 'The file system is read-only.',
  SQLITE_NOTADB: 'It is damaged or not a database: move it away to start a new one.',
  SQLITE_CORRUPT: 'It is damaged: move it away to start a new one.',
  EMFILE: 'This process has too many files open: raise the limit (ulimit -n).',
};

const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** True when an error says that a file, or a folder on its path, does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** True when an error says that a path leads nowhere: what it names is missing, or a part of it is no folder. */
export function isNowhere(error: unknown): boolean {
  return isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'ENOTDIR');
}

/** True when an error or its cause says that there is no room: the disk is full, a quota or a limit is used up. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && DISK_FULL.has(error.code)) || isDiskFull(error.cause);
}

/** Makes an ERR_FILE that names the action, the path and the system's answer, in one {@link printable} line. */
export function fileError(action: string, path: string, cause: unknown): JackfieldError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const advice = isInTheWay(cause) ? IN_THE_WAY : (entryOf(ADVICE, code) ?? messageOf(cause));
  const text = `Cannot ${action} ${path}: ${advice}${code ? ` (${code})` : ''}`;
  return new JackfieldError('ERR_FILE', printable(text), { cause });
}

const IN_THE_WAY = 'Its path, or a part of it, is not a folder.';

/** True where a folder cannot be made because of what is there. */
function isInTheWay(cause: unknown): boolean {
  return cause instanceof Error && 'syscall' in cause && cause.syscall === 'mkdir' && 'code' in cause
    ? cause.code === 'EEXIST' || cause.code === 'ENOTDIR'
    : false;
}
