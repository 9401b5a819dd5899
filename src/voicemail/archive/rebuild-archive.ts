import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { path as aPath, checkArgument } from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { type Database, isDamage, type RowSchema } from '../../files/database.js';
import { fileError, isMissing } from '../../files/file-error.js';
import { renewDatabase } from '../../files/renewed-database.js';
import { KEY_ROW } from '../../files/row.js';
import { AUDIO_ROW, MESSAGE_ROW, type MessageRow, UNFINISHED_ROW } from './catalogue-rows.js';
import { CATALOGUE_ADVICE, VOICEMAIL_CATALOGUE_FILE, VOICEMAIL_MIGRATIONS } from './catalogue-schema.js';
import { IntakeFolder } from './intake-folder.js';
import { type ReadSidecar, VOICEMAIL_SIDECAR_SCHEMA } from './sidecar-schema.js';
import { readVoicemailSidecar, sidecarPath } from './voicemail-sidecar.js';

/** Result of {@link rebuildArchive}. */
export interface ArchiveRebuild {
  /** Number of messages taken from sidecars. */
  readonly messages: number;
  /** Sidecars that could not be used, with the reason. */
  readonly failed: ReadonlyMap<string, Error>;
  /** New path of a damaged catalogue that was moved aside. */
  readonly damaged?: string;
}

/** A sidecar in the folder. */
interface Found {
  /** Absolute path of the sidecar. */
  readonly path: string;
  /** Absolute path of its audio. */
  readonly file: string;
  readonly key: number;
  readonly sidecar: ReadSidecar;
}

/**
 * Rebuilds the catalogue of an archive from the sidecars beside the audio, including legal holds. A damaged catalogue
 * file is moved aside first. Damaged rows are deleted and restored. No other file in the folder changes. Data that is
 * only in a lost catalogue is lost: messages that were not stored or were purged. Purged messages are fetched again if
 * the endpoint still has them.
 *
 * @throws ERR_FILE; ERR_INVALID_STATE when the catalogue is damaged and another process uses the archive;
 * ERR_UNSUPPORTED.
 */
export async function rebuildArchive(root: string): Promise<ArchiveRebuild> {
  checkArgument('root', root, aPath);
  const folder = resolve(root);
  const catalogue = join(folder, VOICEMAIL_CATALOGUE_FILE);
  if (!existsSync(catalogue) && !existsSync(join(folder, 'audio'))) {
    throw new JackfieldError(
      'ERR_FILE',
      `${printable(root)} is not an archive of voicemails: it has neither catalogue nor audio.`,
    );
  }
  const failed = new Map<string, Error>();
  const found = await sidecarsIn(folder, failed);
  const { database, damaged } = await renewDatabase(catalogue, VOICEMAIL_MIGRATIONS, {
    advice: CATALOGUE_ADVICE,
    fullText: ['words'],
    reserve: () => IntakeFolder.reserveAll(join(folder, '.partial')),
  });
  using db = database;
  forgetDamaged(db);
  const taken = new Set<string>();
  for (const each of found) {
    try {
      await takeIn(db, folder, each);
      taken.add(each.path);
    } catch (error) {
      if (isDamage(error)) throw error;
      failed.set(each.path, asError(error));
    }
  }
  indexWords(db);
  return { messages: taken.size, failed, ...(damaged !== undefined && { damaged }) };
}

/** True when a folder has sidecars of messages. */
export async function hasSidecars(root: string): Promise<boolean> {
  return (await namesIn(root)).length > 0;
}

