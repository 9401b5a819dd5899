import { readFileSync } from 'node:fs';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { HAS_FFMPEG, run, speechFile, testFolder } from '../voice/fixtures.js';
import { type RanPrograms, runPrograms } from './run-programs.js';

const root = new URL('../../', import.meta.url).pathname;
const folder = testFolder();
const page = readFileSync(join(root, 'docs', 'voice.md'), 'utf8');
const blocks = [...page.matchAll(/## ([^\n]+)\n(?:(?!\n## )[\s\S])*?```js\n([\s\S]*?)```/g)].map(
  ([, heading, code]) => ({ heading: heading!, code: code! }),
);

beforeAll(async () => {
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'jackfield'));
  for (const name of ['call.wav', 'remote.wav', 'local.wav']) {
    await copyFile(speechFile('reader-880'), join(folder, name));
  }
  if (HAS_FFMPEG)
    run('ffmpeg', '-loglevel', 'error', '-y', '-i', speechFile('numbers'), join(folder, 'song.ogg'));
});

describe('docs/voice.md', () => {
  it('has an example in each part that can have one', () => {
    expect(blocks.map(({ heading }) => heading)).toEqual([
      'Two shapes for everything',
      'WAV',
      'Mixing',
      'Tones and detection',
      'Transcoding',
      'Devices',
      'Pictures',
    ]);
  });

  // The devices' example needs a sound card; the transcoder's needs ffmpeg.
  const runnable = blocks.filter(
    ({ heading }) => heading !== 'Devices' && (heading !== 'Transcoding' || HAS_FFMPEG),
  );
  const pathOf = (heading: string) => join(folder, `${heading}.mjs`);
  let ran: RanPrograms;
  beforeAll(async () => {
    for (const { heading, code } of runnable) await writeFile(pathOf(heading), code);
    ran = await runPrograms(runnable.map(({ heading }) => pathOf(heading)));
  });

  it.each(runnable)('runs the example of "$heading"', ({ heading }) => {
    expect(ran.thrown(pathOf(heading))).toBeUndefined();
  });

  it('has examples that print no error, and leave nothing that keeps the process alive', () => {
    expect(ran).toMatchObject({ status: 0, stderr: '' });
  });
});
