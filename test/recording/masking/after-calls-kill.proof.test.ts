import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Catalogue, listOutbox, Recorder, verifyRecording } from '../../../src/recording.js';
import { recordedCall } from './card-call.js';

const TARGET = 'test/recording/masking/after-calls-target.mjs';
/** Nobody answers there: news waits in the outbox. */
const OPTIONS = {
  ...{ template: 'calls/{partner}', afterCalls: { mask: {} } },
  webhook: { url: 'http://127.0.0.1:9/', secret: 'x'.repeat(32) },
} as const;

let root: string;
beforeAll(async () => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
  root = await mkdtemp(join(tmpdir(), 'jackfield-after-calls-kill-'));
});
afterAll(() => rm(root, { recursive: true }));

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

const newsIn = async (folder: string) => JSON.stringify(await listOutbox(join(folder, '.outbox')));

it('a recording whose process was killed before masking is announced only once the next process has masked it', async () => {
  const template = await mkdtemp(join(root, 'call-'));
  await mkdir(join(template, '.recording'));
  await recordedCall(join(template, '.recording', 'ann.wav'), 'ann');
  const fresh = async () => {
    const folder = await mkdtemp(join(root, 'run-'));
    await cp(template, folder, { recursive: true });
    return folder;
  };
  const whole = await fresh();
  const steps = await run(whole);
  // From where it is catalogued to the end: the note, the traces of its publication, the masking, the news.
  const published = steps.findIndex((step) => step.startsWith('SQL INSERT INTO rec'));
  expect(published).toBeGreaterThan(0);
  const after = [...new Set(steps.slice(published + 1))];
  const quarter = Math.ceil(after.length / 4);
  const killed = after.filter((_, index) => index % quarter === 0 || index === after.length - 1);
  for (const step of killed) {
    const folder = await fresh();
    await run(folder, step);
    // Whatever was told is of the masked recording.
    expect([step, await newsIn(folder)]).toEqual([step, expect.not.stringMatching(/4111/)]);
    await using recorder = await Recorder.open({ folder, ...OPTIONS });
    const undone: string[] = [];
    recorder.on('undone', (_file, { message }) => undone.push(message));
    await recorder.close();
    expect([step, undone]).toEqual([step, []]);
    const news = await newsIn(folder);
    expect([step, news]).toEqual([step, expect.stringMatching(/maskings/)]);
    expect([step, news]).toEqual([step, expect.not.stringMatching(/4111/)]);
    expect([step, await readdir(join(folder, '.after-calls'))]).toEqual([step, []]);
    const file = join(folder, 'calls', 'ann.wav');
    expect([step, await verifyRecording(file)]).toMatchObject([
      step,
      { ok: true, sidecar: { maskings: expect.arrayContaining([expect.objectContaining({})]) } },
    ]);
    expect(await readFile(join(folder, 'calls', 'ann.json'), 'utf8')).not.toMatch(/4111/);
    using catalogue = Catalogue.open(folder);
    expect(catalogue.search()).toHaveLength(1);
    await rm(folder, { recursive: true });
  }
}, 120_000);
