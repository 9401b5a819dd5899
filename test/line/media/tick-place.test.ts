import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fence } from '../../../src/base/listener/fence.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { PlayQueue } from '../../../src/line/media/play-queue.js';
import { Bridge } from '../../../src/switch/bridge.js';
import type { Party } from '../../../src/switch/party.js';
import { VoiceTicker } from '../../../src/switch/voice-ticker.js';

const fence = new Fence((error) => {
  throw error;
});

/** A party whose frames come in 20 ms each, at a place between two ticks and as late as is said of each. */
class Caller implements Party {
  readonly queue: PlayQueue;
  readonly #clock: VirtualClock;
  /** Times of its ticks. */
  readonly ticks: number[] = [];

  constructor(clock: VirtualClock, phaseMs: number, frameMs: number, lates: readonly number[]) {
    this.#clock = clock;
    this.queue = new PlayQueue({ maxMs: 400, isLive: true, clock });
    let before = 0;
    lates.forEach((late, at) => {
      // What is late holds up what is behind it.
      before = Math.max(before, phaseMs + at * frameMs + late);
      clock.timerAt(before, () => {
        const samples = new Int16Array(320).fill(5000);
        this.queue.write({ type: 'audio', samples, sampleRate: 16_000, channels: 1 });
      });
    });
  }

  speak(frame: Int16Array): void {
    this.ticks.push(this.#clock.now());
    this.queue.read(frame);
  }
  hear(): void {}
  isAwaited(): boolean {
    return this.queue.isAwaited;
  }
  spareMs(): number | undefined {
    return this.queue.spareMs();
  }
  async leave(): Promise<void> {}

  /** Milliseconds that audio waits for its ticks, did it come in time: from its coming to its being played. */
  delayMs(phaseMs: number, frameMs: number): number {
    const { received, waiting } = this.queue.stats;
    const played = (received - waiting) / 320;
    return (this.ticks.at(-1) ?? 0) - (phaseMs + (played - 1) * frameMs);
  }
}

async function run(callers: readonly { phaseMs: number; frameMs?: number; lates: readonly number[] }[]) {
  const clock = new VirtualClock();
  const bridge = new Bridge(fence);
  const parties = callers.map(
    ({ phaseMs, frameMs = 20, lates }) => new Caller(clock, phaseMs, frameMs, lates),
  );
  for (const party of parties) bridge.join(party);
  new VoiceTicker(clock, fence).add(bridge);
  // To the end but one: its last frame has not run out then.
  const [{ phaseMs = 0, frameMs = 20, lates = [] } = {}] = callers;
  await clock.advance(phaseMs + (lates.length - 1) * frameMs + 19);
  return parties;
}

describe('the phase of the ticks', () => {
  it('is just after the arrival of audio, whenever that is', async () => {
    for (let phaseMs = 0; phaseMs < 20; phaseMs += 3) {
      const [caller] = await run([{ phaseMs, lates: Array<number>(100).fill(0) }]);
      expect(caller?.queue.stats).toMatchObject({ dropped: 0, guard: 0 });
      expect(caller?.delayMs(phaseMs, 20)).toBeLessThanOrEqual(3);
    }
  });

  it('is later by the jitter of the audio, and no frame is missed once the jitter is known', async () => {
    const lates = fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 300, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(lates, fc.integer({ min: 0, max: 19 }), async (late, phaseMs) => {
        const [caller] = await run([{ phaseMs, lates: late }]);
        if (!caller) return;
        const { missing, dropped } = caller.queue.stats;
        // Before the first frame, and once while the first second's jitter becomes known.
        expect(missing).toBeLessThanOrEqual(2 * 320);
        expect(dropped).toBe(0);
        expect(caller.delayMs(phaseMs, 20)).toBeLessThanOrEqual(Math.max(...late) + 4);
      }),
      { seed: 26, numRuns: 10 },
    );
  });

  it.each([19.9, 20.1])('follows a peer whose frames last %d ms, for 40 seconds', async (frameMs) => {
    const [caller] = await run([{ phaseMs: 7, frameMs, lates: Array<number>(2000).fill(0) }]);
    const { missing, dropped } = caller?.queue.stats ?? { missing: 1e9, dropped: 1e9 };
    // 200 ms in all, a frame at a time.
    expect(missing).toBeLessThanOrEqual(12 * 320);
    expect(dropped).toBeLessThanOrEqual(12 * 320);
    expect(caller?.delayMs(7, frameMs)).toBeLessThanOrEqual(45);
  });

  it('drops a delay that a stall has caused within seconds', async () => {
    const lates = [...Array<number>(100).fill(0), 70, ...Array<number>(600).fill(0)];
    const [caller] = await run([{ phaseMs: 5, lates }]);
    expect(caller?.delayMs(5, 20)).toBeLessThanOrEqual(4);
  });

  it.each([25, 35, 70])(
    'drops the delay of a busy first second (%d ms) within three seconds',
    async (late) => {
      // Calls that begin at once keep both ends busy.
      const busy = Array.from({ length: 50 }, (_, at) => (at % 10 === 9 ? late : 0));
      for (let phaseMs = 0; phaseMs < 20; phaseMs++) {
        const [caller] = await run([{ phaseMs, lates: [...busy, ...Array<number>(160).fill(0)] }]);
        expect(caller?.delayMs(phaseMs, 20)).toBeLessThanOrEqual(4);
      }
    },
  );

  it('is after the audio of the latest speaker when several speak', async () => {
    const lates = Array<number>(100).fill(0);
    const [one, other] = await run([
      { phaseMs: 4, lates },
      { phaseMs: 12, lates },
    ]);
    expect(one?.delayMs(4, 20)).toBeLessThanOrEqual(11);
    expect(other?.delayMs(12, 20)).toBeLessThanOrEqual(3);
  });

  it('stays within a frame of the schedule, for any arrival times', async () => {
    const lates = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 300, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(lates, async (late) => {
        const [caller] = await run([{ phaseMs: 3, lates: late }]);
        caller?.ticks.forEach((at, index) => {
          expect(Math.abs(at - index * 20)).toBeLessThanOrEqual(20);
        });
      }),
      { seed: 26, numRuns: 10 },
    );
  });
});
