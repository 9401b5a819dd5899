import { closeSync, existsSync, statSync } from 'node:fs';
import type Sqlite from 'libsql';
import type { z } from 'zod';
import { checkArgument, either, type Rule, rule, within, words } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { fileError } from './file-error.js';
import { openPrivateSync } from './private-file.js';
import { loadSqlite } from './sqlite.js';

/** Values of a column. */
export type SqlValue = string | number | null;

/** Columns of a query's rows, with the values that each may hold. */
export type RowSchema = z.ZodObject;

/** Rows of a query that match their schema, and an error for each that does not. */
export interface CheckedRows<Row extends object> {
  readonly rows: Row[];
  readonly faults: JackfieldError[];
  /** The last row, whether it matches or not. */
  readonly last: { readonly [Name in keyof Row]?: unknown } | undefined;
}

/** Options of {@link Database.open}. */
interface DatabaseOptions {
  readonly advice?: string;
  readonly check?: 'pages' | 'header';
  readonly existing?: boolean;
}

/** Time between two looks at a file that another process has locked, in ms. */
const BUSY_LOOK_MS = 5;
const BUSY_TIMEOUT_MS = 5000;
const MAX_STATEMENTS = 200;
/** SQLite's codes for a file that is damaged or is not a database. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB|ERROR$|FORMAT|IOERR_SHORT_READ)/;
/** Values that `libsql` takes. It ends the process for anything else. */
const VALUE: Rule = either(
  words,
  within(-Number.MAX_VALUE, Number.MAX_VALUE),
  rule('null', (value) => value === null),
);
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * An SQLite file: opened in WAL mode, checked, migrated to the newest version of its tables, its statements prepared
 * once. Every {@link write} is one transaction, which a killed process cannot lose. The file is not trusted: each row
 * that is read is checked by a schema.
 */
export class Database implements Disposable {
  readonly path: string;
  readonly #db: Sqlite.Database;
  /** The file that was opened, apart from its name. Absent for a database in memory. */
  readonly #file: string | undefined;
  readonly #statements = new Map<string, Sqlite.Statement>();

  private constructor(path: string, db: Sqlite.Database) {
    this.path = path;
    this.#db = db;
    this.#file = db.memory ? undefined : fileAt(path);
  }

  /**
   * Opens a database, or makes a new one.
   *
   * @param migrations SQL from each version of the tables to the next; the first makes them.
   * @param options.advice Advice for the message about a damaged file. Default: to move it away.
   * @param options.check `pages` (default) looks at every page, which takes about 2 ms for each MB; `header` at the first
   * alone: damage elsewhere shows when it is read.
   * @param options.existing True to leave a missing file missing: the database is an empty one in memory then. Default false.
   * @throws ERR_FILE when the file cannot be opened, is damaged (see {@link isDamage}), or was written by a newer
   * Jackfield; ERR_UNSUPPORTED without the package `libsql`.
   */
  static open(path: string, migrations: readonly string[], options: DatabaseOptions = {}): Database {
    const Libsql = loadSqlite();
    try {
      // SQLite would make it readable for all. The files that it keeps beside it get the same mode.
      const isMissing = options.existing === true && !existsSync(path);
      if (!isMissing) closeSync(openPrivateSync(path, 'a'));
      const db = new Libsql(isMissing ? ':memory:' : path, { timeout: BUSY_TIMEOUT_MS });
      try {
        // Functions that a tampered schema calls must have no effects.
        db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
        db.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
        enterWal(db);
        const database = new Database(path, db);
        if (options.check !== 'header') database.#check();
        database.#migrate(migrations);
        return database;
      } catch (error) {
        db.close();
        throw error;
      }
    } catch (cause) {
      const error = fileError('open the database', path, cause);
      if (options.advice === undefined || !isDamage(error)) throw error;
      const text = `Cannot open the database ${printable(path)}: it is damaged. ${options.advice}`;
      throw new JackfieldError('ERR_FILE', text, { cause });
    }
  }

