import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { TimingWheel } from '../../../src/base/time/timing-wheel.js';
import { randomFrom } from '../../random.js';

it.each([20, 50 / 3, 250])(
  'visits a member once every %d ms, for any fraction of a millisecond at its start',
  async (intervalMs) => {
    const random = randomFrom(7);
    for (let round = 0; round < 50; round++) {
      const clock = new VirtualClock();
      await clock.advance(random() * 5000);
      const wheel = new TimingWheel(clock, { intervalMs, slots: 16 });
      let last = -Infinity;
      const times: number[] = [];
      const visit = () => {
        // A turn that is made twice would be made for ever: time stands still meanwhile.
        if (clock.now() === last) throw new Error(`visited twice at ${last} ms`);
        last = clock.now();
        times.push(last);
      };
      wheel.add({ visit });
      await clock.advance(intervalMs * 40.5);
      expect(times.length).toBeGreaterThanOrEqual(40);
      expect(times.length).toBeLessThanOrEqual(41);
    }
  },
);
