import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  attach,
  Exchange,
  MemoryTransport,
  PcmServer,
  Recorder,
  verifyRecording,
} from '../../../src/index.js';
import { Segment } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { Catalogue, listOutbox } from '../../../src/recording.js';

const TARGET = 'test/recording/publication/publication-target.mjs';
/** One step in so many is the last of a run, from one that differs each time: `JACKFIELD_KILL_STEPS=all` takes all. */
const ONE_IN = process.env['JACKFIELD_KILL_STEPS'] === 'all' ? 1 : 32;
/** Nobody answers there: the event waits in the outbox. */
const OPTIONS = {
  outputs: ['flac', 'legs'],
  template: 'calls/{partner}',
  webhook: { url: 'http://127.0.0.1:9/', secret: 'x'.repeat(32) },
} as const;
const FILES = ['ann.flac', 'ann.json', 'ann.local.wav', 'ann.manifest.json', 'ann.remote.wav', 'ann.wav'];

let root: string;
beforeAll(async () => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
  root = await mkdtemp(join(tmpdir(), 'jackfield-publication-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A recording of a second under way, as a kill leaves it; or complete, with its details. */
async function leave(folder: string, complete: boolean): Promise<void> {
  await mkdir(join(folder, '.recording'), { recursive: true });
  const call = { id: 7, partner: 'ann', type: 'INCOMING_P2P', status: '', duration: 0, states: [] };
  const segment = await Segment.open({
    store: await StereoFile.create(join(folder, '.recording', '1-7.wav'), 'async'),
    head: {
      id: 'left-behind',
      segment: 1,
      startedAt: '2026-01-01T10:00:00.000Z',
      call,
      streams: { local: 'CAPTURE_MIC', remote: 'OUTPUT' },
      tags: {},
    },
    base: 0,
    signingKey: undefined,
  });
  const samples = new Int16Array(32_000).fill(77);
  for (const leg of ['local', 'remote'] as const) segment.span(leg, { from: 0, kind: 'received' });
  await segment.write(samples, 0);
  await segment.commit(16_000, { local: 16_000, remote: 16_000 });
  if (!complete) return;
  await segment.final(samples, 0);
  const span = { from: 0, samples: 16_000, kind: 'received' } as const;
  const ledger = { received: 16_000, idle: 0, masked: 0, missing: 0, spans: [span] };
  const none = { local: 0, remote: 0 };
  await segment.close();
  await segment.finish({
    ...{ call, tags: {}, end: 'call-ended', late: none, cut: none, drift: { inserted: 0, removed: 0 } },
    ledgers: { local: ledger, remote: ledger },
  });
}

/** Starts a recorder in a process of its own, which is killed at a step. @returns the steps that it came by. */
async function run(folder: string, killAt = ''): Promise<readonly string[]> {
  const args = [TARGET, folder, killAt, JSON.stringify(OPTIONS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  expect([killAt, code, signal]).toEqual(killAt === '' ? ['', 0, null] : [killAt, null, 'SIGKILL']);
  return said.trim().split('\n');
}

/** One more start, which nobody kills, and all is there, once, and nothing else. */
async function expectPublished(folder: string, killedAt: string): Promise<void> {
  const exchange = await Exchange.start();
  const client = await attach(new MemoryTransport(exchange.endpoint()));
  const server = new PcmServer();
  const recorder = await Recorder.start(client, server, { folder, ...OPTIONS });
  const failed: Error[] = [];
  recorder.on('failed', (error) => failed.push(error));
  await recorder.close();
  await client.close();
  await server.close();
  await exchange.close();
  expect([killedAt, failed]).toEqual([killedAt, []]);
  expect([killedAt, await readdir(join(folder, '.recording'))]).toEqual([killedAt, []]);
  expect([killedAt, (await readdir(join(folder, 'calls'))).sort()]).toEqual([killedAt, FILES]);
  const file = join(folder, 'calls', 'ann.wav');
  expect([killedAt, await verifyRecording(file)]).toMatchObject([killedAt, { ok: true, samples: 16_000 }]);
  const sidecar = JSON.parse(await readFile(join(folder, 'calls', 'ann.json'), 'utf8'));
  expect(sidecar.outputs.map((output: { file: string }) => output.file)).toHaveLength(3);
  using catalogue = Catalogue.open(folder);
  const entries = catalogue.search({ limit: -1 });
  expect([killedAt, entries.map((entry) => entry.file)]).toEqual([killedAt, [join('calls', 'ann.wav')]]);
  const events = await listOutbox(join(folder, '.outbox'));
  expect([killedAt, events.map(({ event }) => event.type.split('.')[0])]).toEqual([killedAt, ['recording']]);
}

it.each([
  ['a recording that is complete', true],
  ['a recording of a process that was killed', false],
])(
  'killed at each step of publishing %s: the next start has it, once',
  async (_, complete) => {
    const template = await mkdtemp(join(root, 'left-'));
    await leave(template, complete);
    const fresh = async () => {
      const folder = await mkdtemp(join(root, 'run-'));
      await cp(template, folder, { recursive: true });
      return folder;
    };
    const whole = await fresh();
    const steps = await run(whole);
    await expectPublished(whole, 'none');
    for (const milestone of [
      /^link \.wav/,
      /^rename \.publication/,
      /^rename \.manifest/,
      /^SQL INSERT INTO rec/,
      /^rm \.wav/,
    ])
      expect(steps.join('\n')).toMatch(new RegExp(milestone, 'm'));
    const offset = randomInt(ONE_IN);
    for (const step of [...new Set(steps)].filter((_, index) => index % ONE_IN === offset)) {
      const folder = await fresh();
      await run(folder, step);
      await expectPublished(folder, step);
      await rm(folder, { recursive: true });
    }
  },
  600_000,
);
