import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { analyseFile } from '../../../src/analysis/files/analyse-file.js';
import { legEnvelopes } from '../../../src/analysis/report/leg-envelopes.js';
import { mergeChannels } from '../../../src/voice/convert/channels.js';
import { resample } from '../../../src/voice/resample/resampler.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { murmur } from '../murmur.js';

const RATE = 16_000;
const local = murmur(10, [
  [1, 3],
  [6, 8],
]);
const remote = murmur(10, [[3.3, 5.5]], 2);
let folder: string;
const name = (file: string) => join(folder, file);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-analyse-'));
  const format = { sampleRate: RATE, channels: 1 };
  await writeFile(
    name('call.wav'),
    encodeWav(mergeChannels([local, remote]), { format: { ...format, channels: 2 } }),
  );
  await writeFile(name('local.wav'), encodeWav(local, { format }));
  const low = resample(remote.subarray(0, 7 * RATE), { from: RATE, to: 8000 });
  await writeFile(name('remote.wav'), encodeWav(low, { format: { sampleRate: 8000, channels: 1 } }));
  await writeFile(
    name('three.wav'),
    encodeWav(mergeChannels([local, local, local]), { format: { ...format, channels: 3 } }),
  );
  const floats = encodeWav(local, { format, encoding: 'f32' });
  // Nothing but NaN and infinities where the second second was.
  const view = new DataView(floats.buffer, floats.byteOffset);
  for (let i = RATE; i < 2 * RATE; i++)
    view.setFloat32(
      floats.length - 4 * (local.length - i),
      [Number.NaN, Number.POSITIVE_INFINITY][i % 2] ?? 0,
      true,
    );
  await writeFile(name('nan.wav'), floats);
  await writeFile(name('empty.wav'), encodeWav(new Int16Array(), { format }));
  await writeFile(name('text.wav'), 'no sound at all');
});
afterAll(() => rm(folder, { recursive: true }));

