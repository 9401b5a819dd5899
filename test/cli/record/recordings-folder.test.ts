import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { CommandHost } from '../command-host.js';

const host = new CommandHost();
afterAll(() => host[Symbol.dispose]());

it('a command that only reads leaves an empty folder empty', async () => {
  const out = await mkdtemp(join(tmpdir(), 'jackfield-empty-'));
  const codes: Record<string, number> = {};
  for (const line of [
    ...[
      'recordings list',
      'recordings search word',
      'recordings verify',
      'recordings purge --older-than-days 1',
    ],
    ...['recordings show abc', 'recordings hold abc', 'recordings outbox', 'analyse --archive'],
    ...['campaign list', 'campaign results', 'campaign report x'],
  ]) {
    const { code } = await host.run([
      ...line.split(' '),
      ...(line.startsWith('analyse') ? [out] : ['--out', out]),
    ]);
    codes[line] = code;
    expect({ line, left: await readdir(out) }).toEqual({ line, left: [] });
  }
  expect(codes).toMatchObject({
    'recordings list': 3,
    'recordings purge --older-than-days 1': 0,
    'campaign list': 3,
  });
});
