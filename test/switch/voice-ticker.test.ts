import { expect, it } from 'vitest';
import { Fence } from '../../src/base/listener/fence.js';
import { type Clock, VirtualClock } from '../../src/base/time/clock.js';
import { Bridge } from '../../src/switch/bridge.js';
import { VoiceTicker } from '../../src/switch/voice-ticker.js';

/** A clock whose timers fire as late as its process comes back. */
class AwayClock extends VirtualClock {
  awayMs = 0;
  override now(): number {
    return super.now() + this.awayMs;
  }
}

it('a late tick lets what has come meanwhile be read first; one in time does not wait', async () => {
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
