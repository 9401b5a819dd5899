import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Catalogue } from '../../../src/recording.js';
import { collectSamples, WavReader } from '../../../src/voice.js';
import { RecordingMaker } from '../../recording/archive/made-recordings.js';
import { CommandHost } from '../command-host.js';

const PART = { leg: 1, text: 'my card <b>', from: 160, to: 800, words: [] } as const;

let folder: string;
let audio: string;
const host = new CommandHost();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-masked-'));
  using catalogue = Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  audio = (await maker.published(catalogue, 'ann')).file;
  await maker.published(catalogue, 'bob');
  const [ann] = catalogue.search({ id: 'recording-0001' });
  if (!ann) throw new Error('The recording is not in the catalogue.');
  await catalogue.keepTranscript(ann, {
    schema: 'jackfield.transcript/1',
    sampleRate: 16_000,
    parts: [PART],
  });
});
afterAll(async () => {
  host[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

const recordings = (name: string, ...args: string[]) =>
  host.run(['recordings', name, '--out', folder, ...args]);

it('prints transcripts as text, captions or JSON, and reports recordings without one', async () => {
  const transcript = (...args: string[]) => recordings('transcript', 'recording-0001', ...args);
  expect(await transcript()).toMatchObject({ code: 0, stdout: expect.stringContaining('my card <b>') });
  expect((await transcript('--format', 'vtt')).stdout).toMatch(
    /^WEBVTT\n[\s\S]*00:00:00\.010 --> 00:00:00\.050\n[\s\S]*my card &lt;b&gt;/,
  );
  expect((await transcript('--format', 'srt')).stdout).toContain('my card ‹b›');
  expect(JSON.parse((await transcript('--json')).stdout)).toMatchObject({ parts: [PART] });
  expect(await recordings('transcript', 'recording-0002')).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('has no transcript'),
  });
});

it('masks a stretch of a recording, which still verifies and lists the stretch', async () => {
  const mask = (...args: string[]) => recordings('mask', ...args);
  expect(await mask('recording-0001', '--stretch', '5-2')).toMatchObject({ code: 1, stdout: '' });
  expect(await mask('--stretch', '0-1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--stretch applies to one recording'),
  });
  expect(await mask('recording-0001', '--stretch', '0-1', '--sign', audio)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/ann\.wav must be a private key, .* in PEM\. \[ERR_INVALID_ARG\]\n$/),
  });
  const masked = await mask('recording-0001', '--stretch', '0.025-0.05');
  expect(masked).toMatchObject({ code: 0, stdout: expect.stringContaining('(request)') });
  await using reader = await WavReader.open(audio);
  const samples = await collectSamples(reader);
  expect(samples.slice(2 * 400, 2 * 800).every((sample) => sample === 0)).toBe(true);
  expect(samples.slice(2 * 800).some((sample) => sample !== 0)).toBe(true);
  const sidecar = JSON.parse(await readFile(audio.replace(/\.wav$/, '.json'), 'utf8'));
  expect(sidecar.legs.remote.ledger.masked).toBeGreaterThanOrEqual(400);
  expect((await recordings('verify', 'recording-0001')).stdout).toMatch(/^ok {2,}/);
});

it('names a recording that it does not change only once', async () => {
  using catalogue = Catalogue.open(folder);
  const [bob] = catalogue.search({ id: 'recording-0002' });
  if (!bob) throw new Error('The recording is not in the catalogue.');
  expect((await recordings('mask', bob.id, '--phrase', 'maiden name')).stderr).toMatch(
    new RegExp(`^\\S*${bob.file} has no transcript and .*\n$`),
  );
  await catalogue.hold(bob.id, 'court');
  const { code, stdout, stderr } = await recordings('mask', bob.id, '--stretch', '0-1');
  const held = `${bob.file} is under legal hold and was not masked. [ERR_INVALID_STATE]\n`;
  expect([code, stdout, stderr]).toEqual([1, '', held]);
});
