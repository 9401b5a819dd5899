import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as analyseCall from '../../examples/analyse-call.js';
import * as echoCall from '../../examples/echo-call.js';
import * as foreignPcmClient from '../../examples/foreign-pcm-client.js';
import * as maskRecordings from '../../examples/mask-recordings.js';
import * as parrotLine from '../../examples/parrot-line.js';
import * as recordCall from '../../examples/record-call.js';
import * as recordCalls from '../../examples/record-calls.js';
import * as recordWithPipeline from '../../examples/record-with-pipeline.js';
import * as transcribingRecorder from '../../examples/transcribing-recorder.js';
import { collectSamples, verifyRecording, WavReader } from '../../src/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('examples', () => {
  it('echo-call: every sample that was said comes back', async () => {
    const { said, heard } = await echoCall.run({ speech: 'assets/speech/reader-870.wav' });
    expect(said).toHaveLength(113_600);
    expect(heard).toEqual(said);
  });

  it('parrot-line: says every sample a second later, and goes when # is pressed', async () => {
    const { said, heard, status } = await parrotLine.run();
    const begin = heard.findIndex((sample) => sample !== 0);
    const first = said.findIndex((sample) => sample !== 0);
    expect(heard.subarray(begin, begin + 80_000)).toEqual(said.subarray(first, first + 80_000));
    expect(begin - first).toBeGreaterThanOrEqual(16_000);
    expect(status).toBe('FINISHED');
  });

  it('foreign-pcm-client: every sample arrives in both directions', async () => {
    const { toClient, fromClient } = await foreignPcmClient.run();
    expect(fromClient).toBe(8000);
    expect(toClient).toBeGreaterThanOrEqual(8000);
  });
});

// Their calls take seconds each, in which the others go on.
describe.concurrent('examples that record and analyse', () => {
  it('record-calls: publishes what its policy says, with a pause in it', async () => {
    const file = await recordCalls.run({ folder: join(folder, 'calls') });
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    expect((await verifyRecording(file)).sidecar.marks.map(({ kind }) => kind)).toEqual([
      'paused',
      'resumed',
    ]);
  });

  it('transcribing-recorder: a call is found by what was said and noted', async () => {
    const [text] = await transcribingRecorder.run({ folder: join(folder, 'transcribed') });
    expect(text).toMatch(/^local: about \d+ seconds of talk/);
  });

  it('analyse-call: the live call has the figures of its file', async () => {
    const { began, live, after } = await analyseCall.run({ file: join(folder, 'analysed.wav') });
    expect(live).toEqual(after);
    expect(began[1].length).toBeGreaterThan(0);
  });

  it('mask-recordings: there is silence where the number was, and the recording verifies', async () => {
    const to = join(folder, 'masked');
    const [result] = await maskRecordings.run({ folder: to });
    if (!result) expect.fail('no recording was masked');
    const { ok, sidecar } = await verifyRecording(result.file);
    expect(ok).toBe(true);
    // Where a busy machine has lost voice beside the number, more is masked, in doubt.
    const { local, remote } = sidecar.legs;
    const missing = local.ledger.missing + remote.ledger.missing;
    const whole = { from: 28_000, samples: 24_000, rule: 'card-spoken' };
    if (missing === 0) expect(result.masking?.spans).toEqual([expect.objectContaining(whole)]);
    await using reader = await WavReader.open(result.file);
    const number = (await collectSamples(reader)).subarray(2 * 28_000, 2 * 52_000);
    expect(number).toHaveLength(48_000);
    expect(number.every((sample) => sample === 0)).toBe(true);
  });

  it('record-with-pipeline: figures of the same call that is recorded', async () => {
    const { spokenMs, recordedMs } = await recordWithPipeline.run({ file: join(folder, 'pipeline.wav') });
    expect(recordedMs).toBeGreaterThanOrEqual(2900);
    expect(spokenMs).toBeGreaterThan(0);
    expect(spokenMs).toBeLessThanOrEqual(recordedMs);
  });

  it('record-call: records until it hangs up', async () => {
    const file = join(folder, 'call.wav');
    const samples = await recordCall.run({ file, listenMs: 1000 });
    await using reader = await WavReader.open(file);
    expect(reader.format).toEqual({ sampleRate: 16_000, channels: 2 });
    expect(reader.sampleCount).toBe(samples);
    expect(samples).toBeGreaterThanOrEqual(16_000);
  });
});
