import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveMask } from '../../../src/recording/masking/live-mask.js';
import type { MaskSpan } from '../../../src/recording/masking/mask-spans.js';
import { recoverRecording, verifyRecording } from '../../../src/recording.js';
import { concatSamples, dtmfSamples, splitChannels, type Transcriber } from '../../../src/voice.js';
import { ears, placeOf, RATE, spoken, type Talk, talk } from './ears.js';
import { CARD, MARGIN, Masked, same, samplesOf, silenced } from './masked-call.js';

const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-live-mask-'));
});
afterAll(() => rm(folder, { recursive: true }));

const places = (spans: readonly MaskSpan[]) =>
  spans.map(({ from, samples, rule }) => [from, from + samples, rule]);

/** A call with a card number of which the digits in [from, to) are lost, and an engine that hears the others. */
function withLostDigits() {
  const number = spoken(CARD, 25_600);
  const [from, to] = [25_600 + 6 * 3200, 25_600 + 11 * 3200];
  const words = { remote: [...spoken('my number is', 16_000), ...number, ...spoken('thanks', 120_000)] };
  const call = talk(12, words);
  call.remote.fill(0, from, to);
  const { engine } = ears(call, { remote: words.remote.filter(([, at]) => at < from || at >= to) });
  return { call, engine, from, to };
}