  /**
   * An error when somebody has removed or replaced the file since it was opened: what is written goes to a file without
   * a name, and is lost with the process.
   */
  get gone(): JackfieldError | undefined {
    if (this.#file === undefined || this.#file === fileAt(this.path)) return undefined;
    const text = `Somebody has removed or replaced the database ${printable(this.path)} while it was open: it has nothing new.`;
    return new JackfieldError('ERR_FILE', `${text} Start this program again.`);
  }

  /**
   * Checks more than opening does: that indices agree with their tables, and that full-text indices are consistent.
   *
   * @param fullText Names of the full-text tables.
   * @throws ERR_FILE where they do not (see {@link isDamage}).
   */
  checkWhole(fullText: readonly string[]): void {
    this.#attempt('read', () => this.#check('integrity_check'));
    for (const table of fullText) this.run(`INSERT INTO ${table} (${table}) VALUES ('integrity-check')`);
  }

  /** The first row, if there is one. @throws ERR_FILE, also when a row does not match its schema. */
  get<S extends RowSchema>(schema: S, sql: string, ...values: SqlValue[]): z.output<S> | undefined {
    return this.all(schema, sql, ...values)[0];
  }

  /** All rows. @throws ERR_FILE, also when one of them does not match its schema. */
  all<S extends RowSchema>(schema: S, sql: string, ...values: SqlValue[]): z.output<S>[] {
    const { rows, faults } = this.checked(schema, sql, ...values);
    if (faults[0]) throw faults[0];
    return rows;
  }

  /** All rows, with an error for each that does not match its schema. @throws ERR_FILE */
  checked<S extends RowSchema>(schema: S, sql: string, ...values: SqlValue[]): CheckedRows<z.output<S>> {
    const safe = `SELECT ${columnsOf(schema)} FROM (${sql})`;
    checkValues(values);
    const raw = this.#attempt('read', () => this.#statement(safe).all(values) as RawRow[]).map(decoded);
    const rows: z.output<S>[] = [];
    const faults: JackfieldError[] = [];
    for (const each of raw) {
      const row = schema.safeParse(each);
      if (row.success) rows.push(row.data);
      else faults.push(this.#rowFault(row.error.issues));
    }
    return { rows, faults, last: raw.at(-1) as CheckedRows<z.output<S>>['last'] };
  }

  /** Runs a statement and returns the number of changed rows. @throws ERR_FILE; nothing has changed then. */
  run(sql: string, ...values: SqlValue[]): number {
    checkValues(values);
    return this.#attempt('write', () => this.#statement(sql).run(values).changes);
  }

  /**
   * Does work in one transaction, which is rolled back when the work throws.
   *
   * @param durable True to have it on the medium when this returns, so that a power cut cannot lose it. Default false.
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
        // SQLite has ended the transaction already when the disk is full.
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
        if (durable) this.#db.exec('PRAGMA synchronous = NORMAL');
      }
    });
  }

  /**
   * Removes all traces of deleted rows: from full-text indices, from pages, and from the files that SQLite keeps beside
   * the database.
   *
   * @param fullText Names of the full-text tables.
   * @throws ERR_FILE, also while another process writes for long.
   */
  scrub(fullText: readonly string[]): void {
    for (const table of fullText) this.run(`INSERT INTO ${table} (${table}) VALUES ('optimize')`);
    this.#attempt('write', () => {
      this.#statements.clear();
      this.#db.exec('VACUUM');
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    });
  }

