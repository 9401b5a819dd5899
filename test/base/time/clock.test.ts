import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, sleep, systemClock, VirtualClock } from '../../../src/base/time/clock.js';

const DAY_MS = 86_400_000;

describe('the clock of the machine', () => {
  // Days pass here: the timers of Node, the real ones, are what is wound on.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it.each([0.5, 24.9, 30, 49.8, 365])('fires once after %s days, and not before', (days) => {
    const task = vi.fn();
    systemClock.timerAt(systemClock.now() + days * DAY_MS, task);
    vi.advanceTimersByTime(days * DAY_MS - 1000);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2000);
    expect(task).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60 * DAY_MS);
    expect(task).toHaveBeenCalledOnce();
  });

  it('cancels a timer in any stage of a long wait', () => {
    const task = vi.fn();
    const cancel = systemClock.timerAt(systemClock.now() + 90 * DAY_MS, task);
    vi.advanceTimersByTime(60 * DAY_MS);
    cancel();
    vi.advanceTimersByTime(60 * DAY_MS);
    expect(task).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never fires at Infinity', () => {
    const task = vi.fn();
    const cancel = systemClock.timerAt(Infinity, task);
    vi.advanceTimersByTime(400 * DAY_MS);
    expect(task).not.toHaveBeenCalled();
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each<[string, Clock]>([
  ['the clock of the machine', systemClock],
  ['a virtual clock', new VirtualClock()],
])('%s', (_, clock) => {
  it.each([Number.NaN, undefined, '100', null])('refuses %s as a time', (at) => {
    expect(() => clock.timerAt(at as number, () => undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
    );
  });

  it('refuses to sleep for a value that is not a number', async () => {
    await expect(sleep(clock, Number.NaN)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
    );
  });
});

it('a virtual clock runs until only timers are left that never fall due', async () => {
  const clock = new VirtualClock();
  const task = vi.fn();
  clock.timerAt(Infinity, task);
  clock.timerAt(90 * DAY_MS, task);
  await clock.run();
  expect(task).toHaveBeenCalledOnce();
  expect(clock.now()).toBe(90 * DAY_MS);
});

it('a virtual clock runs all timers that are due before the given time', async () => {
  const clock = new VirtualClock();
  const task = vi.fn();
  clock.timerAt(100, () => undefined);
  clock.timerAt(200, task);
  await clock.run({ until: 200 });
  expect(clock.now()).toBe(100);
  expect(task).not.toHaveBeenCalled();
  await expect(clock.run({ until: Number.NaN })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
});
