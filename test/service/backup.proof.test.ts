import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomFrom } from '../random.js';

const { serveDay } = await import(new URL('../../bench/serve-day/day.mjs', import.meta.url).href);
const MAIN = resolve('dist/cli/main.js');

let folder: string;
/** The lines of the documentation: how a backup is made, and how it is restored. */
let save: string;
let restore: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-backup-'));
  const page = await readFile('docs/service.md', 'utf8');
  const [, section = ''] = page.split('## Backup and restore');
  [save = '', restore = ''] = Array.from(section.matchAll(/```sh\n(.*?)```/gs), ([, lines = '']) => lines);
  await mkdir(join(folder, 'bin'));
  await chmod(MAIN, 0o755);
  await symlink(MAIN, join(folder, 'bin', 'jackfield'));
});
afterAll(() => rm(folder, { recursive: true }));

async function shell(lines: string, cwd: string, ...codes: number[]): Promise<string> {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
  const child = spawn('sh', ['-ec', lines], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [printed, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  expect({ code, said }).toMatchObject({ code: codes.includes(code ?? -1) ? code : 0 });
  return printed;
}

it('a backup of a running service is restored completely', async () => {
  const live = join(folder, 'live');
  const saved: Promise<unknown>[] = [];
  const onHour = async ({ hour }: { readonly hour: number }) => {
    // The first is made after an hour, so that there is something; it is not waited for: calls come meanwhile.
    const place = join(live, `backup-${hour}`);
    await mkdir(place, { recursive: true });
    saved.push(shell(save.replace('backup.tar', `${place}/backup.tar`), live, 0, 1));
  };
  const { faults } = await serveDay({ folder: live, calls: 14, hours: 4, random: randomFrom(5), onHour });
  await Promise.all(saved);
  expect(faults).toEqual([]);
  for (const name of ['backup-1', 'backup-4']) {
    const place = join(live, name);
    const printed = await shell(restore, place);
    expect(printed).not.toMatch(/FAILED|CHANGED/);
    const kept = await readdir(join(place, 'restored'), { recursive: true });
    expect(kept.filter((file) => file.endsWith('.manifest.json')).length).toBeGreaterThan(
      name === 'backup-1' ? 0 : 6,
    );
    expect(kept.some((file) => file.startsWith('voicemails/audio/'))).toBe(true);
  }
}, 300_000);
