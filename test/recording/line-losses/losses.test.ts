import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeOf, type RtpCodecName } from '../../../src/line/rtp/rtp-codec.js';
import { isLoss } from '../../../src/stream/align/ledger.js';
import {
  type Fate,
  good,
  ledgerOf,
  onPhoneStage,
  type PhoneStage,
  placeOf,
  recordedCall,
  samplesOf,
} from './phone-stage.js';

const SEED = 20_261_130;
/** Calls that are tried: JACKFIELD_CALLS=200 npx vitest run test/recording/line-losses */
const CALLS = Number(process.env['JACKFIELD_CALLS'] ?? 4);

let stage: PhoneStage;
onPhoneStage((made) => {
  stage = made;
});

/** Bursts of a tone, each the packet of one of these numbers, as a codec with a memory sends them. */
async function tonesOf(count: number, at: ReadonlySet<number>, codec: RtpCodecName): Promise<Buffer[]> {
  const encoder = await makeOf(codec)?.encoder();
  return Array.from({ length: count }, (_, n) => {
    const samples = Int16Array.from({ length: 320 }, (_, i) =>
      at.has(n) ? 12_000 * Math.sin((2 * Math.PI * 1000 * i) / 16_000) : 0,
    );
    return Buffer.from(encoder?.encode(samples) ?? []);
  });
}

/** A codec blurs where a tone begins: by so many samples at most. */
const NEAR = 48;

/** Places at which tones begin in a recording that is otherwise silent. */
function burstsIn(heard: Int16Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < heard.length; at++) {
    if (Math.abs(heard[at] ?? 0) < 4000) continue;
    places.push(at);
    at += 1600;
  }
  return places;
}

/** Of a packet that came too late a part may have been played: at most so many samples of it. */
const PARTS = 320;
/** Of a packet of which too little was played to be known: at least so many samples were not. */
const UNSEEN = 200;
const ppms = fc.constantFrom(-500, 0, 500);
const troubles = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 5, max: 40 }).map(good) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }).map((n) => Array<Fate>(n).fill('lost')) },
      { weight: 1, arbitrary: fc.integer({ min: 5, max: 40 }).map((n) => Array<Fate>(n).fill('lost')) },
      { weight: 2, arbitrary: fc.integer({ min: 3, max: 60 }).map((n) => Array<Fate>(n).fill('not-sent')) },
      // A stall, and all of it at once.
      {
        weight: 2,
        arbitrary: fc
          .integer({ min: 2, max: 40 })
          .map((n) => Array.from({ length: n }, (_, i): Fate => (n - i) * 20)),
      },
      { weight: 2, arbitrary: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 5, maxLength: 30 }) },
    ),
    { minLength: 4, maxLength: 16 },
  )
  .map((parts): Fate[] => [...good(20), ...parts.flat(), ...good(40)]);

