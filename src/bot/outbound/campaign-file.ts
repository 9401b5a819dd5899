import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { Database, isDamage } from '../../files/database.js';
import { makePrivateFolderSync } from '../../files/private-file.js';
import { NUMBER_ROW } from '../../files/row.js';
import { CATALOGUE_FILE, DAMAGED_PREFIX } from '../../recording/archive/catalogue.js';
import { MIGRATIONS as CATALOGUE_MIGRATIONS } from '../../recording/archive/catalogue-entry.js';

const COLUMNS =
  'campaign, target, attempt, placed_at, duration_ms, outcome, status, error, retry, variables, pid';

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE campaign_calls (
    key         INTEGER PRIMARY KEY,
    campaign    TEXT NOT NULL,
    target      TEXT NOT NULL COLLATE NOCASE,
    attempt     INTEGER NOT NULL,
    placed_at   TEXT NOT NULL,
    duration_ms REAL NOT NULL DEFAULT 0,
    outcome     TEXT NOT NULL,
    status      TEXT NOT NULL DEFAULT '',
    error       TEXT,
    retry       INTEGER NOT NULL DEFAULT 0,
    variables   TEXT NOT NULL DEFAULT '{}',
    pid         INTEGER NOT NULL,
    UNIQUE (campaign, target, attempt)
  );
  CREATE INDEX campaign_calls_placed ON campaign_calls (placed_at);
  CREATE TABLE taken_over (file TEXT NOT NULL);
  `,
  'CREATE TABLE campaign_wills (campaign TEXT PRIMARY KEY, will TEXT NOT NULL);',
  'ALTER TABLE campaign_calls ADD COLUMN retry_after_ms REAL',
];

const ADVICE =
  'Only this file says whom campaigns have called: restore it from a backup. If you move it away, a new one is started and everybody is called again.';

/**
 * Opens the history of campaigns in a folder, or begins one. It is a separate file, since it cannot be rebuilt as the
 * catalogue of recordings can. Earlier versions kept it in that catalogue; those calls are imported once.
 *
 * @param existing True to create neither folder nor file: a missing history is an empty one in memory.
 * @throws ERR_FILE for a damaged history, or a damaged catalogue that may contain one; ERR_UNSUPPORTED without
 * `libsql`.
 */
export function openCampaigns(folder: string, existing: boolean): Database {
  if (!existing) makePrivateFolderSync(folder);
  const db = Database.open(join(folder, 'campaigns.sqlite'), MIGRATIONS, { advice: ADVICE, existing });
  try {
    if (numberIn(db, 'SELECT count(*) AS n FROM taken_over') === 0) takeOver(db, folder);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function takeOver(db: Database, folder: string): void {
  if (!existsSync(folder)) return;
  const older = readdirSync(folder).filter(
    (name) => name.startsWith(DAMAGED_PREFIX) && name.endsWith('.sqlite'),
  );
  const files = [CATALOGUE_FILE, ...older].map((name) => join(folder, name)).filter(hasCalls);
  for (const file of files) {
    db.run('ATTACH ? AS older', file);
    try {
      const sql = `INSERT INTO campaign_calls (${COLUMNS}) SELECT ${COLUMNS} FROM older.campaign_calls WHERE true
        ON CONFLICT DO NOTHING`;
      db.write(() => db.run(sql), true);
    } finally {
      db.run('DETACH older');
    }
  }
  db.write(() => db.run('INSERT INTO taken_over VALUES (?)', CATALOGUE_FILE), true);
}

const NAME_ROW = z.object({ name: z.string() });

/** True when a catalogue has calls of campaigns. @throws ERR_FILE when the catalogue is damaged. */
function hasCalls(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    using catalogue = Database.open(file, CATALOGUE_MIGRATIONS);
    const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'campaign_calls'";
    return catalogue.get(NAME_ROW, sql) !== undefined;
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    const text = `${printable(file)} is damaged and may contain calls of campaigns: repair it, or move it out of the folder. After a move everybody is called again, because the earlier calls are unknown.`;
    throw new JackfieldError('ERR_FILE', text, { cause });
  }
}

function numberIn(db: Database, sql: string): number {
  return db.get(NUMBER_ROW, sql)?.n ?? 0;
}
