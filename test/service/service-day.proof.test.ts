import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { randomFrom } from '../random.js';

const { serveDay } = await import(new URL('../../bench/serve-day/day.mjs', import.meta.url).href);

// `npm run bench:serve-day` has 2000 calls, and looks whether anything grows.
it('a day of calls: each is answered as the rules say, and recorded completely', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-day-'));
  try {
    const { faults, tally, recordings } = await serveDay({ folder, calls: 20, random: randomFrom(11) });
    expect(faults).toEqual([]);
    expect(Object.keys(tally).sort()).toEqual(['answering-machine', 'greeter', 'menu', 'nobody', 'person']);
    const { nobody, ...taken } = tally;
    expect(recordings).toBe(Object.values<number>(taken).reduce((sum, each) => sum + each));
  } finally {
    await rm(folder, { recursive: true });
  }
}, 300_000);