  /**
   * Closes the database. Everything written is then in the file itself, unless another process is reading it. `libsql`
   * keeps its connection until the last statement is garbage-collected or the process ends; the files that SQLite keeps
   * beside the database stay until then.
   */
  close(): void {
    if (!this.#db.open) return;
    this.#statements.clear();
    try {
      // Waits for nobody.
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      // The disk is full, or the file damaged: what was written stays safe beside it.
      if (!isOfSqlite(error)) throw error;
    } finally {
      this.#db.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Turns an error of SQLite into one that names the file. */
  #attempt<T>(action: 'read' | 'write', work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw isOfSqlite(error) ? fileError(action, this.path, error) : error;
    }
  }

  /** Checks the file. @throws an error like SQLite's own when it is damaged. */
  #check(check: 'quick_check' | 'integrity_check' = 'quick_check'): void {
    const sql = `SELECT CAST(${check} AS BLOB) AS found FROM pragma_${check}(1)`;
    const { found } = this.#db.prepare(sql).get() as { found: ArrayBuffer };
    const text = new TextDecoder().decode(found);
    if (text !== 'ok') throw Object.assign(new Error(text), { code: 'SQLITE_CORRUPT' });
  }

  #rowFault(issues: readonly z.core.$ZodIssue[]): JackfieldError {
    const why = issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    return new JackfieldError(
      'ERR_FILE',
      `A row of ${printable(this.path)} is damaged, or was not written by Jackfield: ${why}`,
      { cause: new RowDamage(why) },
    );
  }

  /** Another process may migrate it at the same moment: each step reads the version when it alone may write. */
  #migrate(migrations: readonly string[]): void {
    const version = this.#version();
    if (version > migrations.length) {
      throw new Error(
        `it has version ${version}; this version of Jackfield supports up to ${migrations.length}`,
      );
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.write(() => {
        if (this.#version() === index) this.#db.exec(`${migration}; PRAGMA user_version = ${index + 1}`);
      });
    }
  }

  #version(): number {
    return (this.#db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  }

  /** Keeps prepared statements, since preparing takes longer than running. Only queries have many different texts. */
  #statement(sql: string): Sqlite.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      if (this.#statements.size < MAX_STATEMENTS) this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function isOfSqlite(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_');
}

function checkValues(values: readonly SqlValue[]): void {
  for (const value of values) checkArgument('a value of a row', value, VALUE);
}

const COLUMNS = new WeakMap<RowSchema, string>();

/** Reads texts as bytes: libsql ends the process when a text, or the name of a column, is not UTF-8. */
function columnsOf(schema: RowSchema): string {
  let columns = COLUMNS.get(schema);
  if (columns === undefined) {
    const bytes = (name: string) =>
      `iif(typeof([${name}]) = 'text', CAST([${name}] AS BLOB), [${name}]) AS [${name}]`;
    columns = Object.keys(schema.shape).map(bytes).join(', ');
    COLUMNS.set(schema, columns);
  }
  return columns;
}

type RawRow = Readonly<Record<string, string | number | null | ArrayBuffer>>;

/** Decodes the texts of a row. A text that is not UTF-8 stays bytes, which no schema accepts. */
function decoded(raw: RawRow): Record<string, unknown> {
  const values = Object.entries(raw).map(([name, value]) => {
    if (!(value instanceof ArrayBuffer)) return [name, value];
    try {
      return [name, DECODER.decode(value)];
    } catch {
      return [name, value];
    }
  });
  return Object.fromEntries(values);
}

/** True when an error of {@link Database} says that the content of the file is damaged, not that access failed. */
export function isDamage(error: unknown): boolean {
  const cause = error instanceof JackfieldError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && DAMAGE.test(String(cause.code));
}

/** Values in a row that its schema does not accept. */
class RowDamage extends Error {}

/** True when an error of {@link Database} says that a row does not match its schema. Other rows may match theirs. */
export function isRowDamage(error: unknown): boolean {
  return error instanceof JackfieldError && error.cause instanceof RowDamage;
}

/** Turns on the write-ahead log, for which SQLite does not wait while another process does the same. */
function enterWal(db: Sqlite.Database): void {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
      if (!isBusy || performance.now() > deadline) throw error;
      // As SQLite waits elsewhere: this thread stands still.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_LOOK_MS);
    }
  }
}

/** Identity of the file at a path, whatever its name is. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
