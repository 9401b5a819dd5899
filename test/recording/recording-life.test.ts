import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CallRecording,
  collectSamples,
  type Exchange,
  type PcmServer,
  type RecordCallOptions,
  recordCall,
  type VirtualClock,
  verifyRecording,
  WavReader,
} from '../../src/index.js';
import type { RecordingSidecar } from '../../src/recording.js';
import { concatSamples } from '../../src/voice.js';
import { canMount, SmallDisk } from './file/small-disk.js';
import { callEcho, onRecordingStage } from './recording-stage.js';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;

onRecordingStage((stage) => {
  ({ folder, clock, exchange, server } = stage);
});

async function record(options: Partial<RecordCallOptions> = {}): Promise<CallRecording> {
  const call = await callEcho(exchange);
  return await recordCall(call, server, { file: join(folder, 'call.wav'), ...options });
}

/** Lets time pass no faster than the disk: what was begun there has ended when as many others have. */
async function goOnUntil(done: () => boolean): Promise<void> {
  for (let tick = 0; tick < 1500 && !done(); tick++) {
    await clock.advance(20);
    for (let turn = 0; turn < 16; turn++) await stat(folder);
  }
}

async function samplesOf(file: string): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  return await collectSamples(reader);
}

const sums = ({ legs, audio }: RecordingSidecar) =>
  [legs.local, legs.remote].map(({ ledger: { received, idle, masked, missing } }) => ({
    adds: received + idle + masked + missing === audio.samples,
    missing,
  }));

describe('a recording in segments', () => {
  it('continues in a new file without losing or repeating a sample', async () => {
    const whole = await record({ file: join(folder, 'whole.wav') });
    await clock.run();
    const reference = await samplesOf((await whole.finished).file);

    const recording = await record({ segments: { everyMs: 7000 } });
    await clock.run();
    const { segments, error } = await recording.finished;
    expect(error).toBeUndefined();
    expect(segments.map(({ file }) => file.slice(folder.length + 1))).toEqual([
      'call.wav',
      ...[2, 3, 4, 5].map((n) => `call-${n}.wav`),
      ...(segments.length > 5 ? ['call-6.wav'] : []),
    ]);
    let joined: Int16Array = new Int16Array();
    for (const { file, sidecar } of segments) {
      joined = concatSamples([joined, await samplesOf(file)]);
      expect(sums(sidecar)).toEqual([
        { adds: true, missing: 0 },
        { adds: true, missing: 0 },
      ]);
      expect(await verifyRecording(file)).toMatchObject({ ok: true });
    }
    expect(joined.length).toBe(reference.length);
    expect(joined.every((sample, i) => sample === reference[i])).toBe(true);
    const [first, second] = segments.map(({ sidecar }) => sidecar);
    expect(second?.id).toBe(first?.id);
    expect(Date.parse(second?.audio.startedAt ?? '') - Date.parse(first?.audio.startedAt ?? '')).toBe(
      first?.audio.durationMs,
    );
  });

  it('ends a file at a silence', async () => {
    const recording = await record({ segments: { silenceMs: 3000 } });
    await clock.run();
    const { segments } = await recording.finished;
    expect(segments.length).toBeGreaterThan(1);
    const tail = (await samplesOf(segments[0]?.file ?? '')).slice(-2 * 40_000);
    expect(tail.every((sample) => Math.abs(sample) < 200)).toBe(true);
  });

  it.each([
    [{ everyMs: 10 }, 'segments.everyMs'],
    [{ maxBytes: 1 }, 'segments.maxBytes'],
    [{ silenceMs: 1 }, 'segments.silenceMs'],
    [{ silenceDbfs: 3 }, 'segments.silenceDbfs'],
  ])('refuses %j', async (segments, name) => {
    await expect(record({ segments })).rejects.toThrow(name);
  });
});

describe('a recording that is masked while the call goes on', () => {
  it('is unchanged to its last sample when nothing is found, also when it is stopped', async () => {
    const plain = await record({ file: join(folder, 'plain.wav') });
    await clock.run();
    const { file } = await plain.finished;
    const masked = await record({ mask: { delayMs: 3000 } });
    await clock.run();
    const held = await masked.finished;
    const [one, other] = [await samplesOf(held.file), await samplesOf(file)];
    // A call may be heard to end a tick later.
    expect(Math.abs(one.length - other.length)).toBeLessThan(2 * 1600);
    const length = Math.min(one.length, other.length) - 2 * 1600;
    expect(one.subarray(0, length)).toEqual(other.subarray(0, length));
    expect(masked.masking).toMatchObject({ held: 0, masked: 0 });
    expect(await verifyRecording(held.file)).toMatchObject({ ok: true });
    expect(held.sidecar.maskings).toMatchObject([{ live: true, looked: ['card-pressed'], spans: [] }]);
    const stopped = await record({ file: join(folder, 'stopped.wav'), mask: { delayMs: 60_000 } });
    await goOnUntil(() => (stopped.masking?.held ?? 0) > 16_000);
    expect(stopped.masking?.held).toBeGreaterThan(16_000);
    const { sidecar: short } = await stopped.stop();
    expect(short.audio.samples).toBeGreaterThan(16_000);
    expect(short).toMatchObject({ complete: true, end: 'stopped' });
    expect(await verifyRecording(join(folder, 'stopped.wav'))).toMatchObject({ ok: true });
  });
});

