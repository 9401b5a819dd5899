import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { Database } from '../../src/files/database.js';

const TABLES = ['CREATE TABLE kept (value)'];
const ROW = z.object({ value: z.int() });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-close-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = () => join(folder, 'kept.sqlite');

/** The rows of a copy of the file alone. */
async function copied(): Promise<number[]> {
  const copy = join(folder, 'copy.sqlite');
  await copyFile(path(), copy);
  using db = Database.open(copy, TABLES);
  return db.all(ROW, 'SELECT value FROM kept').map(({ value }) => value);
}

it('a closed database has everything in its one file', async () => {
  const db = Database.open(path(), TABLES);
  for (const value of [1, 2, 3]) db.run('INSERT INTO kept VALUES (?)', value);
  db.close();
  expect(await copied()).toEqual([1, 2, 3]);
});

it('a database can be closed while another connection keeps using it', async () => {
  using other = Database.open(path(), TABLES);
  const db = Database.open(path(), TABLES);
  db.run('INSERT INTO kept VALUES (?)', 1);
  other.write(() => {
    other.run('INSERT INTO kept VALUES (?)', 2);
    db.close();
  });
  expect(other.all(ROW, 'SELECT value FROM kept')).toHaveLength(2);
});

it('a database can be closed twice', () => {
  const db = Database.open(path(), TABLES);
  db.close();
  db.close();
});
