/** Name of the catalogue's file in the folder of an archive. */
export const VOICEMAIL_CATALOGUE_FILE = 'catalogue.db';
export const CATALOGUE_ADVICE =
  '`jackfield voicemail index` moves it aside and builds a new one from the sidecars.';

/**
 * The catalogue's tables, and the migration from each version to the next. The row of a message is also its journal:
 * `pending` is known but not safe yet, `stored` is on disk and flushed, `failed` can be tried again, `purged` was
 * removed by retention and is not fetched again.
 */
export const VOICEMAIL_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE audio (
    sha256      TEXT PRIMARY KEY,
    path        TEXT NOT NULL UNIQUE,
    samples     INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL
  );
  CREATE TABLE messages (
    key         INTEGER PRIMARY KEY,
    account     TEXT NOT NULL,
    voicemail   INTEGER NOT NULL,
    timestamp   INTEGER NOT NULL,
    partner     TEXT NOT NULL,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,
    duration    INTEGER NOT NULL,
    played      INTEGER NOT NULL,
    state       TEXT NOT NULL DEFAULT 'pending',
    attempts    INTEGER NOT NULL DEFAULT 0,
    failure     TEXT,
    detail      TEXT,
    complete    INTEGER NOT NULL DEFAULT 0,
    audio       TEXT REFERENCES audio(sha256),
    archived_at INTEGER,
    original    TEXT NOT NULL DEFAULT 'kept',
    hold        INTEGER NOT NULL DEFAULT 0,
    tags        TEXT NOT NULL DEFAULT '[]',
    transcript  TEXT NOT NULL DEFAULT '',
    UNIQUE (account, voicemail, timestamp, partner)
  );
  CREATE INDEX messages_by_time ON messages (timestamp, key);
  CREATE INDEX messages_by_audio ON messages (audio);
  CREATE VIRTUAL TABLE words USING fts5 (partner, name, tags, transcript, content='');
  `,
  // Version 2. Version 1 had no ledgers: all samples of a file count as received. Holds had no reason.
  `
  ALTER TABLE messages ADD COLUMN ledger TEXT;
  ALTER TABLE messages ADD COLUMN unwritten TEXT;
  UPDATE messages SET ledger = (
    SELECT json_object(
      'received', samples, 'idle', 0, 'masked', 0, 'missing', 0,
      'spans', json_array(json_object('from', 0, 'samples', samples, 'kind', 'received'))
    ) FROM audio WHERE sha256 = messages.audio
  );
  ALTER TABLE messages ADD COLUMN reason TEXT;
  UPDATE messages SET reason = 'legal hold' WHERE hold = 1;
  ALTER TABLE messages DROP COLUMN hold;
  ALTER TABLE messages RENAME COLUMN reason TO hold;
  `,
  // Changes of the catalogue that are not applied to the folder yet.
  `
  CREATE TABLE unfinished (
    path    TEXT PRIMARY KEY,
    key     INTEGER NOT NULL,
    remove  INTEGER NOT NULL
  );
  `,
  // Sidecars have the reason of a hold: those of held messages are written again.
  `
  INSERT OR IGNORE INTO unfinished
  SELECT substr(path, 1, length(path) - iif(path LIKE '%.age', 8, 4)) || '.' || key || '.json', key, 0
  FROM messages JOIN audio ON audio.sha256 = messages.audio WHERE hold IS NOT NULL;
  `,
];
