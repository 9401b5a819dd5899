import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlignedCall, alignCall, inOrder, type LineOptions, type Trouble } from './bad-line.js';

const SEED = 20_260_129;
/** Hours that are tried, else a part of one: JACKFIELD_HOURS=20 npx vitest run test/stream/align/bad-line */
const HOURS = Number(process.env['JACKFIELD_HOURS'] ?? 0);
/** Share of an hour that a long call lasts. */
const SHARE = HOURS > 0 ? 1 : 0.3;
/** Of a hundred calls one in so many is tried, from another one each time; all of them where hours are. */
const ONE_IN = HOURS > 0 ? 1 : 4;
const LONG_MS = 3_600_000 * SHARE;
const LONG_CALLS = Math.max(1, HOURS);
const LEGS = ['local', 'remote'] as const;
/** A frame is found this near its place at once, and this near after a second of steady flow, in ms. */
const AT_ONCE_MS = 100;
const STEADY_MS = 20;
/** A trouble was this long ago where the flow is called steady. */
const STEADY_AFTER_MS = 1000;

const line = (options: Partial<LineOptions> = {}): LineOptions => ({
  ...{ troubles: [], ppm: 0, jitterMs: 0, seed: 1, frameMs: 20 },
  ...options,
});

/** A trouble of `ms` at the end of each `everyMs`. */
const each = (everyMs: number, ms: number, kind: Trouble['kind'], callMs: number): Trouble[] =>
  Array.from({ length: Math.floor(callMs / everyMs) - 1 }, (_, i) => ({
    fromMs: (i + 1) * everyMs,
    ms,
    kind,
  }));

/** Holds that every frame that came is found, once, near its place, and that the ledger accounts for them. */
function expectAllInPlace(
  call: AlignedCall,
  lines: Readonly<Record<(typeof LEGS)[number], LineOptions>>,
): void {
  for (const leg of LEGS) {
    const { troubles, frameMs } = lines[leg];
    const frames = call.legs[leg];
    expect(call.aligner.legs[leg].late).toBe(0);
    expect(frames.find(({ offMs }) => offMs === undefined || Math.abs(offMs) > AT_ONCE_MS)).toBeUndefined();
    const troublesAt = inOrder(troubles, STEADY_AFTER_MS);
    const steady = frames.filter(({ sentMs }) => troublesAt(sentMs).length === 0);
    expect(steady.find(({ offMs = 0 }) => Math.abs(offMs) > STEADY_MS)).toBeUndefined();
    const { received, missing } = call.aligner.legs[leg].ledger.slice(0, call.length);
    const changed = leg === 'local' ? call.aligner.legs.local.stretcher.account : { inserted: 0, removed: 0 };
    const came = frames.length * frameMs * 16 + changed.inserted - changed.removed;
    expect(Math.abs(received - came)).toBeLessThanOrEqual(16);
    expect(missing).toBe(call.length - received);
  }
}

