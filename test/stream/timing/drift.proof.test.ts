import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DriftControl } from '../../../src/stream/timing/drift.js';
import { randomFrom } from '../../random.js';

const WINDOW = 160_000;

/** Lets a control act on a leg for `hours`; returns the rates it wanted, and what is left of the difference at the end. */
function controlled(hours: number, ppm: number, noise: (window: number) => number) {
  const control = new DriftControl(WINDOW);
  const rates: number[] = [];
  const left: number[] = [];
  let inserted = 0;
  for (let window = 0; window < hours * 360; window++) {
    const drifted = (ppm / 1e6) * WINDOW * window;
    left.push(drifted - inserted);
    control.measure(window, drifted + noise(window) - inserted, inserted);
    rates.push(control.rate);
    inserted += Math.round(control.rate * WINDOW);
  }
  return { rates, left };
}

/** Least delays of windows on a machine that is busy now and then: some samples, sometimes many. */
function jitter(seed: number): (window: number) => number {
  const values = fc.sample(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 25 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }) },
    ),
    { seed, numRuns: 1200 },
  );
  return (window) => values[window] ?? 0;
}

describe('DriftControl', () => {
  it('never changes a leg that does not drift, for any jitter', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(controlled(1, 0, jitter(seed)).rates.every((rate) => rate === 0)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('does not take the first windows of a busy machine for drift, in ten thousand runs', () => {
    const random = randomFrom(1);
    for (let leg = 0; leg < 10_000; leg++) {
      const control = new DriftControl(WINDOW);
      for (let window = 0; window < 14; window++) {
        control.measure(window, Math.floor(random() * (random() < 0.9 ? 26 : 401)), 0);
        if (control.rate !== 0) expect.fail(`leg ${leg}, window ${window}: ${control.rate}`);
      }
    }
  });

  it('does not take a jump for drift, wherever it is', () => {
    for (let at = 1; at < 30; at++) {
      const { rates } = controlled(0.25, 0, (window) => (window >= at ? 160 : 0));
      expect(rates.every((rate) => rate === 0)).toBe(true);
    }
  });

  const RATES = [200, 50, -50, -200, 10];
  const off = (left: readonly number[]) => Math.max(...left.map(Math.abs));

  it.each(RATES)(
    'finds a drift of %d ppm before it reaches 20 ms, except for a few legs of a hundred',
    (ppm) => {
      const found = Array.from({ length: 100 }, (_, seed) => off(controlled(1 / 6, ppm, jitter(seed)).left));
      expect(found.filter((most) => most >= 320).length).toBeLessThanOrEqual(4);
      expect(Math.max(...found)).toBeLessThan(700);
    },
  );

  it.each(RATES)('keeps a drift of %d ppm within 20 ms for three hours once it is found', (ppm) => {
    for (const seed of [1, 2, 10]) {
      const { left, rates } = controlled(3, ppm, jitter(seed));
      expect(off(left.slice(30))).toBeLessThan(320);
      expect(rates.some((rate) => rate !== 0)).toBe(true);
      expect(rates.at(-1)).toBeCloseTo(ppm / 1e6, 4);
    }
  });
});
