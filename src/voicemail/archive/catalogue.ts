import { createRequire } from 'node:module';
import type Database from 'libsql';
import type { LegLedger } from '../../call/recording/ledger.js';
import { JackfieldError, messageOf } from '../../errors.js';
import { type ArchiveQuery, conditionsOf } from './archive-query.js';
import {
  type ArchivedAudio,
  type ArchivedMessage,
  isComplete,
  type UnwrittenAudio,
  type VoicemailFacts,
} from './archived-message.js';
import { type AudioRow, audioOfRow, type MessageRow, messageOfRow } from './catalogue-rows.js';
import { CATALOGUE_VERSION, MIGRATIONS } from './catalogue-schema.js';

/** How a message came out of an attempt to fetch it. */
export interface StoredOutcome {
  readonly audio: ArchivedAudio;
  readonly ledger: LegLedger;
  /** Absent where all of the message is there. */
  readonly unwritten?: UnwrittenAudio | undefined;
  /** Default: that which it has. */
  readonly transcript?: string;
  readonly archivedAt: number;
}

type MessageIdentity = Pick<VoicemailFacts, 'account' | 'id' | 'partner' | 'timestamp'>;

const BUSY_TIMEOUT_MS = 5000;
const PAGE_ROWS = 500;
const MAX_STATEMENTS = 200;
const SELECT = `
  SELECT messages.*, audio.path, audio.samples, audio.bytes, audio.file_sha256
  FROM messages LEFT JOIN audio ON audio.sha256 = messages.audio`;

/**
 * The catalogue of an archive: an SQLite database with full-text search. Every change is one transaction, which a
 * killed process cannot lose. What an original may be deleted on, that its message is stored, is on the medium when
 * {@link Catalogue.store} returns, so that a power cut cannot lose it either.
 */
