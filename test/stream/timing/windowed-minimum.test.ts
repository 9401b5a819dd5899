import { describe, expect, it } from 'vitest';
import { WindowedMinimum } from '../../../src/stream/timing/windowed-minimum.js';

describe('WindowedMinimum', () => {
  it('gives the minimum of the last buckets, and of all but the oldest, as each is filled', () => {
    const least = new WindowedMinimum(100, 2);
    const told = [5, 3, 9, 8, 7, 6, 9, 9].map((delay, i) => least.push(i * 50, delay));
    const none = undefined;
    expect(told).toEqual([none, none, none, none, { all: 3, newest: 8 }, none, { all: 6, newest: 6 }, none]);
  });

  it('starts again after a pause', () => {
    const least = new WindowedMinimum(100, 2);
    for (const atMs of [0, 100]) least.push(atMs, 1);
    expect(least.push(700, 5)).toBeUndefined();
    expect(least.push(800, 9)).toBeUndefined();
    expect(least.push(900, 9)).toEqual({ all: 5, newest: 9 });
  });
});
