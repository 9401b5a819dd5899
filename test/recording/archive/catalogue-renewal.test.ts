import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from '../../../src/files/database.js';
import { FolderLock } from '../../../src/files/folder-lock.js';
import { Catalogue } from '../../../src/recording/archive/catalogue.js';
import { MIGRATIONS } from '../../../src/recording/archive/catalogue-entry.js';
import { RecordingMaker } from './made-recordings.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-renewal-'));
  file = join(folder, 'catalogue.sqlite');
  Catalogue.open(folder).close();
  // All of it into the file itself.
  const database = Database.open(file, MIGRATIONS);
  database.run('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  for (const beside of ['-wal', '-shm']) await rm(`${file}${beside}`, { force: true });
});
afterEach(() => rm(folder, { recursive: true }));

const spoilt: [string, () => Promise<unknown>][] = [
  ['is cut off', () => truncate(file, 5000)],
  ['is no database', () => writeFile(file, 'x'.repeat(9000))],
  ['has zeroes in its pages', () => writeFile(file, Buffer.alloc(9000), { flag: 'r+' })],
];

it.each(spoilt)('a catalogue that %s is moved aside and kept, and a new one is created', async (_, spoil) => {
  await spoil();
  const before = await readFile(file);
  expect(() => Catalogue.open(folder)).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  const { catalogue, damaged = '' } = await Catalogue.renew(folder);
  expect(catalogue.search()).toEqual([]);
  catalogue.close();
  expect(await readFile(damaged)).toEqual(before);
  Catalogue.open(folder).close();
});

it('a valid catalogue is not moved', async () => {
  const { catalogue, damaged } = await Catalogue.renew(folder);
  catalogue.close();
  expect(damaged).toBeUndefined();
  expect((await readdir(folder)).filter((name) => name.includes('damaged'))).toEqual([]);
});

it('a catalogue is not moved while somebody records to its folder', async () => {
  using _ = FolderLock.take(folder, 'recorded to');
  await writeFile(file, 'x'.repeat(9000));
  await expect(Catalogue.renew(folder)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  expect(await readFile(file, 'utf8')).toBe('x'.repeat(9000));
});

it('a lost catalogue is recognised, and created again by the next recorder', async () => {
  expect(await Catalogue.isLost(folder)).toBe(false);
  {
    using catalogue = Catalogue.open(folder);
    await new RecordingMaker(folder).published(catalogue, 'ann');
    await catalogue.hold('recording-0001', 'case 7');
  }
  for (const beside of ['', '-wal', '-shm']) await rm(`${file}${beside}`, { force: true });
  expect(await Catalogue.isLost(folder)).toBe(true);
  const list = spawnSync(process.execPath, [MAIN, 'recordings', 'list', '--out', folder], {
    encoding: 'utf8',
  });
  expect([list.status, list.stderr]).toEqual([1, expect.stringMatching(/no catalogue.*recordings index/s)]);
  using catalogue = await Catalogue.recovered(folder);
  expect(catalogue.search()).toMatchObject([{ partner: 'ann', hold: 'case 7' }]);
  expect(await Catalogue.isLost(folder)).toBe(false);
});
