import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { analyseFile } from '../../../src/analysis/files/analyse-file.js';
import { transcribeFile } from '../../../src/analysis/files/transcribe-file.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { FolderLock } from '../../../src/files/folder-lock.js';
import { sha256 } from '../../../src/recording/evidence/manifest.js';
import { readManifest } from '../../../src/recording/read-details.js';
import {
  Catalogue,
  type MaskedRecording,
  maskRecordings,
  openSealed,
  readAnalysis,
  readTranscript,
  transcribeRecordings,
  verifyRecording,
} from '../../../src/recording.js';
import { type TranscriptRequest, WavReader } from '../../../src/voice.js';
import { callSamples, cardCall, engine } from './card-call.js';

const RATE = 16_000;
const PHRASES = [{ phrase: "mother's maiden name", edits: 2 }];
const clock = new VirtualClock(Date.UTC(2027, 0, 1));

let folder: string;
let catalogue: Catalogue;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-masking-'));
  catalogue = Catalogue.open(folder);
});
afterEach(async () => {
  catalogue.close();
  await rm(folder, { recursive: true });
});

type Options = Parameters<typeof maskRecordings>[1];

/** Masks, and says what became of each recording. */
async function masked(options: Options = {}) {
  const results: (MaskedRecording | Error | undefined)[] = [];
  const count = await maskRecordings(catalogue, {
    clock,
    ...options,
    onRecording: (_, result, error) => results.push(error ?? result),
  });
  const [first] = results;
  return { count, results, result: first instanceof Error ? undefined : first, error: first };
}

/** Everything in the folder as bytes. */
async function allBytes(): Promise<{ readonly path: string; readonly bytes: Buffer }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(path) })));
}

async function samplesOf(file: string): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  const all = new Int16Array(reader.sampleCount * 2);
  let at = 0;
  for await (const samples of reader) {
    all.set(samples, at);
    at += samples.length;
  }
  return all;
}

