import type { Stats } from 'node:fs';
import { printable } from '../base/printable.js';

/**
 * Identity of a file: its device, its number and the time when it was made, since a number may be given to another
 * file.
 */
export function fileIdentity({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}

/**
 * Files that this process is reading, with the number of readers. There is one map for the process, like the system's
 * table of open files.
 */
const readers = new Map<string, number>();

/** Notes that a file is being read, until the function that it returns is called. */
export function noteReading(is: Stats): () => void {
  const identity = fileIdentity(is);
  const add = (count: number) => {
    const left = (readers.get(identity) ?? 0) + count;
    if (left > 0) readers.set(identity, left);
    else readers.delete(identity);
  };
  add(1);
  return () => add(-1);
}

/**
 * Checks that a file which is to be emptied is not being read in this process: its reader would continue in another
 * content.
 *
 * @param is The file, if there is one.
 * @throws an error like those of the system, with the code EREADING.
 */
export function checkNotRead(path: string, is: Stats | undefined): void {
  if (!is || !readers.has(fileIdentity(is))) return;
  const text = `${printable(path)} is being read and was not overwritten`;
  throw Object.assign(new Error(text), { code: 'EREADING', syscall: 'open', path });
}