describe('a recording that is paused', () => {
  it('is silent meanwhile, reports it, and continues in its place', async () => {
    const recording = await record();
    await clock.advance(2000);
    recording.pause('card number');
    await clock.advance(2000);
    recording.resume();
    await clock.run();
    const { sidecar, file } = await recording.finished;
    const [paused, resumed] = sidecar.marks;
    expect(paused).toMatchObject({ kind: 'paused', text: 'card number' });
    expect(resumed).toMatchObject({ kind: 'resumed' });
    const samples = await samplesOf(file);
    const masked = samples.subarray((paused?.at ?? 0) * 2, (resumed?.at ?? 0) * 2);
    expect(masked.length).toBeGreaterThan(2 * 16_000);
    expect(masked.every((sample) => sample === 0)).toBe(true);
    expect(samples.subarray((resumed?.at ?? 0) * 2).some((sample) => Math.abs(sample) > 1000)).toBe(true);
    expect(sidecar.legs.remote.ledger.masked).toBe(masked.length / 2);
    expect(sums(sidecar).every(({ adds }) => adds)).toBe(true);
  });
});

describe('a recording on demand', () => {
  it('has the audio from before its start, up to its pre-roll', async () => {
    const whole = await record({ file: join(folder, 'whole.wav') });
    await clock.run();
    const reference = await samplesOf((await whole.finished).file);

    const recording = await record({ preRollMs: 2000 });
    await clock.advance(6000);
    await recording.begin();
    await clock.run();
    const { file, sidecar } = await recording.finished;
    const samples = await samplesOf(file);
    const offset = reference.length - samples.length;
    expect(samples.every((sample, i) => sample === reference[offset + i])).toBe(true);
    expect(samples.length / 2).toBeGreaterThan(reference.length / 2 - 6000 * 16);
    expect(sums(sidecar)[1]).toEqual({ adds: true, missing: 0 });
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
  });
});

describe('a recording that reaches its limit', () => {
  it('stops there; the call goes on', async () => {
    const recording = await record({ maxMs: 3000 });
    await clock.advance(8000);
    const { sidecar } = await recording.finished;
    expect(sidecar).toMatchObject({ end: 'limit', complete: true, call: { status: 'INPROGRESS' } });
    expect(sidecar.audio.durationMs).toBe(3000);
    expect(sums(sidecar)).toEqual([
      { adds: true, missing: 0 },
      { adds: true, missing: 0 },
    ]);
  });
});

describe.skipIf(!canMount())('a full disk (skipped where no tmpfs can be mounted)', () => {
  it.each([
    ['ends the file, valid and telling why; the call goes on', {}],
    ['does so as well while the call is masked live', { mask: { delayMs: 2000 } }],
  ])('%s', async (_, options) => {
    using small = await SmallDisk.mount('1500k', join(folder, 'disk'));
    const disk = small.folder;
    const recording = await record({ file: join(disk, 'call.wav'), ...options });
    const full: Error[] = [];
    recording.on('disk-full', (error) => full.push(error));
    await clock.run();
    const { sidecar, error, file } = await recording.finished;
    expect(full).toHaveLength(1);
    expect(error).toMatchObject({ code: 'ERR_FILE', message: expect.stringContaining('disk is full') });
    expect(sidecar).toMatchObject({ end: 'disk-full', complete: false, reason: error?.message });
    expect(recording.call.status).toBe('FINISHED');
    expect(sidecar.audio.durationMs).toBeGreaterThan(10_000);
    expect((await samplesOf(file)).length).toBe(2 * sidecar.audio.samples);
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    expect((await readdir(disk)).sort()).toEqual(['call.json', 'call.manifest.json', 'call.wav']);
  });

  it('continues in a new file when there is room again, if configured', async () => {
    using small = await SmallDisk.mount('24m', join(folder, 'disk'));
    const disk = small.folder;
    await writeFile(join(disk, 'ballast'), Buffer.alloc(24_000_000));
    // Its legs are timed by the clock that the exchange has: time passes slowly here, which is no stall of theirs.
    const recording = await record({ file: join(disk, 'call.wav'), onDiskFull: 'resume', clock });
    const told: string[] = [];
    recording.on('disk-full', () => told.push('full'));
    recording.on('disk-resumed', () => told.push('resumed'));
    await goOnUntil(() => told.includes('full'));
    await rm(join(disk, 'ballast'));
    await goOnUntil(() => told.includes('resumed'));
    await goOnUntil(() => recording.call.status === 'FINISHED');
    const { segments, error } = await recording.finished;
    expect(error).toBeUndefined();
    expect(segments.map(({ sidecar }) => sidecar.end)).toEqual(['disk-full', 'call-ended']);
    const [first, second] = segments.map(({ sidecar }) => sidecar);
    expect(second?.unwritten?.samples).toBeGreaterThan(0);
    const total =
      (first?.audio.samples ?? 0) + (second?.unwritten?.samples ?? 0) + (second?.audio.samples ?? 0);
    expect(total).toBe(565_760);
    for (const { file } of segments) expect(await verifyRecording(file)).toMatchObject({ ok: true });
  });
});
