import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { moveInto, removeFile } from '../../src/files/private-file.js';
import { publishFile, writeJson, writeWhole } from '../../src/files/whole-file.js';
import { transcode } from '../../src/voice.js';

const SPEECH = 'test/fixtures/speech/goforward.wav';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-replaced-'));
  await mkdir(join(folder, 'folder'));
  // As root, a device would be replaced, and everybody would miss it.
  await symlink('/dev/null', join(folder, 'device'));
  await writeFile(join(folder, 'made'), 'voice');
});
afterEach(() => rm(folder, { recursive: true }));

const WRITERS: [string, (path: string) => Promise<unknown>][] = [
  ['JSON', (path) => writeJson(path, {})],
  [
    'a stream',
    (path) =>
      writeWhole(
        path,
        (async function* () {
          yield 'x';
        })(),
      ),
  ],
  ['a move', (path) => moveInto(join(folder, 'made'), path)],
  ['a publication', (path) => publishFile(join(folder, 'made'), path)],
  ['a conversion', (path) => transcode({ input: SPEECH, output: path, format: 'flac' })],
];

it.skipIf(process.platform === 'win32').each(WRITERS)('%s replaces regular files only', async (_, write) => {
  for (const name of ['device', 'folder']) {
    await expect(write(join(folder, name))).rejects.toBeInstanceOf(Error);
    expect((await stat(join(folder, name))).isFile()).toBe(false);
  }
  expect((await readdir(folder)).sort()).toEqual(['device', 'folder', 'made']);
  await writeFile(join(folder, 'old'), 'old');
  await write(join(folder, 'old'));
});

it.skipIf(process.platform === 'win32')('only regular files are removed', async () => {
  for (const name of ['device', 'folder', 'made', 'nothing', 'made/below'])
    await removeFile(join(folder, name));
  expect((await readdir(folder)).sort()).toEqual(['device', 'folder']);
});
