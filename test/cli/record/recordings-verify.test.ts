import { execFile } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Catalogue } from '../../../src/recording.js';
import { RecordingMaker } from '../../recording/archive/made-recordings.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-exchanged-'));
  using catalogue = Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  for (const partner of ['ann', 'bob']) await maker.published(catalogue, partner, ['flac', 'legs']);
});
afterEach(() => rm(folder, { recursive: true }));

function verify(): Promise<{ readonly code: number; readonly printed: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'recordings', 'verify', '--out', folder], (error, printed) =>
      resolve({ code: error ? Number(error.code) : 0, printed }),
    );
  });
}

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
  'two recordings whose files were exchanged are found: %s',
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
