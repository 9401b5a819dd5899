import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HOT_BYTES, Revisits } from '../../../src/tcp/read/revisits.js';

let visits = 0;
const revisits = () => new Revisits({ visit: () => void visits++ });

beforeEach(() => {
  visits = 0;
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('live voice is left to the wheel', () => {
  const voice = revisits();
  for (let visit = 0; visit < 100; visit++) voice.after(HOT_BYTES - 1);
  vi.advanceTimersByTime(10_000);
  expect(visits).toBe(0);
});

test('a stream with more data is visited at once, then less and less often, until it is left to the wheel', () => {
  const bulk = revisits();
  bulk.after(HOT_BYTES);
  bulk.after(HOT_BYTES);
  vi.advanceTimersByTime(1);
  expect(visits).toBe(1);
  bulk.after(100);
  vi.advanceTimersByTime(10);
  expect(visits).toBe(2);
  const waits: number[] = [];
  for (let step = 0; step < 9; step++) {
    const before = visits;
    bulk.after(0);
    let waited = 0;
    for (; visits === before; waited++) vi.advanceTimersByTime(1);
    waits.push(waited);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
  bulk.after(0);
  vi.advanceTimersByTime(10_000);
  expect(visits).toBe(11);
});

test('a stream is hot as long as its bytes add up', () => {
  const bulk = revisits();
  bulk.after(HOT_BYTES);
  vi.advanceTimersByTime(9);
  for (let visit = 0; visit < 4; visit++) bulk.after(HOT_BYTES / 4);
  vi.advanceTimersByTime(8);
  expect(visits).toBe(2);
  bulk.after(100);
  vi.advanceTimersByTime(0);
  expect(visits).toBe(3);
});

test('a closed reader is no longer visited', () => {
  const bulk = revisits();
  bulk.after(HOT_BYTES);
  vi.advanceTimersByTime(100);
  bulk.after(0);
  bulk.cancel();
  vi.advanceTimersByTime(10_000);
  expect(visits).toBe(1);
});
