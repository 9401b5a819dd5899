import { expect, it } from 'vitest';
import { backOffMs } from '../../../src/base/time/back-off.js';

it('doubles the pause after each failure, up to the longest', () => {
  const pauses = { firstMs: 250, longestMs: 1500 };
  expect([0, 1, 2, 3, 4, 5].map((failures) => backOffMs(failures, pauses))).toEqual([
    0, 250, 500, 1000, 1500, 1500,
  ]);
});

it('stays a number after any count of failures', () => {
  expect(backOffMs(5000, { firstMs: 0, longestMs: 10 })).toBe(0);
  expect(backOffMs(5000, { firstMs: 1, longestMs: 60_000 })).toBe(60_000);
  expect(backOffMs(3, { firstMs: 1000 })).toBe(4000);
});
