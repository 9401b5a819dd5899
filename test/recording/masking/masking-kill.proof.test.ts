import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcribeFile } from '../../../src/analysis/files/transcribe-file.js';
import type { CatalogueEntry } from '../../../src/recording/archive/catalogue-entry.js';
import { readSidecar } from '../../../src/recording/read-details.js';
import { Catalogue, maskRecordings, resumeMasking, verifyRecording } from '../../../src/recording.js';
import { canMount, SmallDisk } from '../file/small-disk.js';
import { cardCall, engine } from './card-call.js';

const TARGET = 'test/recording/masking/masking-target.mjs';
/** One step in so many is the last of a run, from one that differs each time: `JACKFIELD_KILL_STEPS=all` takes all. */
const ONE_IN = process.env['JACKFIELD_KILL_STEPS'] === 'all' ? 1 : 48;
const SECRETS = ['4111111111111111', '4111 1111', '"four"'];

let root: string;
beforeAll(async () => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
  root = await mkdtemp(join(tmpdir(), 'jackfield-masking-kill-'));
});
afterAll(() => rm(root, { recursive: true }));

/** SQLite removes what it keeps beside a catalogue some time after that is closed; nothing is in it alone. */
const copied = (from: string, to: string) =>
  cp(from, to, { recursive: true, filter: (path) => !/\.sqlite-(shm|wal)$/.test(path) });

/** A folder with a call that holds a card number in all that lies beside it. */
async function recorded(folder: string): Promise<void> {
  using catalogue = Catalogue.open(folder);
  const { file, sidecar } = await cardCall(catalogue, 'ann', { outputs: ['legs'] });
  const [entry] = catalogue.search();
  if (!entry) throw new Error('no entry');
  await catalogue.keepTranscript(entry, await transcribeFile(file, { transcriber: engine() }));
  await catalogue.annotate(sidecar.id, { note: 'card 4111 1111 1111 1111' });
  catalogue.scrub();
}

/** Masks in a process of its own, which is killed at a step. @returns the steps that it came by. */
async function run(folder: string, killAt = ''): Promise<readonly string[]> {
  const child = spawn(process.execPath, [TARGET, folder, killAt], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  expect([killAt, code, signal]).toEqual(killAt === '' ? ['', 0, null] : [killAt, null, 'SIGKILL']);
  return said.trim().split('\n');
}

/** The files of a folder that hold the number. */
async function telling(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(paths.map(async (path) => [path, await readFile(path)] as const));
  return texts.filter(([, bytes]) => SECRETS.some((each) => bytes.includes(each))).map(([path]) => path);
}

async function expectMasked(folder: string, killedAt: string): Promise<void> {
  const file = join(folder, 'calls', 'ann.wav');
  const { maskings = [] } = await readSidecar(join(folder, 'calls', 'ann.json'));
  // Whatever moment it was, nothing is called masked that is not.
  if (maskings.length > 0) expect([killedAt, await telling(join(folder, 'calls'))]).toEqual([killedAt, []]);
  using catalogue = Catalogue.open(folder);
  await resumeMasking(catalogue);
  expect([killedAt, await verifyRecording(file)]).toMatchObject([killedAt, { ok: true }]);
  await maskRecordings(catalogue);
  expect([killedAt, await verifyRecording(file)]).toMatchObject([
    killedAt,
    { ok: true, annotations: 'intact', sidecar: { maskings: [{}] } },
  ]);
  expect([killedAt, await telling(folder)]).toEqual([killedAt, []]);
  expect([killedAt, catalogue.search({ said: 'four' })]).toEqual([killedAt, []]);
  expect([killedAt, await readdir(join(folder, '.masking'))]).toEqual([killedAt, ['.lock']]);
}

it('killed at each step of masking: the recording is unchanged, or the next process finishes it', async () => {
  const template = await mkdtemp(join(root, 'call-'));
  await recorded(template);
  const fresh = async () => {
    const folder = await mkdtemp(join(root, 'run-'));
    await copied(template, folder);
    return folder;
  };
  const whole = await fresh();
  const steps = await run(whole);
  await expectMasked(whole, 'none');
  const milestones = [
    /^rename \.wav/,
    /^rename \.local\.wav/,
    /^rename \.manifest/,
    /^SQL VACUUM/,
    /^rm folder/,
  ];
  for (const milestone of milestones) expect(steps.join('\n')).toMatch(new RegExp(milestone, 'm'));
  const offset = randomInt(ONE_IN);
  for (const step of [...new Set(steps)].filter((_, index) => index % ONE_IN === offset)) {
    const folder = await fresh();
    await run(folder, step);
    await expectMasked(folder, step);
    await rm(folder, { recursive: true });
  }
}, 600_000);

describe('killed before the first file is replaced', () => {
  it.each<[string, (catalogue: Catalogue, entry: CatalogueEntry) => Promise<unknown>, number]>([
    ['under legal hold', (catalogue, { id }) => catalogue.hold(id, 'court'), 0],
    ['annotated', (catalogue, { id }) => catalogue.annotate(id, { note: 'is new' }), 1],
    ['removed', (catalogue, entry) => catalogue.remove(entry), 0],
  ])('a recording that is %s since then is unchanged', async (what, act, count) => {
    const folder = await mkdtemp(join(root, 'since-'));
    await recorded(folder);
    await run(folder, 'rename .wav #1');
    using catalogue = Catalogue.open(folder);
    const [entry] = catalogue.search();
    if (!entry) throw new Error('no entry');
    await act(catalogue, entry);
    const files = await readdir(join(folder, 'calls'));
    expect(files.length).toBe(what === 'removed' ? 0 : files.length);
    await resumeMasking(catalogue);
    expect(await readdir(join(folder, 'calls'))).toEqual(files);
    expect(await readdir(join(folder, '.masking'))).toEqual(['.lock']);
    if (what !== 'removed')
      expect(await verifyRecording(await catalogue.fileOf(entry))).toMatchObject({
        ok: true,
        sidecar: expect.not.objectContaining({ maskings: expect.anything() }),
      });
    expect(await maskRecordings(catalogue)).toBe(count);
  });
});

describe.skipIf(!canMount())('on a disk that is full (needs mount)', () => {
  it('a recording is not masked, and is unchanged', async () => {
    const template = await mkdtemp(join(root, 'call-'));
    await recorded(template);
    using disk = await SmallDisk.mount('3m', join(root, 'disk'));
    await copied(template, disk.folder);
    const child = spawn(process.execPath, [TARGET, disk.folder, ''], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect([code, said]).toEqual([1, expect.stringMatching(/ERR_FILE/)]);
    const { ok, sidecar } = await verifyRecording(join(disk.folder, 'calls', 'ann.wav'));
    expect([ok, sidecar.maskings]).toEqual([true, undefined]);
    expect(await readdir(join(disk.folder, '.masking'))).toEqual(['.lock']);
  });
});
