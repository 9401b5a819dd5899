import { describe, expect, it } from 'vitest';
import { LeastDelay } from '../../../src/stream/align/least-delay.js';

describe('LeastDelay', () => {
  it('tells the least of the last buckets, as each is filled', () => {
    const least = new LeastDelay(100, 2);
    const told = [5, 3, 9, 8, 7, 6, 9, 9].map((delay, i) => least.push(i * 50, delay));
    expect(told).toEqual([undefined, undefined, undefined, undefined, 3, undefined, 6, undefined]);
  });

  it('begins anew after a pause', () => {
    const least = new LeastDelay(100, 1);
    least.push(0, 1);
    expect(least.push(600, 5)).toBeUndefined();
    expect(least.push(700, 9)).toBe(5);
  });
});