describe('a call with a card number, said and pressed', () => {
  it('has nothing of it left, in any file', { timeout: 60_000 }, async () => {
    const { file } = await cardCall(catalogue, 'ann', { outputs: ['flac', 'legs'] });
    const [entry] = catalogue.search();
    if (!entry) throw new Error('no entry');
    await catalogue.keepTranscript(entry, await transcribeFile(file, { transcriber: engine() }));
    await catalogue.keepAnalysis(entry, await analyseFile(file));
    await catalogue.annotate(entry.id, {
      note: 'card is 4111 1111 1111 1111',
      tags: { n: '4111111111111111' },
    });
    expect(catalogue.search({ said: 'four one maiden' })).toHaveLength(1);
    const before = await readManifest(file.replace('.wav', '.manifest.json'));

    const { count, result } = await masked({ transcriber: engine(), phrases: PHRASES });
    expect([count, result?.looked]).toEqual([1, ['card-pressed', 'card-spoken', 'phrase']]);
    expect(result?.masking?.spans.map(({ rule, luhn }) => [rule, luhn])).toEqual([
      ['card-spoken', true],
      ['card-pressed', true],
      ['phrase', undefined],
    ]);

    // The recording is one that verifies, of the same length, and says what was done.
    const report = await verifyRecording(file, { expected: { id: entry.id, segment: 1 } });
    expect(report).toMatchObject({ ok: true, samples: 14 * RATE, annotations: 'intact' });
    const { sidecar } = report;
    expect(sidecar.maskings).toMatchObject([{ at: '2027-01-01T00:00:00.000Z', transcriber: 'scripted' }]);
    const maskedSpans = sidecar.legs.remote.ledger.spans.filter(({ kind }) => kind === 'masked');
    expect(maskedSpans.map(({ from, samples, reason }) => [from, from + samples, reason])).toEqual([
      [0.75 * RATE, 4.45 * RATE, 'card-spoken'],
      [expect.closeTo(5.75 * RATE, -2), expect.closeTo(8.73 * RATE, -2), 'card-pressed'],
      [9.75 * RATE, 11.65 * RATE, 'phrase'],
    ]);
    const manifest = await readManifest(file.replace('.wav', '.manifest.json'));
    expect(manifest.renewed).toMatchObject({ reason: 'masked', at: '2027-01-01T00:00:00.000Z' });
    expect(manifest.samples).toBe(before.samples);

    // Outside the stretches no sample is another one; within them each is silent, on both legs.
    const [now, was] = [await samplesOf(file), callSamples()];
    const isIn = (at: number) => maskedSpans.some(({ from, samples }) => at >= from && at < from + samples);
    expect(now.findIndex((sample, i) => sample !== (isIn(i >> 1) ? 0 : was[i]))).toBe(-1);

    expect(readTranscript(file, entry)?.parts.map(({ text }) => text)).toEqual(
      ['[masked]', '[masked] thanks', '[masked] please'].map((text, at) =>
        at === 0
          ? expect.stringContaining('[masked]')
          : at === 2
            ? expect.stringMatching(/\[masked\].* please/)
            : text,
      ),
    );
    const analysis = readAnalysis(file, entry);
    expect(analysis?.legs[1]).toMatchObject({ keys: '', maskedMs: expect.closeTo(8500, -3) });
    const [found] = catalogue.search();
    expect(found).toMatchObject({ tags: { card: '[masked]', n: '[masked]', team: 'sales' } });
    expect(found?.marks).toEqual(['reads [masked] now']);
    expect(found?.notes?.map(({ text }) => text)).toEqual(['card is [masked]']);
    for (const said of ['four', 'maiden']) expect(catalogue.search({ said })).toHaveLength(0);
    for (const { path, bytes } of await allBytes())
      for (const secret of ['4111111111111111', '4111 1111', 'maiden', '"four"'])
        expect([path, bytes.includes(secret)]).toEqual([path, false]);
    // Nothing is left to do.
    expect(await masked({ transcriber: engine(), phrases: PHRASES })).toMatchObject({ count: 0 });
    expect(await readdir(join(folder, '.masking'))).toEqual(['.lock']);
  });

  it('has pressed keys masked without an engine, and reports that nothing else was searched', async () => {
    const { file } = await cardCall(catalogue, 'ann');
    const { result } = await masked();
    expect(result?.looked).toEqual(['card-pressed']);
    expect(result?.masking?.transcriber).toBeUndefined();
    expect(result?.masking?.spans.map(({ rule }) => rule)).toEqual(['card-pressed']);
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    const [error] = (await masked({ phrases: PHRASES })).results;
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('has a given stretch masked, and its other files are named', async () => {
    const { file } = await cardCall(catalogue, 'ann');
    await cardCall(catalogue, 'ann-2');
    for (const name of ['ann.svg', 'ann-cut.wav', 'anna.svg'])
      await writeFile(join(folder, 'calls', name), 'x');
    const { result } = await masked({
      query: { partner: 'ann', id: 'call-with-ann' },
      cards: false,
      stretches: [{ fromMs: 500, toMs: 1000 }],
    });
    expect(result).toMatchObject({
      looked: ['request'],
      masking: { spans: [{ from: 8000, samples: 8000, rule: 'request' }] },
    });
    expect(result?.others.map((path) => path.slice(folder.length)).toSorted()).toEqual([
      '/calls/ann-cut.wav',
      '/calls/ann.svg',
    ]);
    const { sidecar } = await verifyRecording(file);
    expect(sidecar.legs.local.ledger).toMatchObject({ masked: 8000, received: 14 * RATE - 8000 });
  });

  it('does not count as masked while the check still hears it', async () => {
    const { file } = await cardCall(catalogue, 'ann');
    const before = await allBytes();
    const deaf = engine();
    // It goes on saying the number, whatever it hears.
    const stubborn = { ...deaf, transcribe: async () => ({ text: 'four one one one '.repeat(4) }) };
    const { count, error } = await masked({ transcriber: stubborn });
    expect(count).toBe(0);
    expect(error).toMatchObject({
      code: 'ERR_INVALID_STATE',
      message: expect.stringContaining('not masked'),
    });
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    const calls = (all: typeof before) =>
      all.filter(({ path }) => path.includes('/calls/')).map(({ path, bytes }) => [path, sha256(bytes)]);
    expect(calls(await allBytes())).toEqual(calls(before));
  });

  it('is silenced completely when the engine gives no places', async () => {
    const { file } = await cardCall(catalogue, 'ann');
    const textOnly = {
      name: 'text-only',
      transcribe: async ({ samples }: TranscriptRequest) => {
        let isLoud = false;
        for await (const each of samples) isLoud ||= each.some((sample) => sample !== 0);
        return { text: isLoud ? 'my card is 4111 1111 1111 1111' : '' };
      },
    };
    const { result } = await masked({ transcriber: textOnly });
    expect(result?.masking?.spans).toMatchObject([{ from: 0, samples: 14 * RATE, rule: 'card-spoken' }]);
    expect((await samplesOf(file)).every((sample) => sample === 0)).toBe(true);
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
  });

  it('is masked again when the engine hears more the second time', async () => {
    await cardCall(catalogue, 'ann');
    const late = engine();
    let asked = 0;
    const { result } = await masked({
      transcriber: {
        ...late,
        // The first time it understands nothing of either leg.
        transcribe: async (request) => (asked++ < 2 ? { text: '' } : await late.transcribe(request)),
      },
    });
    expect(result?.masking?.spans.map(({ rule }) => rule)).toEqual(['card-spoken', 'card-pressed']);
  });

  it('is not changed while it is signed, held, tampered with or being masked', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { file, sidecar } = await cardCall(catalogue, 'ann', { signingKey: privateKey });
    expect((await masked()).error).toMatchObject({ code: 'ERR_INVALID_ARG' });
    expect((await masked({ signingKey: privateKey })).count).toBe(1);
    expect(await verifyRecording(file, { publicKey })).toMatchObject({ ok: true, signed: 'trusted' });
    // The renewal is part of what is signed.
    const path = file.replace('.wav', '.manifest.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('2027-01-01', '2026-01-01'));
    expect(await verifyRecording(file)).toMatchObject({ signed: 'invalid' });
    await writeFile(path, text);

    const again = { cards: false, stretches: [{ fromMs: 0, toMs: 100 }], signingKey: privateKey };
    await catalogue.hold(sidecar.id, 'court');
    expect((await masked(again)).error).toMatchObject({ code: 'ERR_INVALID_STATE', message: /hold/ });
    await catalogue.hold(sidecar.id, undefined);
    const bytes = await readFile(file);
    bytes[5000] = (bytes[5000] as number) ^ 1;
    await writeFile(file, bytes);
    expect((await masked(again)).error).toMatchObject({ code: 'ERR_INVALID_STATE' });
    using _ = FolderLock.take(join(folder, '.masking'), 'masked');
    await expect(maskRecordings(catalogue)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  });

  it('stays encrypted', async () => {
    const identity = await generateIdentity();
    const encryptTo = [await identityToRecipient(identity)];
    const { file } = await cardCall(catalogue, 'ann', { encryptTo });
    expect((await masked()).error).toMatchObject({ code: 'ERR_INVALID_ARG' });
    const { result } = await masked({ identity, encryptTo, transcriber: engine() });
    expect(result?.masking?.spans.map(({ rule }) => rule)).toEqual(['card-spoken', 'card-pressed']);
    expect((await readFile(file)).toString('latin1', 0, 21)).toBe('age-encryption.org/v1');
    const samples = openSealed(file, identity);
    expect(await verifyRecording(file, { samples })).toMatchObject({ ok: true, samples: 14 * RATE });
    expect((await readdir(join(folder, 'calls'))).toSorted()).toEqual([
      'ann.json',
      'ann.manifest.json',
      'ann.wav.age',
    ]);
  });

  it('keeps nothing that was heard before it was masked', async () => {
    const { file } = await cardCall(catalogue, 'ann');
    const [entry] = catalogue.search();
    if (!entry) throw new Error('no entry');
    const transcript = await transcribeFile(file, { transcriber: engine() });
    const report = await analyseFile(file);
    await masked({ transcriber: engine() });
    await expect(catalogue.keepTranscript(entry, transcript)).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
    });
    await expect(catalogue.keepAnalysis(entry, report)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    const empty = new ConversationAnalysis();
    empty.end();
    await catalogue.keepAnalysis(entry, empty.report());
  });

  it('is transcribed again by an engine that gives no places, unless it is masked meanwhile', async () => {
    await cardCall(catalogue, 'ann');
    await masked({ transcriber: engine() });
    const errors: (Error | undefined)[] = [];
    let meanwhile: () => Promise<unknown> = () =>
      masked({ stretches: [{ fromMs: 0, toMs: 100 }], cards: false });
    const transcriber = {
      name: 'text-only',
      transcribe: async ({ samples }: TranscriptRequest) => {
        for await (const _ of samples);
        await meanwhile();
        meanwhile = async () => undefined;
        return { text: 'all is said', segments: [] };
      },
    };
    const transcribe = () =>
      transcribeRecordings(catalogue, { transcriber, onRecording: (_, error) => errors.push(error) });
    await transcribe();
    await transcribe();
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_INVALID_STATE' }), undefined]);
    expect(catalogue.search({ said: 'all is said' })).toHaveLength(1);
  });

  it('stays unchanged when nothing is found', async () => {
    await mkdir(join(folder, 'calls'));
    const { file } = await cardCall(catalogue, 'ann');
    const before = await readFile(file);
    expect(
      await masked({ cards: false, phrases: [{ phrase: 'nobody says this' }], transcriber: engine() }),
    ).toMatchObject({
      count: 0,
      result: { looked: ['phrase'], others: [] },
    });
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it.each<[object]>([
    [{ cards: 1 }],
    [{ stretches: [{ fromMs: 5, toMs: 5 }] }],
    [{ stretches: [{ fromMs: Number.NaN, toMs: 5 }] }],
    [{ phrases: [{ phrase: '!' }] }],
    [{ phrase: 'x' }],
  ])('is refused with %j', async (options) => {
    await expect(maskRecordings(catalogue, options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});