async function namesIn(root: string): Promise<string[]> {
  const folder = join(root, 'audio');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    if (isMissing(cause)) return [];
    throw fileError('read the folder', folder, cause);
  });
  return entries
    .filter((entry) => entry.isFile() && /\.\d{1,15}\.json$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Reads all sidecars, newest first. Of two with the same number, the older one is left over from a killed process. */
async function sidecarsIn(root: string, failed: Map<string, Error>): Promise<Found[]> {
  const found: Found[] = [];
  for (const path of await namesIn(root)) {
    try {
      found.push(await parsed(path));
    } catch (error) {
      failed.set(path, asError(error));
    }
  }
  return found.sort((a, b) => b.sidecar.archivedAt - a.sidecar.archivedAt || (a.path < b.path ? -1 : 1));
}

async function parsed(path: string): Promise<Found> {
  const result = VOICEMAIL_SIDECAR_SCHEMA.safeParse(await readVoicemailSidecar(path));
  if (!result.success) {
    const why = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new JackfieldError(
      'ERR_SYNTAX',
      `${printable(path)} is damaged or is not a sidecar of a voicemail: ${why}`,
    );
  }
  const sidecar = result.data;
  const key = Number(/\.(\d+)\.json$/.exec(path)?.[1]);
  const file = join(dirname(path), sidecar.audio.file);
  if (sidecarPath(file, { key }) !== path) {
    const text = `${printable(path)} is the sidecar of ${printable(sidecar.audio.file)}, not of the file beside it.`;
    throw new JackfieldError('ERR_FILE', text);
  }
  return { path, file, key, sidecar };
}

/** Deletes damaged rows. */
function forgetDamaged(db: Database): void {
  const keysOf = (table: string) =>
    db.all(KEY_ROW, `SELECT rowid AS key FROM ${table}`).map(({ key }) => key);
  const isDamaged = (schema: RowSchema, sql: string, key: number) =>
    db.checked(schema, sql, key).faults.length > 0;
  db.write(() => {
    for (const key of keysOf('audio')) {
      if (!isDamaged(AUDIO_ROW, 'SELECT *, sha256 AS audio FROM audio WHERE rowid = ?', key)) continue;
      const sha = '(SELECT sha256 FROM audio WHERE rowid = ?)';
      db.run(`UPDATE messages SET audio = NULL WHERE audio = ${sha}`, key);
      db.run('DELETE FROM audio WHERE rowid = ?', key);
    }
    const nothing = 'NULL AS path, NULL AS samples, NULL AS bytes, NULL AS file_sha256';
    for (const key of keysOf('messages')) {
      const sql = `SELECT *, ${nothing} FROM messages WHERE key = ?`;
      if (isDamaged(MESSAGE_ROW, sql, key)) db.run('DELETE FROM messages WHERE key = ?', key);
    }
    for (const key of keysOf('unfinished')) {
      if (isDamaged(UNFINISHED_ROW, 'SELECT * FROM unfinished WHERE rowid = ?', key))
        db.run('DELETE FROM unfinished WHERE rowid = ?', key);
    }
    db.run("UPDATE messages SET state = 'pending' WHERE state = 'stored' AND audio IS NULL");
  });
}

const ROW = `SELECT messages.*, audio.path, audio.samples, audio.bytes, audio.file_sha256
  FROM messages LEFT JOIN audio ON audio.sha256 = messages.audio`;

/** Adds a message by its sidecar. @throws ERR_FILE when its audio is missing or outdated. */
async function takeIn(db: Database, root: string, { path, file, key, sidecar }: Found): Promise<void> {
  const { audio, voicemail } = sidecar;
  const size = await stat(file).then(
    (is) => (is.isFile() ? is.size : undefined),
    () => undefined,
  );
  if (size !== audio.bytes) {
    const what = size === undefined ? 'is missing' : `has ${size} bytes, not ${audio.bytes}`;
    throw new JackfieldError('ERR_FILE', `The audio of ${printable(path)} ${what}.`);
  }
  const { account, id, recordedAt, partner } = voicemail;
  db.write(() => {
    const same = db.get(
      MESSAGE_ROW,
      `${ROW} WHERE account = ? AND voicemail = ? AND timestamp = ? AND partner = ?`,
      ...[account, id, recordedAt, partner],
    );
    const numbered = db.get(MESSAGE_ROW, `${ROW} WHERE key = ?`, key);
    if (same && same.key !== key) {
      throw new JackfieldError(
        'ERR_FILE',
        `The message of ${printable(path)} is already in the archive as ${same.key}.`,
      );
    }
    if (numbered && numbered.key !== same?.key) {
      throw new JackfieldError('ERR_FILE', `${printable(path)} has the same number as another message.`);
    }
    const where = relative(root, file).split(sep).join('/');
    const stored = db.get(
      AUDIO_ROW,
      'SELECT *, sha256 AS audio FROM audio WHERE sha256 = ?',
      audio.samplesSha256,
    );
    const isOther = same?.audio !== undefined && same.audio !== null && same.audio !== audio.samplesSha256;
    if (isOther || (stored && stored.path !== where)) {
      throw new JackfieldError(
        'ERR_FILE',
        `${printable(path)} is left over: the message has other audio now.`,
      );
    }
    writeRow(db, { key, where, sidecar, before: same });
  });
}

interface Row {
  readonly key: number;
  /** Path of the audio, relative to the archive. */
  readonly where: string;
  readonly sidecar: ReadSidecar;
  /** The existing row of the message. */
  readonly before: Pick<MessageRow, 'original' | 'attempts' | 'failure' | 'hold'> | undefined;
}

function writeRow(db: Database, { key, where, sidecar, before }: Row): void {
  const { voicemail, audio, ledger, unwritten, complete, reason, archivedAt, tags, transcript } = sidecar;
  db.run(
    'INSERT INTO audio VALUES (?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING',
    ...[audio.samplesSha256, where, audio.samples, audio.bytes, audio.fileSha256],
  );
  const values = {
    key,
    account: voicemail.account,
    voicemail: voicemail.id,
    timestamp: voicemail.recordedAt,
    partner: voicemail.partner,
    name: voicemail.partnerName,
    type: voicemail.type,
    duration: voicemail.duration,
    played: Number(voicemail.played),
    state: 'stored',
    attempts: before?.attempts ?? 1,
    failure: complete ? null : (before?.failure ?? 'SHORT'),
    detail: reason ?? null,
    complete: Number(complete),
    audio: audio.samplesSha256,
    archived_at: archivedAt,
    original: before?.original ?? 'kept',
    hold: sidecar.hold ?? before?.hold ?? null,
    tags: JSON.stringify(tags),
    transcript,
    ledger: JSON.stringify(ledger),
    unwritten: unwritten ? JSON.stringify(unwritten) : null,
  };
  const names = Object.keys(values);
  db.run(
    `INSERT OR REPLACE INTO messages (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...Object.values(values),
  );
}

/** Rebuilds the full-text index. */
function indexWords(db: Database): void {
  db.write(() => {
    db.run("INSERT INTO words (words) VALUES ('delete-all')");
    for (const { key } of db.all(KEY_ROW, 'SELECT key FROM messages')) {
      const row = db.get(MESSAGE_ROW, `${ROW} WHERE key = ?`, key);
      if (!row) continue;
      db.run(
        'INSERT INTO words (rowid, partner, name, tags, transcript) VALUES (?, ?, ?, ?, ?)',
        ...[key, row.partner, row.name, row.tags.join(' '), row.transcript],
      );
    }
  });
}
