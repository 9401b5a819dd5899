import { expect, it } from 'vitest';
import { Fence } from '../../src/base/listener/fence.js';
import { type Clock, VirtualClock } from '../../src/base/time/clock.js';
import { Bridge } from '../../src/switch/bridge.js';
import { VoiceTicker } from '../../src/switch/voice-ticker.js';
import { randomFrom } from '../random.js';

/** A clock whose timers fire as late as its process comes back. */
class AwayClock extends VirtualClock {
  awayMs = 0;
  override now(): number {
    return super.now() + this.awayMs;
  }
}

it('a late tick first reads data that has arrived; a punctual tick does not wait', async () => {
  const clock: Clock & AwayClock = new AwayClock();
  const fence = new Fence((error) => {
    throw error;
  });
  const bridge = new Bridge(fence);
  const said: string[] = [];
  bridge.join({
    speak: () => void said.push('tick'),
    hear: () => undefined,
    leave: async () => undefined,
  });
  new VoiceTicker(clock, fence).add(bridge);
  await clock.advance(21);
  expect(said).toEqual(['tick', 'tick']);
  // What comes in is a timer of its own: it is due before the tick that the process was too late for.
  clock.awayMs = 10;
  clock.timerAt(40, () => void said.push('late'));
  clock.timerAt(45, () => void said.push('read'));
  await clock.advance(40);
  expect(said.slice(2, 5)).toEqual(['late', 'read', 'tick']);
});

/** A clock of a busy machine: each timer fires up to 15 ms late. */
class LateClock extends VirtualClock {
  readonly #random = randomFrom(7);
  override timerAt(at: number, task: () => void | Promise<void>) {
    return super.timerAt(at + this.#random() * 15, task);
  }
}

it('late ticks do not accumulate: a minute of a call has a minute of voice', async () => {
  const clock: Clock & LateClock = new LateClock();
  const fence = new Fence((error) => {
    throw error;
  });
  const saidAt: number[] = [];
  const bridge = new Bridge(fence);
  bridge.join({
    speak: () => void saidAt.push(clock.now()),
    hear: () => undefined,
    leave: async () => undefined,
  });
  new VoiceTicker(clock, fence).add(bridge);
  await clock.advance(60_000);
  const [first = 0] = saidAt;
  expect(Math.abs(saidAt.length - 3000)).toBeLessThanOrEqual(1);
  // A late tick lets what has come be read first, by a second timer.
  expect(saidAt.filter((at, n) => Math.abs(at - first - n * 20) > 2 * 15)).toEqual([]);
});

/** A clock that jumps; timers that are set go on by the time that passes. */
class JumpingClock extends VirtualClock {
  jumpedMs = 0;
  override now(): number {
    return super.now() + this.jumpedMs;
  }
  override timerAt(at: number, task: () => void | Promise<void>) {
    return super.timerAt(at - this.jumpedMs, task);
  }
}

const HOUR_MS = 3_600_000;
it.each([
  ['ahead by hours', 3 * HOUR_MS],
  ['ahead by three seconds', 3000],
  ['back by hours', -3 * HOUR_MS],
  ['back by a tenth of a second', -100],
])('a clock that jumps %s does not stop calls, causes no burst, and is reported', async (_, jumpMs) => {
  const clock: Clock & JumpingClock = new JumpingClock();
  const told: [unknown, string][] = [];
  const fence = new Fence((error, where) => told.push([error, where]));
  const ticker = new VoiceTicker(clock, fence);
  const ticks = [0, 0, 0];
  const bridges = ticks.map((_, at) => {
    const bridge = new Bridge(fence);
    const speak = () => {
      ticks[at] = (ticks[at] ?? 0) + 1;
    };
    // What it has to spare moves it from one place to another.
    const spareMs = () => 2 + ((ticks[at] ?? 0) % (at + 3));
    bridge.join({ speak, spareMs, hear: () => undefined, leave: async () => undefined });
    return bridge;
  });
  for (const bridge of bridges) ticker.add(bridge);
  await clock.advance(2000);
  clock.jumpedMs += jumpMs;
  let before = [...ticks];
  for (let ms = 0; ms < 2000; ms += 100) {
    await clock.advance(100);
    const made = ticks.map((count, at) => count - (before[at] ?? 0));
    for (const count of made) {
      expect(count).toBeGreaterThanOrEqual(3);
      expect(count).toBeLessThanOrEqual(7);
    }
    before = [...ticks];
  }
  expect(told).toEqual([
    [
      expect.objectContaining({
        code: 'ERR_TIMEOUT',
        message: expect.stringMatching(/(ahead|back).* \d+\.\d s/),
      }),
      'clock',
    ],
  ]);
  // A call that begins then, alone or beside others, is ticked like them.
  for (const bridge of bridges) ticker.remove(bridge);
  await clock.advance(100);
  const [bridge] = bridges;
  if (bridge) ticker.add(bridge);
  const last = ticks[0] ?? 0;
  await clock.advance(200);
  expect((ticks[0] ?? 0) - last).toBeGreaterThanOrEqual(9);
});
