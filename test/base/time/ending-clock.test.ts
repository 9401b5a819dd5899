import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { EndingClock } from '../../../src/base/time/ending-clock.js';

it('runs its timers until it ends; later ones never run', async () => {
  const clock = new VirtualClock();
  const ending = new EndingClock(clock);
  const fired: string[] = [];
  const timer = (name: string, at: number) => ending.timerAt(at, () => void fired.push(name));
  timer('first', 10);
  timer('late', 30);
  const cancel = timer('cancelled', 10);
  cancel();
  await clock.advance(20);
  ending.end();
  timer('afterwards', 25);
  await clock.advance(20);
  expect(fired).toEqual(['first']);
  expect([ending.now(), ending.unixMs()]).toEqual([clock.now(), clock.unixMs()]);
});
