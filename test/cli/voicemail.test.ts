import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collectSamples, Exchange, toneSamples, WavReader, WavWriter } from '../../src/index.js';

const MAIN = 'dist/cli/main.js';
const run = promisify(execFile);
const SPEECH = 'test/fixtures/speech/goforward.wav';

let folder: string;
let exchange: Exchange;
let [jack, anna] = [0, 0];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-voicemail-'));
  const greeting = join(folder, 'greeting.wav');
  await using wav = await WavWriter.create(greeting);
  await wav.write(toneSamples({ frequency: 500, durationMs: 200 }));
  exchange = await Exchange.start({
    users: [{ handle: 'jack' }, { handle: 'anna', greeting }],
    fileRoots: [folder],
  });
  jack = await exchange.listen({ handle: 'jack' });
  anna = await exchange.listen({ handle: 'anna' });
  await exchange.deposit({ to: 'jack', from: { handle: 'anna', fullName: 'Anna \u001b[2J' }, file: SPEECH });
});
afterAll(async () => {
  await exchange.close();
  await rm(folder, { recursive: true });
});

async function voicemail(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [MAIN, 'voicemail', ...args]);
  return stdout;
}

it('leaves, lists, plays, greets', { timeout: 60_000 }, async () => {
  const message = join(folder, 'message.wav');
  await using wav = await WavWriter.create(message);
  await wav.write(toneSamples({ frequency: 700, durationMs: 600 }));
  await wav.close();
  const left = await voicemail(
    'leave',
    'anna',
    '--to',
    `tcp:${jack}`,
    '--file',
    message,
    '--skip-greeting',
    '--json',
  );
  const lines = left
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(lines.at(-1)).toMatchObject({ sent: expect.any(Number) });
  const listed = await voicemail('list', '--to', `tcp:${anna}`, '--json');
  const { id, partner } = JSON.parse(listed);
  expect(partner).toBe('jack');
  const out = join(folder, 'out.wav');
  await voicemail('play', String(id), '--to', `tcp:${anna}`, '--out', out);
  await using reader = await WavReader.open(out);
  expect((await collectSamples(reader)).length).toBeGreaterThanOrEqual(9600);
  expect(await voicemail('list', '--to', `tcp:${jack}`)).toMatch(/INCOMING {2}anna \(Anna \?\[2J\)/);
  await voicemail('greeting', '--to', `tcp:${jack}`, '--record', message);
  const greeting = join(folder, 'heard.wav');
  await voicemail('greeting', '--to', `tcp:${anna}`, '--of', 'jack', '--out', greeting);
  await using heard = await WavReader.open(greeting);
  expect((await collectSamples(heard)).length).toBeGreaterThanOrEqual(9600);
});

it('archives, finds, verifies, transcribes, exports, purges', { timeout: 60_000 }, async () => {
  const root = join(folder, 'archive');
  const first = await voicemail('archive', '--to', `tcp:${jack}`, '--out', root, '--json');
  const report = JSON.parse(first.trim().split('\n').at(-1) ?? '');
  expect(report).toMatchObject({ account: 'jack', failed: [] });
  expect(report.stored).toBe(report.listed);
  expect(await voicemail('archive', '--to', `tcp:${jack}`, '--out', root)).toMatch(/0 stored .* \d known/);
  expect(JSON.parse(await voicemail('verify', '--in', root, '--json'))).toMatchObject({
    faults: [],
    unstored: 0,
  });
  const words = ['-e', 'console.log("go forward ten meters")', '{file}'];
  await voicemail('transcribe', '--in', root, '--', process.execPath, ...words);
  expect(await voicemail('find', '--in', root, 'forward', 'meters')).toMatch(/anna/);
  const csv = join(folder, 'out.csv');
  await voicemail('export', csv, '--in', root, '--format', 'csv');
  expect(await readFile(csv, 'utf8')).toContain('go forward ten meters');
  expect(await voicemail('purge', '--in', root, '--max-bytes', '0', '--dry-run')).toMatch(/would be removed/);
});