describe('a leg that stalls', () => {
  it.each([
    [1000, 20],
    [40, 20],
    [100, 20],
    [3000, 60],
    [700, 120],
    [5000, 300],
    [2000, 1000],
    [20_000, 10_000],
  ])('every %d ms for %d ms, and loses that audio: silence in its place', async (everyMs, ms) => {
    const lines = { local: line({ troubles: each(everyMs, ms, 'lost', 40_000) }), remote: line() };
    const call = await alignCall(lines, 40_000);
    expectAllInPlace(call, lines);
    expect(call.legs.remote.every(({ offMs }) => offMs === 0)).toBe(true);
  });

  it.each([
    [1000, 20],
    [40, 20],
    [3000, 60],
    [5000, 300],
    [2000, 1000],
    [10_000, 4500],
  ])('every %d ms for %d ms, and delivers it late: nothing is missing or moved', async (everyMs, ms) => {
    const lines = { local: line(), remote: line({ troubles: each(everyMs, ms, 'delayed', 40_000) }) };
    const call = await alignCall(lines, 40_000);
    expectAllInPlace(call, lines);
    for (const leg of LEGS) {
      expect(call.aligner.legs[leg].ledger.slice(0, call.length)).toMatchObject({ missing: 0 });
    }
  });

  it('for minutes: silence of minutes', async () => {
    const troubles = [{ fromMs: 10_000, ms: 240_000, kind: 'lost' }] as const;
    const lines = { local: line({ troubles }), remote: line() };
    expectAllInPlace(await alignCall(lines, 260_000), lines);
  });

  it('for minutes together with the other leg, and delivers it all late: nothing is missing', async () => {
    const troubles = [{ fromMs: 10_000, ms: 120_000, kind: 'delayed' }] as const;
    const lines = { local: line({ troubles }), remote: line({ troubles }) };
    expectAllInPlace(await alignCall(lines, 140_000), lines);
  });

  it('sends nothing while it is silent, from the start on', async () => {
    const troubles: Trouble[] = [{ fromMs: 0, ms: 1500, kind: 'lost' }, ...each(3000, 2000, 'lost', 60_000)];
    const lines = { local: line({ troubles }), remote: line({ troubles: each(4000, 2900, 'lost', 60_000) }) };
    expectAllInPlace(await alignCall(lines, 60_000), lines);
  });

  it('and stays late: the rest of the delay becomes silence', async () => {
    const troubles: Trouble[] = [
      { fromMs: 5000, ms: 2000, kind: 'lost' },
      { fromMs: 7000, ms: 1000, kind: 'delayed' },
    ];
    const lines = { local: line({ troubles }), remote: line() };
    expectAllInPlace(await alignCall(lines, 20_000), lines);
  });
});

/** The same troubles `times` over, each `everyMs`; times of `pattern` count from there. */
const again = (times: number, everyMs: number, pattern: readonly Trouble[]): Trouble[] =>
  Array.from({ length: times }, (_, i) =>
    pattern.map((trouble) => ({ ...trouble, fromMs: 5000 + i * everyMs + trouble.fromMs })),
  ).flat();

describe('few frames between a loss and a delay', () => {
  it.each<[string, number, number, readonly Trouble[]]>([
    [
      'a delay, with much jitter',
      10,
      40,
      [
        { fromMs: 0, ms: 199, kind: 'lost' },
        { fromMs: 209, ms: 1300, kind: 'delayed' },
      ],
    ],
    [
      'two delays, with much jitter',
      20,
      40,
      [
        { fromMs: 0, ms: 49, kind: 'lost' },
        { fromMs: 62, ms: 4000, kind: 'delayed' },
        { fromMs: 4065, ms: 2500, kind: 'delayed' },
      ],
    ],
    [
      'a short delay, without jitter, in long frames',
      60,
      0,
      [
        { fromMs: 0, ms: 700, kind: 'lost' },
        { fromMs: 705, ms: 53, kind: 'delayed' },
        { fromMs: 790, ms: 3000, kind: 'delayed' },
      ],
    ],
    [
      'a short delay and another loss',
      20,
      10,
      [
        { fromMs: 0, ms: 187, kind: 'lost' },
        { fromMs: 193, ms: 56, kind: 'delayed' },
        { fromMs: 259, ms: 4000, kind: 'delayed' },
      ],
    ],
  ])(
    'tell little about the loss: no more silence is inserted than was lost: %s',
    async (_, frameMs, jitterMs, of) => {
      const troubles = again(25, 8137, of);
      const lines = {
        local: line({ jitterMs, frameMs, seed: 5 }),
        remote: line({ troubles, jitterMs, frameMs, seed: 6 }),
      };
      expectAllInPlace(await alignCall(lines, 212_000), lines);
    },
  );
});

describe('a loss that is shorter than the uncertainty, on a line with much jitter', () => {
  it.each([20, 40, 60])('of %d ms is completely silence after a second', async (ms) => {
    const lines = {
      local: line({ troubles: each(2777, ms, 'lost', 240_000), jitterMs: 40, seed: 3 }),
      remote: line({ troubles: each(3511, ms, 'lost', 240_000), jitterMs: 40, seed: 4 }),
    };
    expectAllInPlace(await alignCall(lines, 240_000), lines);
  });
});

