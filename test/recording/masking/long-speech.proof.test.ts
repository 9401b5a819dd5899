import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { LiveMask } from '../../../src/recording/masking/live-mask.js';
import type { LiveMaskOptions } from '../../../src/recording/masking/live-mask-options.js';
import { joinedMasks, type MaskSpan } from '../../../src/recording/masking/mask-spans.js';
import { splitChannels, type Transcriber } from '../../../src/voice.js';
import { ears, RATE, spoken, type Talk, talk, type Word } from './ears.js';

const MARGIN = 4000;
/** Calls of an engine without times. */
const RUNS = 16;
const CARD = 'four one two three five six seven eight nine one two three four';
/** Speech without a pause, long enough for every case. */
const SPEECH: Word = ['speech', RATE / 2, 19 * RATE];
const call = talk(20, { remote: [SPEECH] });
const leg = (samples: Int16Array, at: 0 | 1) => splitChannels(samples, 2)[at] ?? new Int16Array();

/** Audio of the remote leg that a mask has passed on of a call, sample by sample, and what it has masked. */
async function passedOn({ local, remote }: Talk, options: LiveMaskOptions, piece: number) {
  const clock = new VirtualClock(0);
  const mask = await LiveMask.open(options, { clock });
  const passed = new Int16Array(remote.length);
  const masks: MaskSpan[] = [];
  mask.to({
    write: (samples, position) => passed.set(leg(samples, 1), position),
    final: () => undefined,
    ledgersSince: () => [],
    heard: () => undefined,
    masking: (span) => masks.push(span),
    masked: () => undefined,
    notUnderstood: () => undefined,
  });
  for (let from = 0; from < remote.length; from += piece) {
    const both = new Int16Array(2 * Math.min(piece, remote.length - from));
    for (let at = 0; at < both.length / 2; at++)
      both.set([local[from + at] ?? 0, remote[from + at] ?? 0], 2 * at);
    await clock.advance(piece / 16);
    await mask.final(both, from);
    // What was understood is told in later turns.
    for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
  }
  await mask.finish();
  return { passed, masks: joinedMasks(masks), stats: mask.stats };
}

/** The call with silence in these places. */
function silenced(masks: readonly MaskSpan[]): Int16Array {
  const copy = call.remote.slice();
  for (const { from, samples } of masks) copy.fill(0, from, from + samples);
  return copy;
}

const same = (one: Int16Array, other: Int16Array) =>
  Buffer.from(one.buffer).equals(Buffer.from(other.buffer));

/** Words without a pause that begin with the speech: some, the number, and some more. */
function sentence(before: number, length: number): { words: Word[]; secret: readonly [number, number] } {
  const first: Word[] = [['well', SPEECH[1], SPEECH[1] + before]];
  const number = spoken(CARD, SPEECH[1] + before, length);
  const to = SPEECH[1] + before + number.length * length;
  return {
    words: [...first, ...number, ...spoken('and that is all I have', to, 4000)],
    secret: [SPEECH[1] + before, to],
  };
}

describe('masking of speech that is longer than one request to the engine', () => {
  it('removes exactly a number, wherever it is cut between requests', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          before: fc.integer({ min: 3200, max: 16_000 }),
          length: fc.oneof(fc.integer({ min: 2400, max: 8000 }), fc.integer({ min: 8000, max: 16_000 })),
          delayMs: fc.constantFrom(5200, 6000, 8000, 12_000),
          piece: fc.constantFrom(1600, 4800, 8000),
        }),
        async ({ before, length, delayMs, piece }) => {
          const { words, secret } = sentence(before, length);
          const { engine, asked } = ears(call, { remote: words });
          const { passed, masks, stats } = await passedOn(call, { transcriber: engine, delayMs }, piece);
          expect(asked.length).toBeGreaterThan(1);
          const [from, to] = [secret[0] - MARGIN, secret[1] + MARGIN];
          expect(masks).toMatchObject([{ from, samples: to - from, rule: 'card-spoken' }]);
          expect(same(passed, silenced(masks))).toBe(true);
          expect(stats).toMatchObject({ undecided: 0, failures: 0 });
        },
      ),
      { numRuns: 24, seed: 6, endOnFailure: true },
    );
  });

  it('removes all of a number or a phrase with an engine without times, and keeps most of the rest', async () => {
    const phrases = [{ phrase: 'open sesame', edits: 1 }];
    let written = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          before: fc.integer({ min: 3200, max: 12 * RATE }),
          length: fc.integer({ min: 1600, max: 8000 }),
          delayMs: fc.constantFrom(5200, 6000, 8000),
          secret: fc.constantFrom(CARD, 'open sesame', 'opens sesam'),
          piece: fc.constantFrom(1600, 4800, 8000),
        }),
        async ({ before, length, delayMs, secret, piece }) => {
          const from = SPEECH[1] + before;
          const some = Array.from({ length: Math.floor(before / 4000) }, () => 'well').join(' ');
          const number = spoken(secret, from, length);
          const to = from + number.length * length;
          const words = [
            ...spoken(some, SPEECH[1], 4000),
            ...number,
            ...spoken('thank you so much', to, 4000),
          ];
          const { engine } = ears(call, { remote: words });
          const options = { transcriber: untimed(engine), delayMs, phrases };
          const { passed, masks } = await passedOn(call, options, piece);
          expect(passed.subarray(from, to).every((sample) => sample === 0)).toBe(true);
          expect(same(passed, silenced(masks))).toBe(true);
          written += masks.reduce((left, { samples }) => left - samples, SPEECH[2] - SPEECH[1]);
        },
      ),
      { numRuns: RUNS, seed: 8, endOnFailure: true },
    );
    expect(written / RUNS).toBeGreaterThan(5 * RATE);
  }, 180_000);

  it.each([
    ['whose words have no times', 6000, untimed],
    ['in pieces too short to overlap', 4500, undefined],
    ['in pieces that decide nothing', 2000, undefined],
    ['of which the engine does not hear some digits', 6000, away],
  ] as const)('removes all of a number %s', async (_, delayMs, worse) => {
    for (const before of [4000, 9000, 14_000]) {
      const { words, secret } = sentence(before, 5000);
      const { engine } = ears(call, { remote: words });
      const transcriber = worse?.(engine) ?? engine;
      const { passed, masks, stats } = await passedOn(call, { transcriber, delayMs }, 4800);
      expect(passed.subarray(...secret).some((sample) => sample !== 0)).toBe(false);
      expect(same(passed, silenced(masks))).toBe(true);
      expect(stats.undecided).toBeGreaterThan(0);
    }
  });
});

/** An engine that tells no times. */
function untimed(engine: Transcriber): Transcriber {
  return {
    name: 'untimed',
    transcribe: async (request) => ({ text: (await engine.transcribe(request)).text }),
  };
}

/** An engine that is away in the middle of the number: what it hears of it is too short for a card's. */
function away(engine: Transcriber): Transcriber {
  let asked = 0;
  return {
    name: 'away',
    transcribe: async (request) => {
      asked++;
      if (asked === 3 || asked === 4) throw new Error('The engine is away.');
      return await engine.transcribe(request);
    },
  };
}
