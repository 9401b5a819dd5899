import { JackfieldError } from '../../base/errors.js';
import { Database, type SqlValue } from '../../files/database.js';
import { KEY_ROW, NUMBER_ROW } from '../../files/row.js';
import type { VoicemailIdentity } from '../voicemail-facts.js';
import { type ArchiveQuery, conditionsOf } from './archive-query.js';
import {
  type ArchivedAudio,
  type ArchivedMessage,
  type FileAccount,
  isComplete,
  type VoicemailFacts,
} from './archived-message.js';
import { AUDIO_ROW, audioOfRow, MESSAGE_ROW, messageOfRow, UNFINISHED_ROW } from './catalogue-rows.js';
import { CATALOGUE_ADVICE, VOICEMAIL_MIGRATIONS } from './catalogue-schema.js';
import { sidecarPath } from './voicemail-sidecar.js';

/** Result of an attempt that has stored a message. */
export interface StoredOutcome extends FileAccount {
  readonly audio: ArchivedAudio;
  /** Default: the existing transcript. */
  readonly transcript?: string;
  /** Tags to add. */
  readonly tags?: readonly string[];
  /** Reason of a new legal hold. Default: the hold does not change. */
  readonly hold?: string;
  readonly archivedAt: number;
}

/** A pending change in the folder of an archive. */
export interface Unfinished {
  /** Path relative to the folder, with `/`. */
  readonly path: string;
  /** Key of the message. */
  readonly key: number;
  /** True to remove the file. False to write the message's sidecar again. */
  readonly remove: boolean;
}

const PAGE_ROWS = 500;
const SELECT = `
  SELECT messages.*, audio.path, audio.samples, audio.bytes, audio.file_sha256
  FROM messages LEFT JOIN audio ON audio.sha256 = messages.audio`;

/**
 * The catalogue of an archive: an SQLite database with full-text search. Every change is one transaction, and survives
 * a kill of the process. The state `stored` is on the medium when {@link MessageCatalogue.store} returns, and also
 * survives a power failure, because originals are deleted afterwards.
 */
export class MessageCatalogue {
  readonly #db: Database;

  /**
   * @throws ERR_FILE when the file cannot be opened, is not a catalogue, or is of a newer Jackfield; ERR_UNSUPPORTED.
   */
  constructor(path: string) {
    this.#db = Database.open(path, VOICEMAIL_MIGRATIONS, { advice: CATALOGUE_ADVICE });
  }

  /** An error when somebody has removed or replaced the catalogue's file since it was opened. */
  get gone(): JackfieldError | undefined {
    return this.#db.gone;
  }

