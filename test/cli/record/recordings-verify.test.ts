import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { Catalogue } from '../../../src/recording.js';
import { RecordingMaker } from '../../recording/archive/made-recordings.js';
import { CommandHost } from '../command-host.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-exchanged-'));
  using catalogue = Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  for (const partner of ['ann', 'bob']) await maker.published(catalogue, partner, ['flac', 'legs']);
});
afterEach(() => rm(folder, { recursive: true }));

const host = new CommandHost();
afterAll(() => host[Symbol.dispose]());

async function run(...args: string[]): Promise<{ readonly code: number; readonly printed: string }> {
  const { code, stdout, stderr } = await host.run(args);
  return { code, printed: `${stdout}${stderr}` };
}
const verify = () => run('recordings', 'verify', '--out', folder);

/** Gives each of two files the other's name. */
async function exchange(ending: string): Promise<void> {
  const at = (name: string) => join(folder, 'calls', `${name}${ending}`);
  await rename(at('ann'), at('kept'));
  await rename(at('bob'), at('ann'));
  await rename(at('kept'), at('bob'));
}

const ENDINGS = ['.wav', '.json', '.manifest.json', '.flac', '.local.wav', '.remote.wav'];
const TOGETHER = [
  ENDINGS,
  ['.wav', '.json', '.manifest.json'],
  ['.wav', '.json'],
  ['.json', '.manifest.json'],
];

it.each([...ENDINGS.map((ending) => [ending]), ...TOGETHER])(
  'two recordings whose files were swapped are found: %s',
  async (...endings) => {
    expect(await verify()).toMatchObject({ code: 0 });
    for (const ending of endings) await exchange(ending);
    const { code, printed } = await verify();
    expect(code).toBe(1);
    for (const name of ['ann', 'bob']) {
      expect(printed).toMatch(new RegExp(`^(CHANGED|FAILED) .*${name}\\.wav`, 'm'));
    }
  },
);

it('verify takes a folder: all recordings of its catalogue, or all files without one', async () => {
  const calls = join(folder, 'calls');
  const verdicts = async (path: string) => {
    const { code, printed } = await run('verify', path);
    return { code, words: printed.match(/^\S+(?= .*wav)/gm) };
  };
  expect(await verdicts(folder)).toEqual({ code: 0, words: ['ok', 'ok'] });
  expect(await verdicts(calls)).toEqual({ code: 0, words: ['ok', 'ok'] });
  await rm(join(calls, 'ann.wav'));
  for (const path of [folder, calls]) {
    expect((await run('verify', path)).printed).toMatch(/^FAILED .*ann\.wav .* \[ERR_FILE\]$/m);
    expect((await run('verify', path, '--json')).printed).toMatch(/"ok":false,.*"code":"ERR_FILE"/);
    expect(await verdicts(path)).toMatchObject({ code: 1, words: expect.arrayContaining(['FAILED', 'ok']) });
  }
  // Of one that is gone altogether the catalogue alone knows.
  for (const ending of ENDINGS) await rm(join(calls, `ann${ending}`), { force: true });
  expect(await verdicts(folder)).toMatchObject({ code: 1 });
  expect(await verdicts(calls)).toEqual({ code: 0, words: ['ok'] });
  await rm(calls, { recursive: true });
  await rm(join(folder, 'catalogue.sqlite'));
  expect(await run('verify', folder)).toEqual({
    code: 3,
    printed: `No recordings in ${folder}: nothing was checked.\n`,
  });
});
