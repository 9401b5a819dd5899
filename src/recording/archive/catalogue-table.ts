import { join, relative } from 'node:path';
import type { JackfieldError } from '../../base/errors.js';
import type { Database, RowSchema, SqlValue } from '../../files/database.js';
import { KEY_ROW } from '../../files/row.js';
import type { RecordingSidecar } from '../sidecar.js';
import { readFigures } from './analysis-file.js';
import { readAnnotations } from './annotation-file.js';
import {
  type CatalogueEntry,
  catalogueEntryOf,
  columnsOf,
  HELD_ROW,
  RECORDING_ROW,
  wordsOf,
} from './catalogue-entry.js';
import { readTranscript, spokenLines } from './transcript-file.js';

/** A recording for the catalogue. */
export interface CataloguedRecording {
  /** Path of its audio, relative to the folder. */
  readonly path: string;
  readonly sidecar: RecordingSidecar;
  /** Bytes of its audio and outputs. */
  readonly size: number;
}

const SQL =
  'INSERT INTO words (rowid, partner, tags, marks, notes, transcript, said_local, said_remote) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';

/** The rows of a catalogue. It does not change the files of recordings: the owner does. */
export class CatalogueTable {
  readonly #db: Database;
  readonly #folder: string;

  /** @param folder The recordings' folder, absolute. */
  constructor(db: Database, folder: string) {
    this.#db = db;
    this.#folder = folder;
  }

  /** An error when somebody has removed or replaced the database since it was opened. */
  get gone(): JackfieldError | undefined {
    return this.#db.gone;
  }

  /**
   * Adds or updates the row of a recording. A legal hold stays.
   *
   * @param before Runs in the same transaction, before the files beside the audio are read.
   * @throws ERR_FILE
   */
  put(recording: CataloguedRecording, before?: () => void): void {
    this.#db.write(() => {
      before?.();
      putRecording(this.#db, this.#folder, recording);
    });
  }

  /** Entries that match an SQL condition. Damaged rows are left out. */
  entries(rest: string, ...values: SqlValue[]): CatalogueEntry[] {
    return this.#db
      .checked(RECORDING_ROW, `SELECT * FROM recordings ${rest}`, ...values)
      .rows.map(catalogueEntryOf);
  }

  /** Messages about the damaged rows. */
  faults(): string[] {
    return this.#db.checked(RECORDING_ROW, 'SELECT * FROM recordings').faults.map(({ message }) => message);
  }

  /** True when a file is the audio of a recording. */
  has(file: string): boolean {
    const sql = 'SELECT key FROM recordings WHERE file = ?';
    return this.#db.get(KEY_ROW, sql, relative(this.#folder, file)) !== undefined;
  }

  /** The key of a row, and its legal hold. */
  held({ file }: Pick<CatalogueEntry, 'file'>) {
    return this.#db.get(HELD_ROW, 'SELECT * FROM recordings WHERE file = ?', file);
  }

  setHold({ file }: Pick<CatalogueEntry, 'file'>, reason: string | undefined): void {
    this.#db.run('UPDATE recordings SET hold = ? WHERE file = ?', reason ?? null, file);
  }

  /** Deletes the row of a file. The file stays. */
  forget(file: string): void {
    const key = this.#db.get(KEY_ROW, 'SELECT key FROM recordings WHERE file = ?', file)?.key;
    if (key !== undefined) this.#delete(key);
  }

  /** Deletes the rows that do not fit a schema. Their files stay. */
  forgetUnless(schema: RowSchema): void {
    for (const { key } of this.#db.all(KEY_ROW, 'SELECT key FROM recordings')) {
      const sql = 'SELECT * FROM recordings WHERE key = ?';
      if (this.#db.checked(schema, sql, key).faults.length > 0) this.#delete(key);
    }
  }

  #delete(key: number): void {
    this.#db.write(() => {
      this.#db.run('DELETE FROM words WHERE rowid = ?', key);
      this.#db.run('DELETE FROM recordings WHERE key = ?', key);
    });
  }

  /**
   * Overwrites the remains of deleted rows in the database's files. Takes as long as copying the database.
   *
   * @throws ERR_FILE
   */
  scrub(): void {
    this.#db.scrub(['words']);
  }

  close(): void {
    this.#db.close();
  }
}

/** Writes a recording's row and words from the files beside its audio. Must run in a transaction. @throws ERR_FILE */
function putRecording(db: Database, folder: string, recording: CataloguedRecording): void {
  const { path, sidecar, size } = recording;
  const { key } = db.get(KEY_ROW, 'SELECT key FROM recordings WHERE file = ?', path) ?? {};
  const file = join(folder, path);
  const transcript = readTranscript(file, sidecar);
  const noted = readAnnotations(file, sidecar);
  // A transcript written by a person takes precedence over that of an engine.
  const isWritten = noted.transcript !== '' || transcript === undefined;
  const all = isWritten ? noted : { ...noted, transcript: spokenLines(transcript) };
  const facts = Object.entries(columnsOf(path, sidecar, size, all, readFigures(file, sidecar)));
  const names = facts.map(([name]) => name);
  const values = facts.map(([, value]) => value);
  if (key === undefined) {
    const places = names.map(() => '?').join(', ');
    db.run(`INSERT INTO recordings (${names.join(', ')}) VALUES (${places})`, ...values);
  } else {
    const changes = names.map((name) => `${name} = ?`).join(', ');
    db.run(`UPDATE recordings SET ${changes} WHERE key = ?`, ...values, key);
  }
  const row = key ?? db.get(KEY_ROW, 'SELECT last_insert_rowid() AS key')?.key ?? 0;
  db.run('DELETE FROM words WHERE rowid = ?', row);
  db.run(SQL, row, ...wordsOf(sidecar, all));
}