describe('analysis of files', () => {
  it('gives the same events and figures as a live analysis', async () => {
    const live = new ConversationAnalysis();
    const events = [];
    for (let at = 0; at < local.length; at += 320)
      events.push(...live.push([local, remote].map((leg) => leg.subarray(at, at + 320))));
    events.push(...live.end());
    const told: unknown[] = [];
    const report = await analyseFile(name('call.wav'), { onEvent: (event) => told.push(event) });
    expect(report).toEqual(live.report());
    expect(told).toEqual(events);
  });

  it('takes a mono file for one leg', async () => {
    const report = await analyseFile(name('local.wav'));
    expect(report.legs).toHaveLength(1);
    expect(report.legs[0]?.speech).toHaveLength(2);
    expect(report.talk.interruptions).toEqual({ notComputable: 'one-leg' });
  });

  it('takes two mono files of different rate and length as the two legs', async () => {
    const report = await analyseFile([name('local.wav'), name('remote.wav')]);
    const whole = await analyseFile(name('call.wav'));
    expect(report).toMatchObject({ sampleRate: RATE, samples: local.length });
    expect(report.talk.events.map(({ kind }) => kind)).toEqual(whole.talk.events.map(({ kind }) => kind));
    const [early, late] = [report, whole].map(({ legs }) => legs[1]?.speech[0]?.from ?? 0);
    expect(Math.abs((early ?? 0) - (late ?? 0))).toBeLessThan(RATE * 0.03);
  });

  it('has the envelopes of the legs on one time axis, without reading a file again', async () => {
    const input = [name('local.wav'), name('remote.wav')];
    let told: Float32Array[] = [];
    await analyseFile(input, { onEnvelopes: (envelopes) => (told = envelopes) });
    expect(told).toEqual(await legEnvelopes(input));
    expect(told.map(({ length }) => length)).toEqual([1200, 1200]);
    // The second file ends after seven of ten seconds.
    expect(told[1]?.[830]).toBeGreaterThan(0);
    expect(Math.max(...(told[1]?.subarray(850) ?? []))).toBe(0);
    const loudest = local.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 32768;
    expect(Math.max(...(told[0] ?? []))).toBeCloseTo(loudest, 6);
  });

  it('has the quality of each line on its own scale, and the reason where there is none', async () => {
    const line = {
      codec: 'PCMU',
      packets: 1000,
      lost: 10,
      late: 0,
      duplicates: 0,
      jitterMs: 2,
      lossPercent: 1,
    };
    const known = {
      ...line,
      burstRatio: 1,
      delayMs: 80,
      scale: 'narrowband',
      r: 89.6,
      mos: 4.3,
      basis: 'G.107',
    } as const;
    const {
      r: _r,
      mos: _mos,
      ...unknown
    } = { ...known, codec: 'opus', scale: 'wideband', basis: 'nothing published' } as const;
    const { legs } = await analyseFile(name('call.wav'), { qualities: [known, unknown] });
    expect(legs[0]?.quality).toMatchObject({
      scale: 'narrowband',
      r: 89.6,
      mos: 4.3,
      basis: 'G.107',
      lossPercent: 1,
    });
    const none = { notComputable: 'codec-unknown' };
    expect(legs[1]?.quality).toMatchObject({
      scale: 'wideband',
      r: none,
      mos: none,
      basis: 'nothing published',
    });
    const [alone] = (await analyseFile(name('local.wav'), { qualities: [undefined] })).legs;
    expect(alone?.quality).toEqual({ notComputable: 'no-packets' });
  });

  it('has figures, or the reason for none, where a float file has values that are not numbers', async () => {
    const report = await analyseFile(name('nan.wav'));
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity|:null/);
    expect(report.legs[0]?.clippedSamples).toBe(0);
    expect(report.legs[0]?.peakDbfs).toBeCloseTo(0, 1);
  });

  it('applies the ledger', async () => {
    const ledgers = [[], [{ from: 8 * RATE, samples: RATE, kind: 'idle', reason: 'hold' }]] as const;
    const report = await analyseFile(name('call.wav'), { ledgers });
    expect(report.legs[1]?.holdMs).toBe(1000);
  });

  it.each([
    ['three.wav', 'ERR_INVALID_ARG'],
    ['text.wav', 'ERR_WAV'],
    ['nowhere.wav', 'ERR_FILE'],
  ])('refuses %s', async (file, code) => {
    await expect(analyseFile(name(file))).rejects.toMatchObject({ code });
  });

  it('has figures of a file without a sample', async () => {
    expect(await analyseFile(name('empty.wav'))).toMatchObject({ samples: 0, durationMs: 0 });
  });

  it('stops when its signal fires', async () => {
    const signal = AbortSignal.abort();
    await expect(analyseFile(name('call.wav'), { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

const built = new URL('../../../dist/analysis.js', import.meta.url);

describe.skipIf(!existsSync(built))('analysis of several files at once (needs npm run build)', () => {
  it('gives the same result in threads, and continues after a file that fails', async () => {
    const { AnalysisPool }: typeof import('../../../src/analysis.js') = await import(built.href);
    await using pool = new AnalysisPool(2);
    const files = ['call.wav', 'text.wav', 'local.wav', 'call.wav'].map(name);
    const results = await Promise.allSettled(files.map((file) => pool.analyse(file)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'ERR_WAV' } });
    expect(results[0]).toMatchObject({ value: await analyseFile(name('call.wav')) });
    let told: readonly Float32Array[] = [];
    await pool.analyse(name('call.wav'), { onEnvelopes: (envelopes) => (told = envelopes) });
    expect(told).toEqual(await legEnvelopes(name('call.wav')));
  });

  it('stops a file whose signal fires, and all work under way when it is closed', async () => {
    const { AnalysisPool }: typeof import('../../../src/analysis.js') = await import(built.href);
    const pool = new AnalysisPool(1);
    const stop = new AbortController();
    const stopped = pool.analyse(name('call.wav'), { signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const closed = pool.analyse(name('call.wav'));
    const waiting = pool.analyse(name('call.wav'));
    const both = Promise.allSettled([closed, waiting]);
    await pool[Symbol.asyncDispose]();
    for (const each of await both) expect(each).toMatchObject({ reason: { code: 'ERR_CLOSED' } });
  });

  it('takes one signal for any number of files, and removes its listener after each', async () => {
    const { AnalysisPool }: typeof import('../../../src/analysis.js') = await import(built.href);
    await using pool = new AnalysisPool(1);
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    await Promise.allSettled(
      Array.from({ length: 12 }, () => pool.analyse(name('text.wav'), { signal })),
    ).finally(() => process.off('warning', note));
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    const late = pool.analyse(name('call.wav'), { signal: AbortSignal.abort() });
    await expect(late).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});