describe('masking while a call goes on', () => {
  it('removes spoken numbers to the sample, on both legs, and reports that in ledger, sidecar and events', async () => {
    const words = {
      remote: [
        ...spoken('my number is', 16_000),
        ...spoken(CARD, 25_600),
        ...spoken('thanks a lot', 120_000),
      ],
      local: spoken('your mothers maiden name please', 150_000),
    };
    const call = talk(14, words);
    const { engine } = ears(call, words);
    const masked = await Masked.begin(folder, {
      transcriber: engine,
      phrases: [{ phrase: 'mothers maiden name' }],
    });
    await masked.all(call);
    const [sidecar] = await masked.end();
    const expected = [
      [25_600 - MARGIN, 25_600 + 16 * 3200 + MARGIN, 'card-spoken'],
      [153_200 - MARGIN, 162_800 + MARGIN, 'phrase'],
    ] as const;
    expect(places(masked.told)).toEqual(expected);
    expect(sidecar?.maskings).toMatchObject([
      { live: true, transcriber: 'ears', looked: ['card-pressed', 'card-spoken', 'phrase'] },
    ]);
    expect(places(sidecar?.maskings?.[0]?.spans ?? [])).toEqual(expected);
    for (const { ledger } of [sidecar?.legs.local, sidecar?.legs.remote].map((leg) => leg ?? ({} as never)))
      expect(ledger.spans.filter(({ kind }) => kind === 'masked')).toEqual(
        expected.map(([from, to, reason]) => ({ from, samples: to - from, kind: 'masked', reason })),
      );
    const silent = silenced(
      call,
      expected.map(([from, to]) => [from, to]),
    );
    expect(same(await samplesOf(masked.file), silent)).toBe(true);
    expect(await verifyRecording(masked.file)).toMatchObject({ ok: true, misses: [] });
    expect(masked.track.maskStats).toMatchObject({ held: 0, undecided: 0, failures: 0 });
  });

  it('removes the rest of a number of which the line has lost some digits', async () => {
    const { call, engine, from, to } = withLostDigits();
    const masked = await Masked.begin(folder, { transcriber: engine });
    masked.lost = [from, to];
    await masked.all(call);
    const [sidecar] = await masked.end();
    const expected = [25_600 - MARGIN, 25_600 + 16 * 3200 + MARGIN] as const;
    expect(sidecar?.legs.remote.ledger.missing).toBe(to - from);
    expect(places(masked.told)).toEqual([[...expected, 'undecided']]);
    expect(same(await samplesOf(masked.file), silenced(call, [expected]))).toBe(true);
  });

  it('removes the rest of a number also when its line reports the loss seconds later', async () => {
    const { call, engine, from, to } = withLostDigits();
    const masked = await Masked.begin(folder, { transcriber: engine });
    for (let at = 0; at < 6 * RATE; at += 8000) await masked.come(call, 8000);
    masked.track.conceal('remote', { from, samples: to - from, reason: 'late' });
    await masked.all(call);
    await masked.end();
    const expected = [25_600 - MARGIN, 25_600 + 16 * 3200 + MARGIN] as const;
    expect(places(masked.told)).toEqual([[...expected, 'undecided']]);
    expect(same(await samplesOf(masked.file), silenced(call, [expected]))).toBe(true);
  });

  it('removes keys that sound or are notified, without an engine', async () => {
    const call = talk(12, { remote: [] });
    call.remote.set(dtmfSamples('4111111111111111', { toneMs: 80, pauseMs: 80 }), 2 * RATE);
    // A telephone number, and what follows it after a while, are no card's.
    call.local.set(dtmfSamples('030123', { toneMs: 80, pauseMs: 80 }), 6 * RATE);
    const masked = await Masked.begin(folder, {});
    await masked.all(call);
    for (const digit of '4111111111111') masked.track.pressed(digit);
    const [sidecar] = await masked.end();
    const [sounded, told] = places(sidecar?.maskings?.[0]?.spans ?? []);
    const end = 2 * RATE + 16 * 2560 - 1280;
    expect(sounded?.[2]).toBe('card-pressed');
    expect(Math.abs(Number(sounded?.[0]) - (2 * RATE - MARGIN))).toBeLessThan(160);
    expect(Math.abs(Number(sounded?.[1]) - (end + MARGIN))).toBeLessThan(160);
    expect(told).toEqual([12 * RATE - 4800 - MARGIN, 12 * RATE, 'card-pressed']);
    const [from = 0, to = 0] = (sounded ?? []).map(Number);
    const silent = silenced(call, [
      [from, to],
      [Number(told?.[0]), 12 * RATE],
    ]);
    expect(same(await samplesOf(masked.file), silent)).toBe(true);
    expect(await verifyRecording(masked.file)).toMatchObject({ ok: true });
  });

  it('keeps long speech of an engine without times when its text has no part of a secret', async () => {
    const many = (word: string) => Array.from({ length: 40 }, () => word).join(' ');
    const [from, to] = [8.5 * RATE, 8.5 * RATE + 16 * 3200];
    const before = spoken(many('well'), from - 40 * 3200);
    const call = talk(21, { remote: [...before, ...spoken(CARD, from), ...spoken(many('thanks'), to)] });
    const { engine } = ears(call, {
      remote: [...before, ...spoken(CARD, from), ...spoken(many('thanks'), to)],
    });
    const untimed: Transcriber = {
      name: 'untimed',
      transcribe: async (request) => ({ text: (await engine.transcribe(request)).text }),
    };
    const masked = await Masked.begin(folder, { transcriber: untimed, delayMs: 8000 });
    await masked.all(call);
    await masked.end();
    const spans = places(masked.told) as [number, number, string][];
    const [begin, end] = [spans[0]?.[0] ?? 0, spans.at(-1)?.[1] ?? 0];
    // Pieces of 4 s that overlap by 2 s: those with a digit are masked as a whole.
    expect([begin > from - 4 * RATE && begin < from, end > to && end < to + 4 * RATE]).toEqual([true, true]);
    const silent = silenced(
      call,
      spans.map((span) => [span[0], span[1]]),
    );
    expect(same(await samplesOf(masked.file), silent)).toBe(true);
    expect(silent[1]?.subarray(from, to).every((sample) => sample === 0)).toBe(true);
  });

  it('masks speech that is not understood in time, counts it, and reports it', async () => {
    const words = { remote: spoken(CARD, 16_000), local: spoken('good morning to you', 6 * RATE) };
    const call = talk(14, words);
    const { engine } = ears(call, words);
    const late: Transcriber = {
      name: 'late',
      // It neither answers of one leg, nor heeds the signal.
      async transcribe(request) {
        const heard: Int16Array[] = [];
        for await (const each of request.samples) heard.push(each);
        const all = concatSamples(heard);
        if (placeOf(all, call.remote) >= 0) await new Promise(() => undefined);
        return await engine.transcribe({
          ...request,
          samples: (async function* () {
            yield all;
          })(),
        });
      },
    };
    const masked = await Masked.begin(folder, { transcriber: late, delayMs: 4000 });
    await masked.all(call);
    const [sidecar] = await masked.end();
    const spans = places(masked.told) as [number, number, string][];
    expect(new Set(spans.map(([, , rule]) => rule))).toEqual(new Set(['undecided']));
    const [from = 0, to = 0] = spans.find(([, end]) => end > 16_000) ?? [];
    expect(from).toBeLessThan(16_000);
    expect(to).toBeGreaterThan(16_000 + 16 * 3200);
    const count = spans.reduce((sum, [begin, end]) => sum + end - begin, 0);
    expect(count).toBeLessThan(16 * 3200 + 2 * RATE);
    expect(places(sidecar?.maskings?.[0]?.spans ?? [])).toEqual(spans);
    const silent = silenced(
      call,
      spans.map(([begin, end]) => [begin, end]),
    );
    expect(same(await samplesOf(masked.file), silent)).toBe(true);
    expect(masked.track.maskStats).toMatchObject({ masked: count, undecided: count });
    expect(masked.failures).toHaveLength(masked.track.maskStats?.failures ?? 0);
    expect(new Set(masked.failures)).toEqual(new Set(['The transcriber did not answer in time.']));
    // What was masked by a rule is meant; this may have been anything.
    expect(sidecar?.complete).toBe(false);
    const { misses } = await verifyRecording(masked.file);
    expect(misses.join(' ')).toContain('masked to be safe (undecided)');
  });

  it('never has masked audio on the disk, for any pieces of input', async () => {
    const piece = fc.constantFrom(1600, 8000, 16_000);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          at: fc.integer({ min: 2000, max: 50_000 }),
          number: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 13, maxLength: 16 }),
          length: fc.integer({ min: 1600, max: 2000 }),
          pieces: fc.array(piece, { minLength: 3, maxLength: 6 }),
          lag: fc.constantFrom(0, 4000, 16_000),
          everyMs: fc.constantFrom(undefined, 2000),
        }),
        async ({ at, number, length, pieces, lag, everyMs }) => {
          const said = spoken(number.map((digit) => DIGITS[digit]).join(' '), at, length);
          const call = talk(8, { remote: said });
          const { engine } = ears(call, { remote: said });
          const masked = await Masked.begin(folder, { transcriber: engine, delayMs: 5000 }, { everyMs });
          const secret = [Math.max(0, at - MARGIN), at + said.length * length + MARGIN] as const;
          for (let turn = 0; turn < 24; turn++) {
            await masked.come(call, pieces[turn % pieces.length] ?? 8000, lag);
            if (everyMs === undefined && turn % 3 === 0) {
              const disk = splitChannels(await masked.onDisk(), 2)[1]?.subarray(secret[0], secret[1]);
              expect(disk?.some((sample) => sample !== 0)).toBe(false);
            }
            if (turn === 18 && everyMs === undefined) await expectRecoverable(masked.file, call, secret);
          }
          await masked.all(call, pieces, lag);
          const sidecars = await masked.end();
          expect(places(masked.told)).toEqual([[...secret, 'card-spoken']]);
          const legs = await Promise.all(masked.track.segments.map(({ file }) => samplesOf(file)));
          const whole = [0, 1].map((leg) => concatSamples(legs.map((each) => each[leg] ?? new Int16Array())));
          expect(same(whole, silenced(call, [secret]))).toBe(true);
          let base = 0;
          const spans = sidecars.flatMap(({ maskings, audio }) => {
            const placed = (maskings?.[0]?.spans ?? []).map(({ from, samples }) => [base + from, samples]);
            base += audio.samples;
            return placed;
          });
          expect(spans.reduce((sum, [, samples = 0]) => sum + samples, 0)).toBe(secret[1] - secret[0]);
          expect(spans[0]?.[0]).toBe(secret[0]);
          for (const { file } of masked.track.segments)
            expect(await verifyRecording(file)).toMatchObject({ ok: true });
        },
      ),
      { numRuns: 4, endOnFailure: true, seed: 27 },
    );
  }, 60_000);

  it('works across a pause and a gap, with marks in their places', async () => {
    const words = { remote: spoken(CARD, 4 * RATE) };
    const call = talk(16, words);
    const masked = await Masked.begin(folder, { transcriber: ears(call, words).engine, delayMs: 6000 });
    for (let half = 0; half < 32; half++) {
      if (half === 2) masked.track.pause('by hand');
      if (half === 4) masked.track.resume();
      await masked.come(call, 8000);
    }
    const [sidecar] = await masked.end();
    expect(sidecar?.marks).toMatchObject([
      { at: RATE, kind: 'paused', text: 'by hand' },
      { kind: 'resumed' },
    ]);
    const spans = sidecar?.legs.remote.ledger.spans.filter(({ kind }) => kind === 'masked');
    expect(spans).toMatchObject([{ from: RATE }, { from: 4 * RATE - MARGIN, reason: 'card-spoken' }]);
    expect(await verifyRecording(masked.file)).toMatchObject({ ok: true });
  });

  it('keeps two simultaneous calls apart with one engine', async () => {
    const begins = [2 * RATE, 5 * RATE];
    const calls = begins.map((from) => {
      const words = { remote: spoken(CARD, from), local: spoken('and your name please', 11 * RATE) };
      const call = talk(13, words, from);
      return { call, ...ears(call, words) };
    });
    const engine: Transcriber = {
      name: 'both',
      async transcribe(request) {
        const parts: Int16Array[] = [];
        for await (const part of request.samples) parts.push(part);
        const heard = concatSamples(parts);
        const of = calls.find(({ call }) =>
          [call.local, call.remote].some((leg) => placeOf(heard, leg) >= 0),
        );
        const samples = (async function* () {
          yield heard;
        })();
        return of ? await of.engine.transcribe({ ...request, samples }) : { text: '' };
      },
    };
    const begin = () => Masked.begin(folder, { transcriber: engine, delayMs: 8000 });
    const both = [await begin(), await begin()] as const;
    for (let half = 0; half < 26; half++)
      for (const [at, masked] of both.entries()) await masked.come(calls[at]?.call as Talk, 8000);
    for (const [at, masked] of both.entries()) {
      const [sidecar] = await masked.end();
      const from = (begins[at] as number) - MARGIN;
      const to = from + 16 * 3200 + 2 * MARGIN;
      expect(places(sidecar?.maskings?.[0]?.spans ?? [])).toEqual([[from, to, 'card-spoken']]);
      expect(same(await samplesOf(masked.file), silenced(calls[at]?.call as Talk, [[from, to]]))).toBe(true);
    }
  });

  it.each([
    [{ delayMs: 100 }, 'delayMs'],
    [{ phrases: [{ phrase: 'mothers name' }] }, 'mask.transcriber'],
    [{ cards: false }, 'mask'],
  ])('refuses %j', async (options, name) => {
    await expect(LiveMask.open(options, {})).rejects.toThrow(name);
  });
});

/** What a kill now would leave has nothing of a secret, and says so. */
async function expectRecoverable(
  file: string,
  call: Talk,
  [from, to]: readonly [number, number],
): Promise<void> {
  const left = `${dirname(file)}-left`;
  await cp(dirname(file), left, { recursive: true });
  const copy = join(left, basename(file));
  const { sidecar } = await recoverRecording(copy);
  expect(sidecar.maskings?.[0]?.live).toBe(true);
  expect(await verifyRecording(copy)).toMatchObject({ ok: true });
  const written = await samplesOf(copy);
  const count = written[0]?.length ?? 0;
  const silent = silenced(call, [[from, to]]).map((leg) => leg.subarray(0, count));
  expect(same([written[1] ?? new Int16Array()], [silent[1] ?? new Int16Array()])).toBe(true);
  await rm(left, { recursive: true });
}
