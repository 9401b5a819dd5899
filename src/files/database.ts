import { closeSync } from 'node:fs';
import type Sqlite from 'libsql';
import { fileError } from './file-error.js';
import { openPrivateSync } from './private-file.js';
import { loadSqlite } from './sqlite.js';

/** What a column can hold here. */
export type SqlValue = string | number | null;

const BUSY_TIMEOUT_MS = 5000;
const MAX_STATEMENTS = 200;

/**
 * An SQLite file: opened in WAL mode, brought to the newest version of its tables, its statements prepared once.
 * Every {@link write} is one transaction, which a killed process cannot lose.
 */
export class Database implements Disposable {
  readonly path: string;
  readonly #db: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement>();

  private constructor(path: string, db: Sqlite.Database) {
    this.path = path;
    this.#db = db;
  }

  /**
   * Opens a database, or begins one.
   *
   * @param migrations Lead from each version of the tables to the next; the first makes them.
   * @throws ERR_FILE when the file cannot be opened, is no database, or was written by a newer Jackfield;
   * ERR_UNSUPPORTED without the package `libsql`.
   */
  static open(path: string, migrations: readonly string[]): Database {
    const Libsql = loadSqlite();
    try {
      // SQLite would make it readable for all; what it keeps beside the file has the file's mode.
      closeSync(openPrivateSync(path, 'a'));
      const db = new Libsql(path, { timeout: BUSY_TIMEOUT_MS });
      try {
        db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
        const database = new Database(path, db);
        database.#migrate(migrations);
        return database;
      } catch (error) {
        db.close();
        throw error;
      }
    } catch (cause) {
      throw fileError('open the database', path, cause);
    }
  }

  /** The first row, if there is one. @throws ERR_FILE */
  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#attempt('read', () => this.#statement(sql).get(values) as Row | undefined);
  }

  /** @throws ERR_FILE */
  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#attempt('read', () => this.#statement(sql).all(values) as Row[]);
  }

  /** Returns how many rows it changed. @throws ERR_FILE, on a full disk for instance: nothing has changed then. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#attempt('write', () => this.#statement(sql).run(values).changes);
  }

  /**
   * Does work in one transaction, which what it throws undoes.
   *
   * @param durable Whether it is on the medium when this returns, so that a power cut cannot lose it. Default false.
   * @throws ERR_FILE
   */
  write<T>(work: () => T, durable = false): T {
    return this.#attempt('write', () => {
      if (durable) this.#db.exec('PRAGMA synchronous = FULL');
      try {
        this.#db.exec('BEGIN IMMEDIATE');
        const result = work();
        this.#db.exec('COMMIT');
        return result;
      } finally {
        // A disk that is full has ended the transaction already.
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
        if (durable) this.#db.exec('PRAGMA synchronous = NORMAL');
      }
    });
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What SQLite throws, as an error that names the file. */
  #attempt<T>(action: 'read' | 'write', work: () => T): T {
    try {
      return work();
    } catch (error) {
      const isSqlite = error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_');
      throw isSqlite ? fileError(action, this.path, error) : error;
    }
  }

  #migrate(migrations: readonly string[]): void {
    const version = this.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
    if (version > migrations.length) {
      throw new Error(`it is of version ${version}, this Jackfield knows up to ${migrations.length}`);
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.write(() => this.#db.exec(`${migration}; PRAGMA user_version = ${index + 1}`));
    }
  }

  /** Preparing takes longer than running; the texts are few, but for those of queries. */
  #statement(sql: string): Sqlite.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      if (this.#statements.size < MAX_STATEMENTS) this.#statements.set(sql, statement);
    }
    return statement;
  }
}
