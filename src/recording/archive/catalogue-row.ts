import { join } from 'node:path';
import type { Database } from '../../files/database.js';
import { KEY_ROW } from '../../files/row.js';
import type { RecordingSidecar } from '../sidecar.js';
import { readFigures } from './analysis-file.js';
import { readAnnotations } from './annotation-file.js';
import { columnsOf, wordsOf } from './catalogue-entry.js';
import { readTranscript, spokenLines } from './transcript-file.js';

/** A recording for the catalogue. */
export interface CataloguedRecording {
  /** Its audio, relative to the folder. */
  readonly path: string;
  readonly sidecar: RecordingSidecar;
  /** Bytes of its audio and outputs. */
  readonly size: number;
}

const SQL =
  'INSERT INTO words (rowid, partner, tags, marks, notes, transcript, said_local, said_remote) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';

/** Puts a recording's row and words, of what lies beside its audio; within a transaction. @throws ERR_FILE */
export function putRecording(db: Database, folder: string, recording: CataloguedRecording): void {
  const { path, sidecar, size } = recording;
  const { key } = db.get(KEY_ROW, 'SELECT key FROM recordings WHERE file = ?', path) ?? {};
  const file = join(folder, path);
  const transcript = readTranscript(file, sidecar);
  const noted = readAnnotations(file, sidecar);
  // Words that a person wrote down are better than those of an engine.
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
