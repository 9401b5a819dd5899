import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Database } from 'libsql';
import { type Clock, systemClock } from '../../clock.js';
import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import { beside, type RecordingSidecar } from '../recording/sidecar.js';
import { readSidecar } from '../recording/verify-recording.js';

/** A recording in the catalogue: one for each file. */
export interface CatalogueEntry {
  readonly id: string;
  readonly segment: number;
  /** The audio file, relative to the catalogue's folder. */
  readonly file: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly partner: string;
  readonly callId: number;
  readonly type: string;
  readonly end: string;
  readonly complete: boolean;
  /** Samples that are missing, of both legs. */
  readonly missing: number;
  readonly bytes: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Why the recording must not be purged; absent when it may be. */
  readonly hold?: string;
}

/** What {@link Catalogue.search} looks for; everything that is given has to fit. */
export interface CatalogueQuery {
  /** Begun at or after. */
  readonly since?: Date;
  /** Begun before. */
  readonly until?: Date;
  /** A part of the partner's name, whatever its case. */
  readonly partner?: string;
  readonly minMs?: number;
  readonly maxMs?: number;
  /** A part of any tag's name or value, whatever its case. */
  readonly text?: string;
  /** The beginning of an id. */
  readonly id?: string;
  /** Default 1000. */
  readonly limit?: number;
}

/** What may go. */
export interface RetentionRules {
  /** Recordings that began longer ago than this, in days. */
  readonly maxAgeDays?: number;
  /** The oldest ones beyond this size of all recordings together, in bytes. */
  readonly maxBytes?: number;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS recordings (
  file TEXT PRIMARY KEY, id TEXT NOT NULL, segment INTEGER NOT NULL, started_at TEXT NOT NULL,
  duration_ms REAL NOT NULL, partner TEXT NOT NULL, call_id INTEGER NOT NULL, type TEXT NOT NULL,
  end TEXT NOT NULL, complete INTEGER NOT NULL, missing INTEGER NOT NULL, bytes INTEGER NOT NULL,
  tags TEXT NOT NULL, hold TEXT
);
CREATE INDEX IF NOT EXISTS recordings_started ON recordings (started_at);
CREATE INDEX IF NOT EXISTS recordings_id ON recordings (id);
`;
const DAY_MS = 86_400_000;

/**
 * All recordings of a folder, in a SQLite file of it. It can be made anew from the sidecars at any time, all but
 * the legal holds.
 */
export class Catalogue implements Disposable {
  readonly folder: string;
  readonly #db: Database;

  private constructor(folder: string, db: Database) {
    this.folder = folder;
    this.#db = db;
  }

  /** Opens the catalogue of `folder`, or begins one. @throws ERR_UNSUPPORTED without `libsql`; ERR_FILE. */
  static async open(folder: string): Promise<Catalogue> {
    const path = join(folder, 'catalogue.sqlite');
    const { default: Sqlite } = await import('libsql').catch((cause: unknown) => {
      const text = `The catalogue needs the package libsql, which cannot be loaded here: ${messageOf(cause)}`;
      throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
    });
    try {
      const db = new Sqlite(path);
      db.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000;');
      db.exec(SCHEMA);
      return new Catalogue(resolve(folder), db);
    } catch (cause) {
      throw new JackfieldError('ERR_FILE', `Cannot open the catalogue ${path}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** Takes a recording in, or up to date. @throws ERR_INVALID_ARG for a file outside the folder. */
  async add(file: string, sidecar: RecordingSidecar): Promise<void> {
    const path = relative(this.folder, resolve(file));
    if (path.startsWith('..')) throw invalidArgument('file', `in ${this.folder}`, file);
    const { call, audio, legs } = sidecar;
    const sql = `INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
      ON CONFLICT (file) DO UPDATE SET id = excluded.id, duration_ms = excluded.duration_ms,
      bytes = excluded.bytes, tags = excluded.tags, end = excluded.end, complete = excluded.complete`;
    const missing = legs.local.ledger.missing + legs.remote.ledger.missing;
    this.#db
      .prepare(sql)
      .run([
        ...[path, sidecar.id, sidecar.segment, audio.startedAt, audio.durationMs, call.partner, call.id],
        ...[call.type, sidecar.end, sidecar.complete ? 1 : 0, missing, await bytesOf(file)],
        JSON.stringify(sidecar.tags),
      ]);
  }