describe('losses of a call by a line are in the ledger, to the sample', () => {
  it.each<[string, Fate[], number]>([
    ['nothing', good(100), 0],
    ['one packet', [...good(50), 'lost', ...good(50)], 320],
    [
      'three in a row, and one',
      [...good(30), 'lost', 'lost', 'lost', ...good(30), 'lost', ...good(30)],
      1280,
    ],
    ['a burst of a second', [...good(50), ...good(50).map((): Fate => 'lost'), ...good(50)], 16_000],
    [
      'a digit, whose packets hold no voice',
      [...good(40), ...good(8).map((): Fate => 'event'), ...good(40)],
      0,
    ],
    ['a packet that comes too late', [...good(50), 900, ...good(60)], 320],
  ])('%s', async (_, fates, lost) => {
    const call = await recordedCall(stage, fates);
    const { spans } = ledgerOf(call);
    expect(call.verified).toMatchObject({ ok: true });
    const losses = spans.filter((span) => span.kind === 'concealed' && isLoss(span));
    expect(losses.reduce((sum, { samples }) => sum + samples, 0)).toBe(lost);
    expect(call.sidecar.legs.remote.quality).toMatchObject({
      ...{ codec: 'PCMU', scale: 'narrowband', packets: fates.filter((fate) => fate !== 'lost').length },
      lost: fates.filter((fate) => fate === 'lost').length,
      mos: expect.any(Number) as number,
    });
    expect([call.sidecar.complete, call.verified.misses.length]).toEqual([lost === 0, lost === 0 ? 0 : 1]);
    // Each begins right behind what came last, and ends right before what came next.
    for (const { from, samples } of losses) {
      const before = fates.findIndex((_, n) => (placeOf(n, call) ?? 0) + 320 === from);
      expect(placeOf(before + 1 + samples / 320, call)).toBe(from + samples);
    }
  });

  it.each([
    ['nothing for less than half a second, and then hangs up', 5, 'not-sent'],
    ['nothing for longer than that', 30, 'stalled'],
  ] as const)('%s', async (_, packets, reason) => {
    const call = await recordedCall(stage, [...good(50), ...good(packets).map((): Fate => 'lost')]);
    const { spans } = ledgerOf(call);
    const end = (placeOf(49, call) ?? 0) + 320;
    const tail = spans.filter(({ from, samples }) => from + samples > end);
    expect(tail).toEqual([{ from: end, samples: call.heard.length - end, kind: 'concealed', reason }]);
    expect(tail[0]?.samples).toBeGreaterThan(packets * 320);
    expect(call.sidecar.complete).toBe(reason === 'not-sent');
  });

  it.each(['G722', 'opus'] as const)('also with %s, which does not keep samples exactly', async (codec) => {
    const fates: Fate[] = [
      ...good(40),
      'lost',
      ...good(30),
      ...['lost', 'lost', 'lost'].map((fate) => fate as Fate),
      ...good(40),
      ...good(20).map((_, n): Fate => (20 - n) * 20),
      ...good(40),
      ...good(10).map((): Fate => 'not-sent'),
      ...good(40),
    ];
    // One before and one behind each trouble, far from it.
    const at = [25, 60, 100, 155, 210];
    const payloads = await tonesOf(fates.length, new Set(at), codec);
    const call = await recordedCall(stage, fates, { codec, isSecret: true, payloads });
    const { spans, received, concealed = 0, idle, missing } = ledgerOf(call);
    expect(received + concealed + idle + missing).toBe(call.heard.length);
    expect(samplesOf(spans, 'lost')).toBe(4 * 320);
    // The delay that is learnt from a stall may leave one packet of it out.
    expect(samplesOf(spans, 'late')).toBeLessThanOrEqual(320);
    const heldUp = samplesOf(spans, 'held-up');
    expect(heldUp).toBeGreaterThan(0);
    const places = burstsIn(call.heard);
    expect(places).toHaveLength(at.length);
    const { insertedMs = 0, removedMs = 0 } = call.stats.playout ?? {};
    const moved = insertedMs * 16 - removedMs * 16;
    const apart = (places.at(-1) ?? 0) - (places[0] ?? 0);
    expect(Math.abs(apart - (210 - 25) * 320 - moved)).toBeLessThanOrEqual(NEAR);
    // Up to the stall nothing is moved.
    for (const n of [1, 2])
      expect(Math.abs((places[n] ?? 0) - (places[0] ?? 0) - ((at[n] ?? 0) - 25) * 320)).toBeLessThanOrEqual(
        NEAR,
      );
    expect(call.sidecar.complete).toBe(false);
  });

  it.each(['G722', 'opus'] as const)(
    'any combination of faults, with %s',
    {
      timeout: 30_000 * CALLS,
    },
    async (codec) => {
      await fc.assert(
        fc.asyncProperty(troubles, ppms, async (fates, ppm) => {
          // Tones in packets that come in time, as do their neighbours: no trouble touches them, nor does the end of the call.
          const isCalm = (n: number) => [-3, -2, -1, 0, 1, 2, 3].every((by) => fates[n + by] === 0);
          const at: number[] = [];
          for (let n = 0; n < fates.length - 25; n++) if (isCalm(n) && n >= (at.at(-1) ?? 0) + 10) at.push(n);
          const payloads = await tonesOf(fates.length, new Set(at), codec);
          const call = await recordedCall(stage, fates, { codec, ppm, isSecret: true, payloads });
          expect(call.verified).toMatchObject({ ok: true });
          const { spans, received, concealed = 0, idle, missing } = ledgerOf(call);
          expect(received + concealed + idle + missing).toBe(call.heard.length);
          const [lost, late, heldUp] = (['lost', 'late', 'held-up'] as const).map((reason) =>
            samplesOf(spans, reason),
          ) as [number, number, number];
          const { insertedMs = 0, removedMs = 0 } = call.stats.playout ?? {};
          const gone = fates.filter((fate) => fate === 'lost').length;
          expect(lost + late).toBeGreaterThanOrEqual(gone * 320 - removedMs * 16);
          expect(call.sidecar.complete).toBe(lost + late === 0);
          // Each tone is heard once, in order, as far from the first as it was said.
          const places = burstsIn(call.heard);
          expect(places).toHaveLength(at.length);
          const [first = 0] = places;
          const moved = insertedMs * 16 + removedMs * 16;
          for (const [i, place] of places.entries()) {
            const apart = place - first - ((at[i] ?? 0) - (at[0] ?? 0)) * 320;
            expect(Math.abs(apart)).toBeLessThanOrEqual(Math.max(moved, heldUp) + NEAR);
          }
        }),
        { seed: SEED, numRuns: Math.ceil(CALLS / 2), endOnFailure: true },
      );
    },
  );

  it('all at once: lost packets, bursts, stalls, silence suppression, jitter and clock drift', {
    timeout: 30_000 * CALLS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(troubles, fc.integer({ min: 1, max: 1e6 }), ppms, async (fates, seed, ppm) => {
        const call = await recordedCall(stage, fates, { seed, ppm, isSecret: seed % 2 === 0 });
        expect(call.verified).toMatchObject({ ok: true });
        const { spans, concealed = 0 } = ledgerOf(call);
        const [lost, late, heldUp, notSent] = (['lost', 'late', 'held-up', 'not-sent'] as const).map(
          (reason) => samplesOf(spans, reason),
        ) as [number, number, number, number];
        expect(lost + late + heldUp + notSent).toBe(concealed);
        const places = fates.map(() => undefined as number | undefined);
        let last = 0;
        let from = 0;
        for (const [n, fate] of fates.entries()) {
          if (typeof fate !== 'number') continue;
          places[n] = placeOf(n, call, from);
          if (places[n] === undefined) continue;
          from = places[n] + 1;
          last = n;
        }
        const first = places.findIndex((place) => place !== undefined);
        // Nothing is lost silently, and nothing is called lost that was heard.
        const between = fates.filter((_, n) => n > first && n < last);
        const gone = between.filter((fate) => fate === 'lost').length;
        const heard = places.slice(first + 1, last).filter((place) => place !== undefined).length;
        const unheard = between.filter((fate) => fate !== 'not-sent').length - heard;
        const { insertedMs = 0, removedMs = 0 } = call.stats.playout ?? {};
        const [inserted, removed] = [insertedMs * 16 - heldUp, removedMs * 16];
        expect(inserted).toBeGreaterThanOrEqual(0);
        // What is shortened to make up for a delay or a drift may be what was made up.
        expect(lost + late).toBeGreaterThanOrEqual(gone * 320 + (unheard - gone) * UNSEEN - removed);
        expect(lost + late).toBeLessThanOrEqual(
          unheard * 320 + inserted + PARTS * spans.filter(isLoss).length,
        );
        // What came is as far apart as it was said.
        const apart = (places[last] ?? 0) - (places[first] ?? 0);
        if (inserted === 0 && removed === 0) expect(apart).toBe((last - first) * 320 + heldUp);
        expect(call.sidecar.complete).toBe(lost + late === 0);
      }),
      { seed: SEED, numRuns: CALLS, endOnFailure: true },
    );
  });
});
