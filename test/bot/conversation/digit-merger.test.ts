import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigitMerger, type DigitSource } from '../../../src/bot/conversation/digit-merger.js';
import { DigitQueue } from '../../../src/bot/conversation/digit-queue.js';

interface Report {
  readonly source: DigitSource;
  readonly digit: string;
  readonly atMs: number;
}

function merged(reports: readonly Report[]): string {
  const merger = new DigitMerger();
  return reports
    .toSorted((a, b) => a.atMs - b.atMs)
    .filter(({ source, digit, atMs }) => merger.take(source, digit, atMs))
    .map(({ digit }) => digit)
    .join('');
}

/** Presses at least 100 ms apart, each with the delay of either report. */
const presses = fc.array(
  fc.record({
    digit: fc.constantFrom(...'0123456789*#'),
    afterMs: fc.integer({ min: 100, max: 3000 }),
    api: fc.integer({ min: 0, max: 90 }),
    tone: fc.integer({ min: 0, max: 90 }),
  }),
  { maxLength: 30 },
);

describe('digits that are notified and heard', () => {
  it('are counted once, whichever report comes first', () => {
    fc.assert(
      fc.property(presses, (all) => {
        let now = 0;
        const reports = all.flatMap(({ digit, afterMs, api, tone }): Report[] => {
          now += afterMs;
          return [
            { source: 'api', digit, atMs: now + api },
            { source: 'tone', digit, atMs: now + tone },
          ];
        });
        expect(merged(reports)).toBe(all.map(({ digit }) => digit).join(''));
      }),
    );
  });

  it('are all there when only one way reports', () => {
    fc.assert(
      fc.property(presses, fc.constantFrom<DigitSource>('api', 'tone'), (all, source) => {
        let now = 0;
        const reports = all.map(({ digit, afterMs }): Report => {
          now += afterMs;
          return { source, digit, atMs: now };
        });
        expect(merged(reports)).toBe(all.map(({ digit }) => digit).join(''));
      }),
    );
  });
});

describe('one press', () => {
  /** A key that is held from `downMs` to `upMs`; `told` is where in between the endpoint tells it, 0 to 1. */
  interface Held {
    readonly digit: string;
    readonly gapMs: number;
    readonly heldMs: number;
    readonly told: number;
  }
  const held = fc.array(
    fc.record({
      digit: fc.constantFrom(...'0123456789*#'),
      gapMs: fc.integer({ min: 60, max: 3000 }),
      heldMs: fc.integer({ min: 40, max: 20_000 }),
      told: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 20 },
  );

  /** Plays presses to a merger, the tones `toneMs` late and the notifications `apiMs` late. */
  function digitsOf(presses: readonly Held[], toneMs: number, apiMs: number): string {
    const merger = new DigitMerger();
    let now = 1000;
    let digits = '';
    const at: { ms: number; happen: () => void }[] = [];
    for (const { digit, gapMs, heldMs, told } of presses) {
      const downMs = now + gapMs;
      const upMs = downMs + heldMs;
      now = upMs;
      const report = (source: DigitSource, ms: number) =>
        at.push({
          ms,
          happen: () => {
            if (merger.take(source, digit, ms)) digits += digit;
          },
        });
      report('tone', downMs + toneMs);
      report('api', downMs + told * heldMs + apiMs);
      at.push({ ms: upMs + toneMs, happen: () => merger.toneEnded(upMs + toneMs) });
    }
    for (const { happen } of at.toSorted((a, b) => a.ms - b.ms)) happen();
    return digits;
  }

  it('is one digit, however long it is held and whenever the endpoint reports it meanwhile', () => {
    const delay = fc.integer({ min: 0, max: 600 });
    fc.assert(
      fc.property(held, delay, delay, (presses, toneMs, apiMs) => {
        const digits = digitsOf(presses, toneMs, apiMs);
        // A notification may overtake that of the press before, where a key is told at its end and the next at once.
        expect([...digits].toSorted()).toEqual(presses.map(({ digit }) => digit).toSorted());
      }),
    );
  });

  it.each([0, 0.5, 1])('of a key that is reported at %d of its length is not counted twice', (told) => {
    const press = { digit: '5', gapMs: 500, heldMs: 1200, told };
    expect(digitsOf([press], 60, 0)).toBe('5');
    expect(digitsOf([press, press, press], 60, 0)).toBe('555');
  });
});

describe('digits whose reports are far apart', () => {
  it('are counted once each while the reports are less than 600 ms apart, however fast one key is pressed again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 60, max: 700 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: -600, max: 600 }),
        (gaps, laterMs) => {
          let now = 1000;
          const reports = gaps.flatMap((gap): Report[] => {
            now += gap;
            return [
              { source: 'api', digit: '5', atMs: now },
              { source: 'tone', digit: '5', atMs: now + laterMs },
            ];
          });
          expect(merged(reports)).toBe('5'.repeat(gaps.length));
        },
      ),
    );
  });

  it('are distinguished by their key, in whatever order the two ways report them', () => {
    const reports: Report[] = [
      { source: 'api', digit: '1', atMs: 0 },
      { source: 'api', digit: '2', atMs: 80 },
      { source: 'api', digit: '1', atMs: 160 },
      { source: 'tone', digit: '1', atMs: 300 },
      { source: 'tone', digit: '2', atMs: 380 },
      { source: 'tone', digit: '1', atMs: 460 },
    ];
    expect(merged(reports)).toBe('121');
  });
});

describe('the queue of digits', () => {
  it('keeps digits that are typed ahead, up to its limit, and counts the rest', () => {
    const queue = new DigitQueue();
    for (let i = 0; i < 120; i++) queue.push(String(i % 10));
    expect(queue.dropped).toBe(20);
    const taken: string[] = [];
    for (let i = 0; i < 101; i++) queue.take((digit) => taken.push(digit));
    expect(taken).toHaveLength(100);
    queue.push('#');
    expect(taken.at(-1)).toBe('#');
  });

  it('does not give a digit to a wait that is over', () => {
    const queue = new DigitQueue();
    const taken: string[] = [];
    queue.take((digit) => taken.push(`gone ${digit}`))();
    queue.push('1');
    expect(queue.next).toBe('1');
    queue.take((digit) => taken.push(digit));
    expect(taken).toEqual(['1']);
  });
});
