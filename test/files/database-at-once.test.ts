import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const COUNT = 40;
const MIGRATIONS = ['CREATE TABLE a (x)', 'CREATE TABLE b (x)', 'ALTER TABLE a ADD COLUMN y'];

it('a database that two processes create at the same moment is created once, for both', async () => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-at-once-'));
  const args = ['test/files/new-databases.mjs', folder, String(COUNT), ...MIGRATIONS];
  const both = [1, 2].map(() => spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  await Promise.all(both.map(({ stdout }) => once(stdout, 'readable')));
  const printed = both.map(({ stdout }) => text(stdout));
  for (const { stdin } of both) stdin.end('go\n');
  expect(await Promise.all(printed)).toEqual(['ready\n', 'ready\n']);
  await rm(folder, { recursive: true });
});