  /** Adds a listed message or updates its facts. Returns its row. */
  see(facts: VoicemailFacts): ArchivedMessage {
    const { account, id, timestamp, partner, partnerName, type, durationSeconds, played } = facts;
    const known = this.known(facts);
    if (known) {
      // `played` keeps its first value, because archiving plays the message.
      if (known.type === type && known.durationSeconds === durationSeconds) return known;
      return this.#db.write(() => {
        this.#update(known.key, 'type = ?, duration = ?', type, durationSeconds);
        this.#redescribe(known.key);
        return this.message(known.key);
      });
    }
    return this.#db.write(() => {
      this.#db.run(
        `INSERT INTO messages (account, voicemail, timestamp, partner, name, type, duration, played)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        account,
        id,
        timestamp,
        partner,
        partnerName,
        type,
        durationSeconds,
        Number(played),
      );
      const key = this.#keyOf(facts) ?? 0;
      this.#index(key, undefined);
      return this.message(key);
    });
  }

  /** Finds a known message. */
  known(identity: VoicemailIdentity): ArchivedMessage | undefined {
    const key = this.#keyOf(identity);
    return key === undefined ? undefined : this.message(key);
  }

  /** @throws ERR_INVALID_ARG when there is no such message. */
  message(key: number): ArchivedMessage {
    const row = this.#db.get(MESSAGE_ROW, `${SELECT} WHERE key = ?`, key);
    if (row) return messageOfRow(row);
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `The archive has no message ${key}: list the archive to see its messages.`,
    );
  }

  /** Yields the matching messages, oldest first. They are read in pages, and the catalogue may change between pages. */
  *find(query: ArchiveQuery = {}): Generator<ArchivedMessage, void, void> {
    const { where, values } = conditionsOf(query);
    const limit = query.limit ?? Number.MAX_SAFE_INTEGER;
    let [time, key] = [Number.MIN_SAFE_INTEGER, 0];
    for (let given = 0; given < limit; ) {
      const { rows, faults, last } = this.#db.checked(
        MESSAGE_ROW,
        `${SELECT} WHERE (timestamp > ? OR (timestamp = ? AND key > ?)) AND ${where}
           ORDER BY timestamp, key LIMIT ?`,
        time,
        time,
        key,
        ...values,
        Math.min(PAGE_ROWS, limit - given),
      );
      for (const row of rows) yield messageOfRow(row);
      given += rows.length + faults.length;
      // Stop at an invalid last row, which could repeat the page.
      if (typeof last?.timestamp !== 'number' || typeof last.key !== 'number') return;
      if (last.timestamp === time && last.key <= key) return;
      [time, key] = [last.timestamp, last.key];
    }
  }

  /** Messages about damaged rows; {@link find} leaves them out. @throws ERR_FILE */
  damaged(): string[] {
    const messages = this.#db.checked(MESSAGE_ROW, SELECT);
    const audio = this.#db.checked(AUDIO_ROW, 'SELECT *, sha256 AS audio FROM audio');
    const unfinished = this.#db.checked(UNFINISHED_ROW, 'SELECT * FROM unfinished');
    return [messages, audio, unfinished].flatMap(({ faults }) => faults.map(({ message }) => message));
  }

  /** Counts the matching messages. */
  count(query: ArchiveQuery = {}): number {
    const { where, values } = conditionsOf(query);
    return this.#number(`SELECT count(*) AS n FROM messages WHERE ${where}`, ...values);
  }

  /** Finds stored audio with these samples. */
  audio(sha256: string): ArchivedAudio | undefined {
    const row = this.#db.get(AUDIO_ROW, 'SELECT *, sha256 AS audio FROM audio WHERE sha256 = ?', sha256);
    return row && audioOfRow(row);
  }

  /** True when audio with other samples has this path, or old audio there is not removed yet. */
  isTaken(path: string, sha256: string): boolean {
    const sql = `
      SELECT (SELECT count(*) FROM audio WHERE path = ? AND sha256 <> ?)
        + (SELECT count(*) FROM unfinished WHERE path = ? AND remove = 1) AS n`;
    return this.#number(sql, path, sha256, path) > 0;
  }

  /** Number of messages with this audio. */
  usersOf({ sha256 }: ArchivedAudio): number {
    return this.#number('SELECT count(*) AS n FROM messages WHERE audio = ?', sha256);
  }

  /** Yields all stored audio, ordered by path. */
  *allAudio(): Generator<ArchivedAudio, void, void> {
    for (let path = ''; ; ) {
      const { rows, last } = this.#db.checked(
        AUDIO_ROW,
        'SELECT *, sha256 AS audio FROM audio WHERE path > ? ORDER BY path LIMIT ?',
        path,
        PAGE_ROWS,
      );
      for (const row of rows) yield audioOfRow(row);
      if (typeof last?.path !== 'string' || last.path === path) return;
      path = last.path;
    }
  }

  /** Total bytes of stored audio. */
  get storedBytes(): number {
    return this.#number('SELECT coalesce(sum(bytes), 0) AS n FROM audio');
  }

  /** Marks the start of an attempt. After a kill the message is not stored, or has the audio of an earlier attempt. */
  begin(key: number): void {
    this.#update(
      key,
      `attempts = attempts + 1,
       state = CASE WHEN audio IS NULL THEN 'pending' ELSE state END,
       failure = CASE WHEN audio IS NULL THEN NULL ELSE failure END,
       detail = CASE WHEN audio IS NULL THEN NULL ELSE detail END`,
    );
  }

  /** Marks a message as stored. Its previous files are scheduled for removal if no other message uses them. */
  store(key: number, outcome: StoredOutcome): void {
    const { audio, ledger, unwritten, archivedAt } = outcome;
    const complete = Number(isComplete(outcome));
    this.#db.write(() => {
      this.#detach(this.message(key), audio);
      this.#db.run(
        `INSERT INTO audio VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes, file_sha256 = excluded.file_sha256`,
        audio.sha256,
        audio.path,
        audio.samples,
        audio.bytes,
        audio.fileSha256,
      );
      this.#update(
        key,
        `state = 'stored', audio = ?, complete = ?, ledger = ?, unwritten = ?, archived_at = ?,
         failure = CASE WHEN ? THEN NULL ELSE failure END, detail = CASE WHEN ? THEN NULL ELSE detail END`,
        audio.sha256,
        complete,
        JSON.stringify(ledger),
        unwritten ? JSON.stringify(unwritten) : null,
        archivedAt,
        complete,
        complete,
      );
      this.#label(key, outcome);
      // Its sidecar is written already.
      this.#db.run('DELETE FROM unfinished WHERE path = ?', sidecarPath(audio.path, { key }));
    }, true);
  }

  /** Marks an attempt as failed. Audio of an earlier attempt stays. */
  fail(key: number, failure: string, detail: string): void {
    this.#db.write(() => {
      this.#update(
        key,
        "state = CASE WHEN audio IS NULL THEN 'failed' ELSE 'stored' END, failure = ?, detail = ?",
        failure,
        detail,
      );
      this.#redescribe(key);
    });
  }

  setOriginal(key: number, original: ArchivedMessage['original']): void {
    this.#update(key, 'original = ?', original);
  }

  setHold(key: number, reason: string | undefined): void {
    this.#db.write(() => {
      this.#update(key, 'hold = ?', reason ?? null);
      this.#redescribe(key);
    });
  }

  setTags(key: number, tags: readonly string[]): void {
    this.#db.write(() => {
      this.#assignWords(key, 'tags = ?', tagList(tags));
      this.#redescribe(key);
    });
  }

  setTranscript(key: number, transcript: string): void {
    this.#db.write(() => {
      this.#assignWords(key, 'transcript = ?', transcript);
      this.#redescribe(key);
    });
  }

  /** Removes a message's audio and words. The row stays, so that the message is not fetched again. */
  purge(key: number): void {
    this.#db.write(() => {
      const before = this.message(key);
      this.#update(key, "state = 'purged', transcript = '', tags = '[]'");
      this.#index(key, before);
      this.#detach(before);
    }, true);
  }

  /** Pending changes in the folder, for one message or for all. */
  unfinished(key?: number): readonly Unfinished[] {
    const sql = 'SELECT * FROM unfinished WHERE ? IS NULL OR key = ?';
    return this.#db.checked(UNFINISHED_ROW, sql, key ?? null, key ?? null).rows;
  }

  /** Marks a change as done. */
  finished({ path }: Unfinished): void {
    this.#db.run('DELETE FROM unfinished WHERE path = ?', path);
  }

  /** Marks a message's audio as damaged. The next run fetches it again; the file stays until then. */
  lose(key: number, failure: string, detail: string): void {
    this.#db.write(() => {
      this.#detach(this.message(key));
      this.#db.run('DELETE FROM unfinished WHERE key = ?', key);
      this.#update(key, "state = 'failed', complete = 0, failure = ?, detail = ?", failure, detail);
    });
  }

  close(): void {
    this.#db.close();
  }

  /** Detaches the audio from a message. @param next The new audio. */
  #detach({ key, audio }: ArchivedMessage, next?: ArchivedAudio): void {
    this.#update(key, 'audio = NULL, ledger = NULL, unwritten = NULL');
    if (!audio || audio.sha256 === next?.sha256) return;
    this.#leave(sidecarPath(audio.path, { key }), key, true);
    if (this.usersOf(audio) > 0) return;
    this.#db.run('DELETE FROM audio WHERE sha256 = ?', audio.sha256);
    this.#leave(audio.path, key, true);
  }

  /** Schedules the sidecar of a message to be written again. */
  #redescribe(key: number): void {
    const { audio } = this.message(key);
    if (audio) this.#leave(sidecarPath(audio.path, { key }), key, false);
  }

  /** Stores a change to make in the folder, so that the next process makes it after a kill. */
  #leave(path: string, key: number, remove: boolean): void {
    this.#db.run('INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?)', path, key, Number(remove));
  }

  #keyOf({ account, id, timestamp, partner }: VoicemailIdentity): number | undefined {
    const sql =
      'SELECT key FROM messages WHERE account = ? AND voicemail = ? AND timestamp = ? AND partner = ?';
    return this.#db.get(KEY_ROW, sql, account, id, timestamp, partner)?.key;
  }

  #label(key: number, { transcript, tags = [], hold }: StoredOutcome): void {
    if (transcript !== undefined) this.#assignWords(key, 'transcript = ?', transcript);
    if (tags.length > 0) this.#assignWords(key, 'tags = ?', tagList([...this.message(key).tags, ...tags]));
    if (hold !== undefined) this.#update(key, 'hold = ?', hold);
  }

  #assignWords(key: number, assignment: string, value: string): void {
    const before = this.message(key);
    this.#update(key, assignment, value);
    this.#index(key, before);
  }

  /** Updates the full-text index. `before` is the indexed row, if any. */
  #index(key: number, before: ArchivedMessage | undefined): void {
    if (before) {
      this.#db.run(
        "INSERT INTO words (words, rowid, partner, name, tags, transcript) VALUES ('delete', ?, ?, ?, ?, ?)",
        key,
        ...wordsOf(before),
      );
    }
    this.#db.run(
      'INSERT INTO words (rowid, partner, name, tags, transcript) VALUES (?, ?, ?, ?, ?)',
      key,
      ...wordsOf(this.message(key)),
    );
  }

  #update(key: number, assignments: string, ...values: SqlValue[]): void {
    const changes = this.#db.run(`UPDATE messages SET ${assignments} WHERE key = ?`, ...values, key);
    if (changes === 0) this.message(key);
  }

  #number(sql: string, ...values: SqlValue[]): number {
    return this.#db.get(NUMBER_ROW, sql, ...values)?.n ?? 0;
  }
}

function wordsOf({ partner, partnerName, tags, transcript }: ArchivedMessage): string[] {
  return [partner, partnerName, tags.join(' '), transcript];
}

function tagList(tags: readonly string[]): string {
  return JSON.stringify([...new Set(tags)]);
}
