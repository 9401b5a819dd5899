import { closeSync, ftruncateSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { isMissing } from '../../files/file-error.js';
import { FolderLock } from '../../files/folder-lock.js';
import { makePrivateFolder, openPrivateSync } from '../../files/private-file.js';

/** One line of the file. A record without a value was deleted. */
interface Entry {
  readonly key: string;
  readonly value?: unknown;
}

/** Outdated bytes that are allowed in the file before it is rewritten, in addition to as many bytes as are current. */
const MAX_STALE_BYTES = 1_048_576;

/**
 * Keeps records by key in a file that survives a SIGKILL at any moment. Each change, or each transaction, is one
 * appended line. The operating system has the line when {@link put} or {@link commit} returns. An incomplete last line
 * is dropped when the file is read. Data that could not be written stays in memory and is written with the next change;
 * the disk's error is thrown.
 */
export class StateJournal {
  readonly #path: string;
  readonly #records = new Map<string, unknown>();
  /** Keys whose newest value is not in the file yet. */
  readonly #unwritten = new Set<string>();
  #lock: FolderLock | undefined;
  #file: number | undefined;
  #length = 0;
  /** Depth of open transactions, which may be nested. */
  #depth = 0;
  /** Bytes of the file that are current, and of each record. */
  #live = 0;
  readonly #sizes = new Map<string, number>();

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens or creates the journal of a folder, and locks it for this process.
   *
   * @throws ERR_FILE when it cannot be read or written; ERR_INVALID_STATE when another process has it open;
   * ERR_UNSUPPORTED without the package `libsql`.
   */
  static async open(folder: string): Promise<StateJournal> {
    const journal = new StateJournal(join(folder, 'exchange.jsonl'));
    try {
      await makePrivateFolder(folder);
      journal.#lock = FolderLock.take(folder, 'served from');
      journal.#load();
      journal.#rewrite();
    } catch (error) {
      journal.#lock?.release();
      if (error instanceof JackfieldError) throw error;
      throw fileError(`${journal.#path} cannot be opened`, error);
    }
    return journal;
  }

  /** Iterates over the records whose key begins with `prefix`: the rest of the key, and the value. */
  *entries(prefix: string): Generator<[rest: string, value: unknown]> {
    for (const [key, value] of this.#records) {
      if (key.startsWith(prefix)) yield [key.slice(prefix.length), value];
    }
  }

  get(key: string): unknown {
    return this.#records.get(key);
  }

  /** Stores a value, which must be JSON. @throws ERR_FILE when it cannot be written; the value is kept in memory. */
  put(key: string, value: unknown): void {
    // An equal value is not written again, unless an earlier write has failed.
    if (typeof value !== 'object' && this.#records.get(key) === value && this.#unwritten.size === 0) return;
    this.#records.set(key, value);
    this.#write(key);
  }

  /** Deletes a record. @throws ERR_FILE as {@link put}. */
  delete(key: string): void {
    if (this.#records.delete(key)) this.#write(key);
  }

  /** Begins a transaction. All changes until {@link commit} are in the file, or none. */
  begin(): void {
    this.#depth++;
  }

  /** Ends the innermost transaction. @throws ERR_FILE as {@link put}. */
  commit(): void {
    this.#depth--;
    if (this.#depth === 0 && this.#unwritten.size > 0) this.#writeOut();
  }

  /** Closes the file. @throws ERR_FILE when earlier changes still cannot be written; the file is closed anyway. */
  close(): void {
    try {
      if (this.#unwritten.size > 0) this.#writeOut();
    } finally {
      this.#release();
      this.#lock?.release();
      this.#lock = undefined;
    }
  }

  #load(): void {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    const lines = text.split('\n');
    // Text after the last line feed is an incomplete line.
    lines.pop();
    for (const line of lines) {
      const entries = JSON.parse(line) as Entry | readonly Entry[];
      for (const { key, value } of Array.isArray(entries) ? entries : [entries]) {
        if (value === undefined) this.#records.delete(key);
        else this.#records.set(key, value);
      }
    }
  }

  /** Writes all records into a new file, which replaces the old one. */
  #rewrite(): void {
    const next = `${this.#path}.next`;
    const lines = Array.from(this.#records, ([key, value]) => line({ key, value }));
    const file = openPrivateSync(next, 'w');
    try {
      this.#length = append(file, lines.join(''), 0);
      renameSync(next, this.#path);
    } catch (error) {
      closeSync(file);
      rmSync(next, { force: true });
      throw error;
    }
    this.#release();
    this.#file = file;
    this.#live = this.#length;
    this.#sizes.clear();
    for (const [index, key] of [...this.#records.keys()].entries()) {
      this.#sizes.set(key, Buffer.byteLength(lines[index] ?? ''));
    }
    this.#unwritten.clear();
  }

  /** Counts the newest line of a record as current. A deleted record has none. */
  #count(key: string, text: string): void {
    const size = this.#records.has(key) ? Buffer.byteLength(text) : 0;
    this.#live += size - (this.#sizes.get(key) ?? 0);
    if (size > 0) this.#sizes.set(key, size);
    else this.#sizes.delete(key);
  }

  #release(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #write(key: string): void {
    this.#unwritten.add(key);
    if (this.#depth === 0) this.#writeOut();
  }

  /** Appends all changes that are not in the file yet, as one line. */
  #writeOut(): void {
    if (this.#file === undefined) return;
    try {
      const entries = Array.from(this.#unwritten, (key) => ({ key, value: this.#records.get(key) }));
      const [first, ...rest] = entries;
      this.#length += append(this.#file, line(first && rest.length === 0 ? first : entries), this.#length);
      for (const entry of entries) this.#count(entry.key, line(entry));
      this.#unwritten.clear();
      if (this.#length > 2 * this.#live + MAX_STALE_BYTES) this.#rewrite();
    } catch (error) {
      throw fileError(`${this.#path} cannot be written; changes are only in memory`, error);
    }
  }
}

function line(entries: Entry | readonly Entry[]): string {
  return `${JSON.stringify(entries)}\n`;
}

/** Writes all of `text` at `position`. On an error it removes the part that was written. */
function append(file: number, text: string, position: number): number {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) {
      written += writeSync(file, bytes, written, bytes.length - written, position + written);
    }
    return written;
  } catch (error) {
    ftruncateSync(file, position);
    throw error;
  }
}

function fileError(what: string, cause: unknown): JackfieldError {
  return new JackfieldError('ERR_FILE', printable(`${what}: ${messageOf(cause)}.`), { cause });
}
