import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectSamples, recoverRecording, verifyRecording, WavReader } from '../../src/index.js';
import {
  discardUnfinished,
  findUnfinished,
  isWorthRecovering,
  openSealed,
  readTails,
} from '../../src/recording.js';
import { splitChannels } from '../../src/voice.js';

/** How many recording processes are killed: JACKFIELD_KILLS=50 npx vitest run test/recording/recording-kill */
const KILLS = Number(process.env['JACKFIELD_KILLS'] ?? 8);
const AT_ONCE = 3;
/** What a kill may cost, in milliseconds of the process's own time (kill-target.mjs). */
const MAX_LOSS_MS = 500;

/** How the process records: each in turn. */
const WAYS = [
  { readClass: 'immediate', sealed: false },
  { readClass: 'batched', sealed: false },
  { readClass: 'immediate', sealed: true },
  { readClass: 'batched', sealed: true },
] as const;

let folder: string;
let identity: string;
let recipient: string;
beforeAll(async () => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
  folder = await mkdtemp(join(tmpdir(), 'jackfield-kill-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Said {
  readonly samples: number;
  readonly atMs: number;
  /** Whether the recording was there. */
  readonly recorded: boolean;
}

/**
 * Runs a recording process and kills it once it has said `samples`. Resolves to what it had said in the end, and to
 * how much of that has to be in the file: what was said more than 500 ms before, into a recording.
 */
async function recordUntilKilled(
  file: string,
  samples: number,
  way: (typeof WAYS)[number],
): Promise<{ said: number; due: number }> {
  const args = ['test/recording/kill-target.mjs', file, way.readClass, ...(way.sealed ? [recipient] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const all: Said[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [count = 0, atMs = 0, recorded = 0] = line.split(' ').map(Number);
      all.push({ samples: count, atMs, recorded: recorded === 1 });
    }
    if ((all.at(-1)?.samples ?? 0) >= samples) child.kill('SIGKILL');
  });
  expect(await closed).toEqual([null, 'SIGKILL']);
  const last = all.at(-1) ?? { samples: 0, atMs: 0 };
  const due = all.findLast(({ atMs, recorded }) => recorded && atMs <= last.atMs - MAX_LOSS_MS)?.samples ?? 0;
  return { said: last.samples, due };
}

/** How many samples can be played of a recording that was killed, before anything is repaired. */
async function playable(file: string): Promise<number> {
  if (file.endsWith('.age')) return (await readTails(file, identity))?.sampleCount ?? 0;
  await using reader = await WavReader.open(file);
  return reader.sampleCount;
}

async function samplesOf(file: string): Promise<Int16Array> {
  if (file.endsWith('.age')) return await collectSamples(openSealed(file, identity));
  await using reader = await WavReader.open(file);
  expect(reader.state).toBe('ok');
  return await collectSamples(reader);
}

/** Finishes a recording that was killed; returns how far it has what was said. */
async function finished(file: string, due: number): Promise<number> {
  expect(await playable(file)).toBeGreaterThanOrEqual(due);
  const sealed = file.endsWith('.age');
  const options = sealed ? { identity, encryptTo: [recipient] } : {};
  const { sidecar, manifestFile } = await recoverRecording(file, options);
  expect(existsSync(manifestFile)).toBe(true);
  const report = await verifyRecording(file, sealed ? { samples: openSealed(file, identity) } : {});
  expect(report).toMatchObject({ ok: true, findings: [] });
  expect(sidecar).toMatchObject({ complete: false, end: 'killed', recovered: { at: expect.any(String) } });
  const [left = new Int16Array()] = splitChannels(await samplesOf(file), 2);
  const places = sidecar.legs.local.ledger.spans
    .filter(({ kind }) => kind === 'received')
    .flatMap(({ from, samples }) => [...left.subarray(from, from + samples)]);
  // A leg is redirected a moment after the call began: what it heard first tells where it was then.
  const start = (places[0] ?? 1) - 1;
  expect(places.every((sample, n) => sample === ((start + n) % 30_000) + 1)).toBe(true);
  return start + places.length;
}

describe('a recording process that is killed', () => {
  it(`loses at most 500 ms, ${KILLS} times at random moments, and the files are finished afterwards`, async () => {
    const kills = Array.from({ length: KILLS }, (_, i) => {
      const way = WAYS[i % WAYS.length] ?? WAYS[0];
      const path = join(folder, `call-${i}.wav`);
      return {
        way,
        path,
        file: way.sealed ? `${path}.age` : path,
        moment: Math.ceil(Math.random() * 40_000),
      };
    });
    const killed: { said: number; due: number }[] = [];
    for (let first = 0; first < KILLS; first += AT_ONCE) {
      const batch = kills
        .slice(first, first + AT_ONCE)
        .map(({ path, moment, way }) => recordUntilKilled(path, moment, way));
      killed.push(...(await Promise.all(batch)));
    }
    const unfinished = await findUnfinished(folder);
    let recovered = 0;
    for (const [i, { file }] of kills.entries()) {
      const { said = 0, due = 0 } = killed[i] ?? {};
      if (unfinished.includes(file) && (await isWorthRecovering(file))) {
        const has = await finished(file, due);
        expect(has).toBeGreaterThanOrEqual(due);
        expect(has).toBeLessThanOrEqual(said);
        recovered++;
      } else {
        // A process that was killed before it had a recording has nothing to lose.
        expect(due).toBe(0);
        await discardUnfinished(file);
      }
    }
    expect(recovered).toBeGreaterThan(KILLS / 2);
    expect((await readdir(folder)).filter((name) => /journal|reserve|part|tail/.test(name))).toEqual([]);
  }, 300_000);
});
