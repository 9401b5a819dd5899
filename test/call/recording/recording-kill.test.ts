import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  collectSamples,
  findUnfinished,
  recoverRecording,
  splitChannels,
  verifyRecording,
  WavReader,
} from '../../../src/index.js';

/** How many recording processes are killed: JACKFIELD_KILLS=50 npx vitest run test/call/recording/recording-kill */
const KILLS = Number(process.env['JACKFIELD_KILLS'] ?? 12);
const AT_ONCE = 4;
/** What a kill may cost, in samples: 500 ms. */
const MAX_LOSS = 8000;

let folder: string;
beforeAll(async () => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-kill-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a recording process and kills it once it has said `samples`; resolves to how many it had said in the end. */
async function recordUntilKilled(file: string, samples: number, readClass: string): Promise<number> {
  const child = spawn(process.execPath, ['test/call/recording/kill-target.mjs', file, readClass], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-64);
    if (lastWhole(text) >= samples) child.kill('SIGKILL');
  });
  const [code, signal] = await closed;
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return lastWhole(text);
}

function lastWhole(text: string): number {
  return Number(text.split('\n').at(-2) ?? 0);
}

describe('a recording process that is killed', () => {
  it(`loses at most 500 ms, ${KILLS} times at random moments, and the files are finished afterwards`, async () => {
    const moments = Array.from({ length: KILLS }, () => Math.ceil(Math.random() * 40_000));
    const files = moments.map((_, i) => join(folder, `call-${i}.wav`));
    const said: number[] = [];
    for (let first = 0; first < KILLS; first += AT_ONCE) {
      const batch = moments.slice(first, first + AT_ONCE).map((moment, i) => {
        const file = files[first + i] ?? '';
        return recordUntilKilled(file, moment, (first + i) % 2 === 0 ? 'immediate' : 'batched');
      });
      said.push(...(await Promise.all(batch)));
    }
    // A process that was killed before it had a recording has nothing to lose.
    const unfinished = await findUnfinished(folder);
    for (const [i, file] of files.entries()) {
      if (!unfinished.includes(file)) {
        expect(said[i]).toBeLessThanOrEqual(MAX_LOSS);
        continue;
      }
      const killedAt = said[i] ?? 0;
      await using before = await WavReader.open(file);
      expect(before.sampleCount).toBeGreaterThanOrEqual(killedAt - MAX_LOSS);
      const { sidecar, manifestFile } = await recoverRecording(file);
      expect(existsSync(manifestFile)).toBe(true);
      expect(await verifyRecording(file)).toMatchObject({ ok: true, findings: [] });
      expect(sidecar).toMatchObject({
        complete: false,
        end: 'killed',
        recovered: { at: expect.any(String) },
      });
      await using reader = await WavReader.open(file);
      expect(reader.state).toBe('ok');
      const [left = new Int16Array()] = splitChannels(await collectSamples(reader), 2);
      const { ledger } = sidecar.legs.local;
      const places = ledger.spans
        .filter(({ kind }) => kind === 'received')
        .flatMap(({ from, samples }) => [...left.subarray(from, from + samples)]);
      // A leg is redirected a moment after the call began: what it heard first tells where it was then.
      const start = (places[0] ?? 1) - 1;
      expect(start).toBeLessThan(3200);
      expect(places.every((sample, n) => sample === ((start + n) % 30_000) + 1)).toBe(true);
      expect(places.length).toBeGreaterThanOrEqual(killedAt - start - MAX_LOSS);
    }
    expect((await readdir(folder)).filter((name) => /journal|reserve|part/.test(name))).toEqual([]);
  }, 120_000);
});