export class Catalogue {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  /** @throws ERR_FILE when the file cannot be opened, is no catalogue, or was written by a newer Jackfield. */
  constructor(path: string) {
    try {
      // Loaded when it is needed: who only imports the package does not wait for it.
      const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;
      this.#db = new Libsql(path, { timeout: BUSY_TIMEOUT_MS });
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
      this.#migrate();
    } catch (cause) {
      throw new JackfieldError('ERR_FILE', `${path} cannot be opened as a catalogue: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** Enters a message that an endpoint lists, or brings its facts up to date; returns its row. */
  see(facts: VoicemailFacts): ArchivedMessage {
    const { account, id, timestamp, partner, partnerName, type, durationSeconds, played } = facts;
    const known = this.known(facts);
    if (known) {
      // Whether it was played is what it was when it was first seen: archiving plays it.
      if (known.type === type && known.durationSeconds === durationSeconds) return known;
      this.#update(known.key, 'type = ?, duration = ?', type, durationSeconds);
      return this.message(known.key);
    }
    return this.#write(() => {
      this.#statement(
        `INSERT INTO messages (account, voicemail, timestamp, partner, name, type, duration, played)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ).run(account, id, timestamp, partner, partnerName, type, durationSeconds, Number(played));
      const key = this.#keyOf(facts) ?? 0;
      this.#index(key, undefined);
      return this.message(key);
    });
  }

  /** The message, if it was seen before. */
  known(identity: MessageIdentity): ArchivedMessage | undefined {
    const key = this.#keyOf(identity);
    return key === undefined ? undefined : this.message(key);
  }

  /** @throws ERR_INVALID_ARG when there is no such message. */
  message(key: number): ArchivedMessage {
    const row = this.#statement(`${SELECT} WHERE key = ?`).get(key) as MessageRow | undefined;
    if (row) return messageOfRow(row);
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `The archive has no message ${key}: list it to see those it has.`,
    );
  }

  /** The messages that match, oldest first, read in pages: the catalogue may change between two of them. */
  *find(query: ArchiveQuery = {}): Generator<ArchivedMessage, void, void> {
    const { where, values } = conditionsOf(query);
    const limit = query.limit ?? Number.MAX_SAFE_INTEGER;
    let [time, key] = [Number.MIN_SAFE_INTEGER, 0];
    for (let given = 0; given < limit; ) {
      const rows = this.#statement(
        `${SELECT} WHERE (timestamp > ? OR (timestamp = ? AND key > ?)) AND ${where}
           ORDER BY timestamp, key LIMIT ?`,
      ).all(time, time, key, ...values, Math.min(PAGE_ROWS, limit - given)) as MessageRow[];
      for (const row of rows) yield messageOfRow(row);
      const last = rows.at(-1);
      if (!last) return;
      given += rows.length;
      [time, key] = [last.timestamp, last.key];
    }
  }

  /** How many messages match. */
  count(query: ArchiveQuery = {}): number {
    const { where, values } = conditionsOf(query);
    const row = this.#statement(`SELECT count(*) AS n FROM messages WHERE ${where}`).get(...values);
    return (row as { n: number }).n;
  }

  /** Stored audio with these samples, if there is any. */
  audio(sha256: string): ArchivedAudio | undefined {
    const row = this.#statement('SELECT *, sha256 AS audio FROM audio WHERE sha256 = ?').get(sha256);
    return row ? audioOfRow(row as AudioRow) : undefined;
  }

  /** Whether other audio than that with these samples has this path. */
  isTaken(path: string, sha256: string): boolean {
    const row = this.#statement('SELECT 1 FROM audio WHERE path = ? AND sha256 <> ?').get(path, sha256);
    return row !== undefined;
  }

  /** All stored audio, in order of its path. */
  *allAudio(): Generator<ArchivedAudio, void, void> {
    for (let path = ''; ; ) {
      const rows = this.#statement(
        'SELECT *, sha256 AS audio FROM audio WHERE path > ? ORDER BY path LIMIT ?',
      ).all(path, PAGE_ROWS) as AudioRow[];
      for (const row of rows) yield audioOfRow(row);
      const last = rows.at(-1);
      if (!last) return;
      path = last.path;
    }
  }

  /** Bytes of all stored audio. */
  get storedBytes(): number {
    const row = this.#statement('SELECT coalesce(sum(bytes), 0) AS n FROM audio').get();
    return (row as { n: number }).n;
  }

  /** An attempt begins; should it not end, the next run sees a message that is not stored. */
  begin(key: number): void {
    this.#update(key, "state = 'pending', attempts = attempts + 1, failure = NULL, detail = NULL");
  }

  /**
   * The message is safe on disk.
   * @returns what it had before, in place of which the new audio is, where nobody refers to it any more.
   */
  store(key: number, outcome: StoredOutcome): ArchivedAudio | undefined {
    const { audio, ledger, unwritten, archivedAt } = outcome;
    this.#db.exec('PRAGMA synchronous = FULL');
    const orphan = this.#write(() => {
      const replaced = this.#detach(this.message(key), audio.sha256);
      this.#statement(
        `INSERT INTO audio VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes, file_sha256 = excluded.file_sha256`,
      ).run(audio.sha256, audio.path, audio.samples, audio.bytes, audio.fileSha256);
      this.#update(
        key,
        "state = 'stored', audio = ?, complete = ?, ledger = ?, unwritten = ?, archived_at = ?",
        audio.sha256,
        Number(isComplete({ ledger, unwritten })),
        JSON.stringify(ledger),
        unwritten ? JSON.stringify(unwritten) : null,
        archivedAt,
      );
      if (outcome.transcript !== undefined) this.#assignWords(key, 'transcript = ?', outcome.transcript);
      return replaced;
    });
    this.#db.exec('PRAGMA synchronous = NORMAL');
    return orphan;
  }

  /** The attempt failed. What was stored by an earlier one stays. */
  fail(key: number, failure: string, detail: string): void {
    this.#update(
      key,
      "state = CASE WHEN audio IS NULL THEN 'failed' ELSE 'stored' END, failure = ?, detail = ?",
      failure,
      detail,
    );
  }

  setOriginal(key: number, original: ArchivedMessage['original']): void {
    this.#update(key, 'original = ?', original);
  }

  setHold(key: number, hold: boolean): void {
    this.#update(key, 'hold = ?', Number(hold));
  }

  setTags(key: number, tags: readonly string[]): void {
    const value = JSON.stringify([...new Set(tags)]);
    this.#write(() => this.#assignWords(key, 'tags = ?', value));
  }

  setTranscript(key: number, transcript: string): void {
    this.#write(() => this.#assignWords(key, 'transcript = ?', transcript));
  }

  /**
   * Takes a message's audio and its words away; the row stays, so that the message is not fetched again.
   * @returns the audio that nobody refers to any more and that is to be removed from the disk.
   */
  purge(key: number): ArchivedAudio | undefined {
    return this.#write(() => {
      const before = this.message(key);
      this.#update(key, "state = 'purged', transcript = '', tags = '[]'");
      this.#index(key, before);
      return this.#detach(before);
    });
  }

  /** The message's audio turned out to be damaged: the next run fetches it again. */
  lose(key: number, failure: string, detail: string): void {
    this.#write(() => {
      this.#detach(this.message(key));
      this.#update(key, "state = 'failed', complete = 0, failure = ?, detail = ?", failure, detail);
    });
  }

  close(): void {
    this.#db.close();
  }

  #migrate(): void {
    const version = (this.#statement('PRAGMA user_version').get() as { user_version: number }).user_version;
    if (version > CATALOGUE_VERSION) {
      throw new Error(`it is of version ${version}, this Jackfield knows up to ${CATALOGUE_VERSION}`);
    }
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue;
      this.#write(() => this.#db.exec(`${migration}; PRAGMA user_version = ${index + 1}`));
    }
  }

  /**
   * @param keep audio that stays, whoever refers to it.
   * @returns the message's audio, when no other message refers to it.
   */
  #detach({ key, audio }: ArchivedMessage, keep?: string): ArchivedAudio | undefined {
    this.#update(key, 'audio = NULL, ledger = NULL, unwritten = NULL');
    if (!audio || audio.sha256 === keep) return undefined;
    const { sha256 } = audio;
    if (this.#statement('SELECT 1 FROM messages WHERE audio = ?').get(sha256)) return undefined;
    this.#statement('DELETE FROM audio WHERE sha256 = ?').run(sha256);
    return audio;
  }

  #keyOf({ account, id, timestamp, partner }: MessageIdentity): number | undefined {
    const row = this.#statement(
      'SELECT key FROM messages WHERE account = ? AND voicemail = ? AND timestamp = ? AND partner = ?',
    ).get(account, id, timestamp, partner);
    return (row as { key: number } | undefined)?.key;
  }

  #assignWords(key: number, assignment: string, value: string): void {
    const before = this.message(key);
    this.#update(key, assignment, value);
    this.#index(key, before);
  }

  /** Brings the full-text index up to date; `before` is the row as the index knows it, if it does. */
  #index(key: number, before: ArchivedMessage | undefined): void {
    if (before) {
      this.#statement(
        "INSERT INTO words (words, rowid, partner, name, tags, transcript) VALUES ('delete', ?, ?, ?, ?, ?)",
      ).run(key, ...wordsOf(before));
    }
    this.#statement('INSERT INTO words (rowid, partner, name, tags, transcript) VALUES (?, ?, ?, ?, ?)').run(
      key,
      ...wordsOf(this.message(key)),
    );
  }

  #update(key: number, assignments: string, ...values: (string | number | null)[]): void {
    const { changes } = this.#statement(`UPDATE messages SET ${assignments} WHERE key = ?`).run(
      ...values,
      key,
    );
    if (changes === 0) this.message(key);
  }

  /** Preparing takes longer than running; the texts are few, but for those of queries. */
  #statement(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      if (this.#statements.size < MAX_STATEMENTS) this.#statements.set(sql, statement);
    }
    return statement;
  }

  #write<T>(work: () => T): T {
    return this.#db.transaction(work).immediate() as T;
  }
}

function wordsOf({ partner, partnerName, tags, transcript }: ArchivedMessage): string[] {
  return [partner, partnerName, tags.join(' '), transcript];
}