describe('a leg with a detected loss', () => {
  it('keeps a burst after the loss: it is not taken for the lost samples', async () => {
    const troubles = Array.from({ length: 6 }, (_, i): Trouble[] => [
      { fromMs: 5000 + i * 20_000, ms: 12_381, kind: 'lost' },
      { fromMs: 17_392 + i * 20_000, ms: 228, kind: 'delayed' },
    ]).flat();
    const lines = {
      local: line({ frameMs: 10, jitterMs: 40, seed: 6 }),
      remote: line({ troubles, frameMs: 10, jitterMs: 40, seed: 5 }),
    };
    expectAllInPlace(await alignCall(lines, 130_000), lines);
  });
});

describe('a reader that looks at the socket each 250 ms', () => {
  it.each([0, 40])('does not take its own waiting for a stall, with %d ms of jitter', async (jitterMs) => {
    const batched = { visitMs: 250, jitterMs };
    const lines = { local: line({ ...batched, seed: 2 }), remote: line({ ...batched, seed: 3 }) };
    const call = await alignCall(lines, 180_000);
    expectAllInPlace(call, lines);
    for (const leg of LEGS) {
      expect(call.aligner.legs[leg].ledger.slice(0, call.length)).toMatchObject({ missing: 0 });
    }
    expect(call.changed).toBe(0);
  });
});

describe('a hundred calls without drift, read by an overloaded machine', () => {
  it.each([20, 30, 60])(
    'have no sample changed and no silence inserted, with packets of %d ms',
    async (frameMs) => {
      const calls = frameMs === 20 ? 76 : 12;
      for (let seed = 1 + randomInt(ONE_IN); seed <= calls; seed += ONE_IN) {
        const legs = { frameMs, jitterMs: 20, visitMs: 250, busyMs: 240 };
        const lines = { local: line({ ...legs, seed }), remote: line({ ...legs, seed: seed + 1000 }) };
        const call = await alignCall(lines, 70_000);
        expect(call.changed, `of call ${seed}`).toBe(0);
        for (const leg of LEGS) {
          expect(call.aligner.legs[leg].ledger.slice(0, call.length)).toMatchObject({ missing: 0 });
        }
      }
    },
  );
});

/** Stalls and bursts that do not touch each other, of any length up to four seconds, and silences of any length. */
const troubles = (callMs: number, length: { readonly minLength?: number; readonly maxLength: number }) =>
  fc
    .array(
      fc.record({
        afterMs: fc.integer({ min: 1, max: 8000 }),
        ms: fc.oneof(
          fc.integer({ min: 20, max: 200 }),
          fc.integer({ min: 20, max: 4000 }),
          fc.integer({ min: 4000, max: 20_000 }),
        ),
        kind: fc.constantFrom('lost' as const, 'delayed' as const),
      }),
      length,
    )
    .map((list) => {
      let at = 0;
      return list.flatMap(({ afterMs, ms, kind }): Trouble[] => {
        const fromMs = at + afterMs;
        const short = kind === 'delayed' ? Math.min(ms, 4000) : ms;
        at = fromMs + short;
        return at < callMs - 1000 ? [{ fromMs, ms: short, kind }] : [];
      });
    });

const badLine = (callMs: number, ppm: number, length: Parameters<typeof troubles>[1] = { maxLength: 60 }) =>
  fc.record({
    troubles: troubles(callMs, length),
    ppm: fc.integer({ min: -ppm, max: ppm }),
    jitterMs: fc.constantFrom(0, 10, 40),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    frameMs: fc.constantFrom(10, 20, 60),
  });

describe('any line with stalls, bursts, silence suppression, drift and jitter', () => {
  it('has every received frame once, near its place', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(badLine(60_000, 300), badLine(60_000, 0), async (local, remote) => {
        const lines = { local, remote };
        expectAllInPlace(await alignCall(lines, 60_000), lines);
      }),
      { seed: SEED, numRuns: 12 },
    );
  });

  it(`has that for ${LONG_MS / 60_000} minutes, in ${LONG_CALLS} calls`, {
    timeout: 300_000 * LONG_CALLS,
  }, async () => {
    const length = { minLength: 300 * SHARE, maxLength: 600 * SHARE };
    await fc.assert(
      fc.asyncProperty(badLine(LONG_MS, 300, length), badLine(LONG_MS, 0, length), async (local, remote) => {
        const lines = { local, remote };
        expectAllInPlace(await alignCall(lines, LONG_MS), lines);
      }),
      { seed: SEED, numRuns: LONG_CALLS, endOnFailure: true },
    );
  });
});