  /** Oldest first. */
  search(query: CatalogueQuery = {}): CatalogueEntry[] {
    const { since, until, partner, minMs, maxMs, text, id, limit = 1000 } = query;
    const conditions: [string, string | number | undefined][] = [
      ['started_at >= ?', since?.toISOString()],
      ['started_at < ?', until?.toISOString()],
      ["partner LIKE ? ESCAPE '\\'", partner && like(partner)],
      ['duration_ms >= ?', minMs],
      ['duration_ms <= ?', maxMs],
      ["tags LIKE ? ESCAPE '\\'", text && like(JSON.stringify(text).slice(1, -1))],
      ["id LIKE ? ESCAPE '\\'", id && like(id).slice(1)],
    ];
    const used = conditions.filter(([, value]) => value !== undefined);
    const where = used.length > 0 ? `WHERE ${used.map(([sql]) => sql).join(' AND ')}` : '';
    const sql = `SELECT * FROM recordings ${where} ORDER BY started_at, segment LIMIT ?`;
    return this.#db
      .prepare(sql)
      .all([...used.map(([, value]) => value), limit])
      .map((row) => entryOf(row as Row));
  }

  /** Puts a legal hold on all files of a recording (with a reason), or takes it off. Returns how many there are. */
  hold(id: string, reason: string | undefined): number {
    return this.#db.prepare('UPDATE recordings SET hold = ? WHERE id = ?').run([reason ?? null, id]).changes;
  }

  /** What the rules let go: oldest first, never what is under legal hold. @throws ERR_INVALID_ARG. */
  purgeable(rules: RetentionRules, clock: Clock = systemClock): CatalogueEntry[] {
    const { maxAgeDays, maxBytes } = rules;
    for (const [name, value] of Object.entries(rules)) {
      if (value !== undefined && !(value >= 0))
        throw invalidArgument(`retention.${name}`, '0 or more', value);
    }
    const all = this.search({ limit: -1 });
    const oldest =
      maxAgeDays === undefined ? '' : new Date(clock.unixMs() - maxAgeDays * DAY_MS).toISOString();
    let bytes = all.reduce((sum, entry) => sum + entry.bytes, 0);
    return all.filter((entry) => {
      const goes = entry.startedAt < oldest || (maxBytes !== undefined && bytes > maxBytes);
      if (!goes || entry.hold !== undefined) return false;
      bytes -= entry.bytes;
      return true;
    });
  }

  /** Deletes a recording's files and its entry. @throws ERR_INVALID_STATE under legal hold. */
  async remove(entry: CatalogueEntry): Promise<void> {
    const [now] = this.search({ id: entry.id }).filter(({ file }) => file === entry.file);
    if (now?.hold !== undefined) {
      throw new JackfieldError('ERR_INVALID_STATE', `${entry.file} is under legal hold (${now.hold}).`);
    }
    for (const file of await this.filesOf(entry)) await rm(file, { force: true });
    this.#db.prepare('DELETE FROM recordings WHERE file = ?').run([entry.file]);
  }

  /** All files that belong to a recording: audio in each format, sidecar, manifest. */
  async filesOf(entry: CatalogueEntry): Promise<string[]> {
    const base = beside(join(this.folder, entry.file), '');
    const names = await readdir(dirname(base)).catch(() => []);
    return names.filter((name) => belongs(name, basename(base))).map((name) => join(dirname(base), name));
  }

  /** Takes in every recording whose sidecar is in the folder. Returns how many there are. */
  async rebuild(): Promise<number> {
    let count = 0;
    for (const entry of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !entry.name.endsWith('.manifest.json')) continue;
      if (relative(this.folder, path).startsWith('.')) continue;
      const sidecar = await readSidecar(path.replace(/\.manifest\.json$/, '.json'));
      await this.add(join(entry.parentPath, sidecar.audio.file), sidecar);
      count++;
    }
    return count;
  }

  close(): void {
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface Row {
  readonly [column: string]: string | number | null;
}

function entryOf(row: Row): CatalogueEntry {
  const text = (column: string) => String(row[column] ?? '');
  const hold = row['hold'];
  return {
    id: text('id'),
    segment: Number(row['segment']),
    file: text('file'),
    startedAt: text('started_at'),
    durationMs: Number(row['duration_ms']),
    partner: text('partner'),
    callId: Number(row['call_id']),
    type: text('type'),
    end: text('end'),
    complete: row['complete'] === 1,
    missing: Number(row['missing']),
    bytes: Number(row['bytes']),
    tags: JSON.parse(text('tags')) as Record<string, string>,
    ...(typeof hold === 'string' && { hold }),
  };
}

/** A pattern that finds `text` anywhere, taken literally. */
function like(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** Whether a file is `call.wav`, `call.json`, `call.local.wav` and so on, for the recording `call`. */
function belongs(name: string, base: string): boolean {
  const ending = name.slice(base.length);
  return (
    name.startsWith(base) &&
    /^(\.(local|remote))?\.(wav|wav\.age|flac|mp3|opus|json|manifest\.json)$/.test(ending)
  );
}

async function bytesOf(file: string): Promise<number> {
  const { size } = await stat(file);
  return size;
}
