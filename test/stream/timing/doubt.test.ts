import { expect, it } from 'vitest';
import { type Clock, VirtualClock } from '../../../src/base/time/clock.js';
import { LegAligner } from '../../../src/stream/align/leg-aligner.js';
import { randomFrom } from '../../random.js';

const FRAME = new Int16Array(320).fill(1000);

/** Clock that refuses what would have time stand still: timer after timer that is set to the present moment. */
function movingClock(): VirtualClock {
  const clock = new VirtualClock();
  const timerAt: Clock['timerAt'] = clock.timerAt.bind(clock);
  let timers = 0;
  clock.timerAt = (at, task) => {
    timers = at > clock.now() ? 0 : timers + 1;
    if (timers > 20) throw new Error(`time stands still at ${clock.now()} ms`);
    return timerAt(at, task);
  };
  return clock;
}

it('waiting samples get their place after a fixed time of observation, whenever they came', async () => {
  const random = randomFrom(11);
  for (let round = 0; round < 40; round++) {
    const clock = movingClock();
    const placed: number[] = [];
    const sink = {
      write: (samples: Int16Array, at: number) => void placed.push(at + samples.length),
      final: () => undefined,
    };
    const aligner = new LegAligner(sink, {}, { clock });
    let position = 0;
    const arrive = async (afterMs: number) => {
      await clock.advance(afterMs);
      void aligner.remote.write(FRAME, position);
      position += FRAME.length;
    };
    await clock.advance(random() * 1000);
    for (let frame = 0; frame < 60; frame++) await arrive(20);
    // After a stall it comes slower than time: too little to judge by, until the watch is over.
    await arrive(400 + random() * 400);
    for (let frame = 0; frame < 12; frame++) await arrive(40 + random() * 20);
    await clock.advance(2000);
    expect(aligner.end).toBeGreaterThanOrEqual(position);
    await aligner.finish();
  }
});
