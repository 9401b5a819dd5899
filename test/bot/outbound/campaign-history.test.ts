import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CampaignLog } from '../../../src/bot.js';
import { Database } from '../../../src/files/database.js';
import { MIGRATIONS } from '../../../src/recording/archive/catalogue-entry.js';
import { Catalogue } from '../../../src/recording.js';

/** What earlier versions had in the catalogue of recordings. */
const OLDER = `CREATE TABLE campaign_calls (
  key INTEGER PRIMARY KEY, campaign TEXT NOT NULL, target TEXT NOT NULL COLLATE NOCASE, attempt INTEGER NOT NULL,
  placed_at TEXT NOT NULL, duration_ms REAL NOT NULL DEFAULT 0, outcome TEXT NOT NULL, status TEXT NOT NULL DEFAULT '',
  error TEXT, retry INTEGER NOT NULL DEFAULT 0, variables TEXT NOT NULL DEFAULT '{}', pid INTEGER NOT NULL,
  UNIQUE (campaign, target, attempt)
)`;

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-history-'));
  path = join(folder, 'catalogue.sqlite');
});
afterEach(() => rm(folder, { recursive: true }));

function older(...targets: string[]): void {
  using db = Database.open(path, MIGRATIONS);
  db.run(OLDER);
  for (const target of targets) {
    const sql = `INSERT INTO campaign_calls (campaign, target, attempt, placed_at, outcome, pid)
      VALUES ('spring', ?, 1, '2026-01-01T00:00:00.000Z', 'done', 1)`;
    db.run(sql, target);
  }
  db.run('PRAGMA wal_checkpoint(TRUNCATE)');
}

const targets = () => {
  using log = CampaignLog.open(folder);
  return log.search().map(({ target }) => target);
};

describe('the history of campaigns', () => {
  it('that an earlier version kept in the catalogue is taken over, once', () => {
    older('anna', 'ben');
    expect(targets()).toEqual(['anna', 'ben']);
    expect(targets()).toEqual(['anna', 'ben']);
    using log = CampaignLog.open(folder);
    expect(log.store('spring').resume()).toHaveLength(2);
  });

  it('is untouched by a catalogue that is damaged and made anew', async () => {
    older('anna');
    expect(targets()).toEqual(['anna']);
    await writeFile(path, 'x'.repeat(9000));
    expect(targets()).toEqual(['anna']);
    const { catalogue, damaged } = await Catalogue.renew(folder);
    catalogue.close();
    expect(damaged).toBeDefined();
    expect(targets()).toEqual(['anna']);
  });

  it('is not created while it may still be in a damaged catalogue, moved aside or not', async () => {
    older('anna');
    const whole = await readFile(path);
    await writeFile(path, 'x'.repeat(9000));
    expect(targets).toThrow(
      expect.objectContaining({ code: 'ERR_FILE', message: expect.stringContaining('calls of') }),
    );
    const { catalogue, damaged = '' } = await Catalogue.renew(folder);
    catalogue.close();
    expect(targets).toThrow(expect.objectContaining({ message: expect.stringContaining(damaged) }));
    // A copy of it was found.
    await writeFile(damaged, whole);
    expect(targets()).toEqual(['anna']);
  });

  it('is created when it is missing, and when the damaged catalogue was removed', async () => {
    await writeFile(path, 'x'.repeat(9000));
    expect(targets).toThrow();
    await rm(path);
    expect(targets()).toEqual([]);
  });

  it('that is damaged is refused with the reason, and targets of damaged rows are not called again', async () => {
    {
      using log = CampaignLog.open(folder);
      log.store('spring').begin({ target: 'anna', attempt: 1, placedAtMs: 0 });
    }
    {
      using db = Database.open(join(folder, 'campaigns.sqlite'), ['', '', '']);
      db.run("UPDATE campaign_calls SET variables = '{'");
    }
    {
      using log = CampaignLog.open(folder);
      expect(log.search()).toEqual([]);
      expect(log.damaged()).toEqual([expect.stringContaining('variables: expected JSON')]);
      expect(() => log.store('spring').resume()).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
    }
    for (const beside of ['-wal', '-shm'])
      await rm(join(folder, `campaigns.sqlite${beside}`), { force: true });
    await writeFile(join(folder, 'campaigns.sqlite'), 'x'.repeat(9000));
    expect(targets).toThrow(/everybody is called again/);
  });
});
