import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type Sqlite from 'libsql';
import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { openPrivateSync } from './private-file.js';
import { loadSqlite } from './sqlite.js';

const NAME = '.lock';

/**
 * Reserves a folder for one owner in one process, by an SQLite file with an open transaction. The system releases the
 * lock when the process ends, however it ends, so that none is left behind. The lock also holds between containers that
 * share a folder and do not see each other's processes.
 */
export class FolderLock implements Disposable {
  readonly #db: Sqlite.Database;

  private constructor(db: Sqlite.Database) {
    this.#db = db;
  }

  /**
   * @param doing The use of the folder, for the message to those who find it taken, such as `recorded to`.
   * @throws ERR_INVALID_STATE when it is taken, with the process that has it; ERR_FILE; ERR_UNSUPPORTED without the
   * package `libsql`.
   */
  static take(folder: string, doing: string): FolderLock {
    const Libsql = loadSqlite();
    const path = join(folder, NAME);
    let db: Sqlite.Database | undefined;
    try {
      // SQLite would make it readable for all.
      closeSync(openPrivateSync(path, 'a'));
      db = new Libsql(path, { timeout: 0 });
      db.exec('BEGIN IMMEDIATE');
      db.exec('CREATE TABLE IF NOT EXISTS owner (pid INTEGER)');
      db.exec(`DELETE FROM owner; INSERT INTO owner VALUES (${process.pid})`);
      // The next one to try can read the owner only once it is committed.
      db.exec('COMMIT; BEGIN IMMEDIATE');
      return new FolderLock(db);
    } catch (cause) {
      const taken = isBusy(cause) ? ownerOf(db) : undefined;
      db?.close();
      if (taken === undefined) {
        throw new JackfieldError('ERR_FILE', printable(`Cannot lock ${path}: ${messageOf(cause)}`), {
          cause,
        });
      }
      const text = `${printable(folder)} is already being ${doing}, by ${taken}: end that process first, or choose another folder.`;
      throw new JackfieldError('ERR_INVALID_STATE', text, { cause });
    }
  }

  release(): void {
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

function ownerOf(db: Sqlite.Database | undefined): string {
  try {
    const row = db?.prepare('SELECT pid FROM owner').get() as { pid: number } | undefined;
    if (row) return row.pid === process.pid ? 'this process' : `process ${row.pid}`;
  } catch {
    // The lock is being taken at this moment, and its owner is not written yet.
  }
  return 'another process';
}
