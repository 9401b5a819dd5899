import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../../src/files/database.js';
import { MIGRATIONS } from '../../../src/recording/archive/catalogue-entry.js';
import { Catalogue } from '../../../src/recording.js';
import { RecordingMaker } from './made-recordings.js';

let folder: string;
let catalogue: Catalogue;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-holds-'));
  catalogue = Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  for (const partner of ['ann', 'bob']) await maker.published(catalogue, partner);
});
afterEach(async () => {
  catalogue.close();
  await rm(folder, { recursive: true });
});

const entry = (partner: string) => catalogue.search({ partner })[0] ?? expect.fail();
const holdFile = () => join(folder, 'calls', 'ann.hold.json');
const ALL = { maxBytes: 0 };
const purgeable = () => catalogue.purgeable(ALL).map(({ partner }) => partner);
const files = () => readdir(join(folder, 'calls'));

/** The catalogue is gone, and made anew. */
async function lost(): Promise<void> {
  catalogue.close();
  for (const beside of ['', '-wal', '-shm'])
    await rm(join(folder, `catalogue.sqlite${beside}`), { force: true });
  catalogue = Catalogue.open(folder);
  await catalogue.rebuild();
}

describe('a legal hold', () => {
  it('survives a new catalogue: held recordings are not purged, and keep their tags', async () => {
    const before = catalogue.search();
    expect(await catalogue.hold(entry('ann').id, 'case 7')).toBe(1);
    await lost();
    expect(catalogue.search()).toEqual([{ ...before[0], hold: 'case 7' }, before[1]]);
    expect(purgeable()).toEqual(['bob']);
    await expect(catalogue.remove(entry('ann'))).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await catalogue.hold(entry('ann').id, undefined);
    await lost();
    expect(purgeable()).toEqual(['ann', 'bob']);
    await catalogue.remove(entry('ann'));
    expect((await files()).filter((name) => name.startsWith('ann'))).toEqual([]);
  });

  it('is in force by its file alone, also when that cannot be read', async () => {
    await catalogue.hold(entry('ann').id, 'case 7');
    const database = Database.open(join(folder, 'catalogue.sqlite'), MIGRATIONS);
    database.run('UPDATE recordings SET hold = NULL');
    database.close();
    for (const text of [undefined, '{', '{"schema":"jackfield.hold/2"}', '']) {
      if (text !== undefined) await writeFile(holdFile(), text);
      expect(purgeable()).toEqual(['bob']);
      await expect(catalogue.remove(entry('ann'))).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    }
    await lost();
    expect(entry('ann').hold).toMatch(/cannot be read/);
  });

  it('of an earlier version, which is only in the catalogue, gets its file', async () => {
    const database = Database.open(join(folder, 'catalogue.sqlite'), MIGRATIONS);
    database.run("UPDATE recordings SET hold = 'case 8' WHERE partner = 'ann'");
    database.run("UPDATE recordings SET hold = 'no case', file = '../../bob.wav' WHERE partner = 'bob'");
    database.close();
    await catalogue.keepHolds();
    expect(await files()).toContain('ann.hold.json');
    expect(
      (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.hold.json')),
    ).toHaveLength(1);
    await lost();
    expect(entry('ann').hold).toBe('case 8');
  });

  it('is checked when an interrupted purge is finished: the rest is removed, or kept', async () => {
    // The sidecar goes last, so that this is all that a purge may have removed.
    for (const name of ['ann.wav', 'ann.manifest.json', 'bob.wav']) await rm(join(folder, 'calls', name));
    await catalogue.hold(entry('bob').id, 'case 7');
    expect((await catalogue.rebuild()).failed.size).toBe(1);
    expect(purgeable()).toEqual(['ann']);
    await catalogue.remove(entry('ann'));
    expect((await files()).filter((name) => name.startsWith('ann'))).toEqual([]);
    expect(await files()).toContain('bob.json');
    expect(catalogue.search().map(({ partner }) => partner)).toEqual(['bob']);
  });

  it.skipIf(process.platform === 'win32')(
    'is kept, with its recording, when the disk cannot tell whether its file exists',
    async () => {
      // A link to itself cannot be followed: the system refuses, and does not say that there is nothing.
      await symlink('ann.hold.json', holdFile());
      expect(purgeable()).toEqual(['bob']);
      await expect(catalogue.remove(entry('ann'))).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'or details that cannot be read keep a recording from being removed',
    async () => {
      const sidecar = join(folder, 'calls', 'ann.json');
      await rm(sidecar);
      // Its first page is no memory: to read it is an error of input.
      await symlink('/proc/self/mem', sidecar);
      await expect(catalogue.remove(entry('ann'))).rejects.toMatchObject({ code: 'ERR_FILE' });
      expect(await files()).toContain('ann.wav');
      expect(entry('ann').partner).toBe('ann');
    },
  );

  it('that is interrupted by a kill is finished or cleaned up by the next process that opens the folder', async () => {
    // As if killed before the file has its name, and with a folder in its place.
    await mkdir(holdFile());
    await expect(catalogue.hold(entry('ann').id, 'case 7')).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(purgeable()).toEqual(['bob']);
    await rm(holdFile(), { recursive: true });
    await writeFile(`${holdFile()}.part`, '{"schema"');
    await catalogue.keepHolds();
    expect(await files()).toContain('ann.hold.json');
    expect(await files()).not.toContain('ann.hold.json.part');
    for (const clearUp of [() => catalogue.rebuild(), () => catalogue.hold(entry('ann').id, undefined)]) {
      await writeFile(`${holdFile()}.part`, '{"schema"');
      await clearUp();
      expect(await files()).not.toContain('ann.hold.json.part');
    }
  });

  it('keeps the entry and the name of a recording whose files were removed', async () => {
    await catalogue.hold(entry('ann').id, 'case 9');
    for (const ending of ['wav', 'json', 'manifest.json']) await rm(join(folder, 'calls', `ann.${ending}`));
    await catalogue.rebuild();
    expect(entry('ann').hold).toBe('case 9');
    const next = await new RecordingMaker(folder).published(catalogue, 'ann');
    expect(next.file).toBe(join(folder, 'calls', 'ann_2.wav'));
  });
});
