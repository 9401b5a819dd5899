import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { PlayQueue } from '../../../src/line/media/play-queue.js';

const LIVE = { maxMs: 400, isLive: true };

function written(queue: PlayQueue, sampleRate: number, ms: number, level = 8000): void {
  const samples = new Int16Array((sampleRate * ms) / 1000).fill(level);
  queue.write({ type: 'audio', samples, sampleRate, channels: 1 });
}

/** Reads so many frames of 20 ms. */
function read(queue: PlayQueue, frames: number): number[] {
  return Array.from({ length: frames }, () => {
    const frame = new Int16Array(320);
    queue.read(frame);
    return [...frame];
  }).flat();
}

describe('audio on its way to a call', () => {
  it.each([
    [16_000, 20],
    [8000, 20],
    [8000, 30],
    [44_100, 20],
    [24_000, 100],
  ])('at %i Hz is played to its last sample when only %i ms arrive', (sampleRate, ms) => {
    const queue = new PlayQueue(LIVE);
    written(queue, sampleRate, ms);
    const heard = read(queue, 12);
    expect(queue.stats).toMatchObject({ received: 16 * ms, played: 16 * ms, waiting: 0, dropped: 0 });
    const loud = heard.filter((sample) => Math.abs(sample) > 4000).length;
    expect(Math.abs(loud - 16 * ms)).toBeLessThanOrEqual(8);
  });

  it('goes on without a loss when its rate changes', () => {
    const queue = new PlayQueue({ ...LIVE, isLive: false });
    for (const sampleRate of [8000, 16_000, 48_000, 8000, 16_000]) written(queue, sampleRate, 20);
    expect(queue.stats.received).toBe(5 * 320);
  });

  it('that keeps waiting becomes a delay and is removed; audio in time is kept', () => {
    const queue = new PlayQueue(LIVE);
    written(queue, 16_000, 200);
    for (let at = 0; at < 150; at++) {
      written(queue, 16_000, 20);
      read(queue, 1);
    }
    expect(queue.stats.waiting).toBeLessThanOrEqual(60 * 16);
    const { dropped } = queue.stats;
    for (let at = 0; at < 500; at++) {
      written(queue, 16_000, 20);
      read(queue, 1);
    }
    expect(queue.stats.dropped).toBe(dropped);
  });

  it('is timed by its arrival rather than by its being written', () => {
    const clock = new VirtualClock();
    const frame = new Int16Array(320);
    const spareOf = (ageMs: number | undefined) => {
      const queue = new PlayQueue({ maxMs: 400, isLive: true, clock });
      queue.write({ type: 'audio', samples: new Int16Array(320), sampleRate: 16_000, channels: 1 }, ageMs);
      queue.read(frame);
      return queue.spareMs();
    };
    expect([spareOf(undefined), spareOf(7)]).toEqual([0, 7]);
  });

  it('reports a mark when the audio before it was played or cleared', () => {
    const told: [string, boolean][] = [];
    const queue = new PlayQueue({
      ...{ maxMs: 10_000, isLive: false },
      onMark: (name, heard) => told.push([name, heard]),
    });
    written(queue, 16_000, 40);
    queue.mark('one');
    written(queue, 16_000, 40);
    queue.mark('two');
    read(queue, 1);
    expect(told).toEqual([]);
    read(queue, 1);
    expect(told).toEqual([['one', true]]);
    queue.clear();
    expect(told).toEqual([
      ['one', true],
      ['two', false],
    ]);
    expect(queue.stats.cleared).toBe(640);
    queue.mark('nothing before it');
    expect(told.at(-1)).toEqual(['nothing before it', true]);
  });
});

/** Frames of 20 ms that come late by so many milliseconds each, in order; read each 20 ms, `phaseMs` behind the sender's beat. */
function lineOf(queue: PlayQueue, lateMs: readonly number[], phaseMs: number, sampleRate = 8000): void {
  let [at, sent] = [0, 0];
  for (const [tick] of lateMs.entries()) {
    for (; sent < lateMs.length; sent++) {
      at = Math.max(at, sent * 20 + (lateMs[sent] ?? 0));
      if (at > tick * 20 + phaseMs) break;
      written(queue, sampleRate, 20);
    }
    read(queue, 1);
  }
}

function isWhole({ stats }: PlayQueue): boolean {
  const { received, played, dropped, cleared, waiting } = stats;
  return received === played + dropped + cleared + waiting;
}

describe('a line to a call', () => {
  it('without jitter plays each frame at the next read, with no gap except that of the filter', () => {
    const queue = new PlayQueue(LIVE);
    lineOf(queue, Array(500).fill(0), 10);
    expect(queue.stats).toMatchObject({ missing: 32, dropped: 0, waiting: 0, guard: 0 });
  });

  it('with jitter has gaps while it is measured, and none from then on', () => {
    const lates = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 300, maxLength: 300 });
    fc.assert(
      fc.property(lates, fc.integer({ min: 0, max: 19 }), (late, phaseMs) => {
        const queue = new PlayQueue(LIVE);
        // As late as can be once, so that all is learned.
        lineOf(queue, [0, 0, 60, 60, 60, 60, ...late], phaseMs);
        const { missing, dropped, waiting } = queue.stats;
        return isWhole(queue) && missing <= 16 * 100 && dropped === 0 && waiting <= 16 * 100;
      }),
      { seed: 26, numRuns: 20 },
    );
  });

  it('that stalls now and then loses audio beyond its limit, and returns to its delay', () => {
    const stalls = fc.array(fc.tuple(fc.integer({ min: 5, max: 150 }), fc.integer({ min: 20, max: 3000 })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(stalls, fc.constantFrom(8000, 16_000, 44_100), (each, sampleRate) => {
        const queue = new PlayQueue(LIVE);
        const late = each.flatMap(([good, stallMs]) => [...Array<number>(good).fill(0), stallMs]);
        // A stall holds up all behind it; what comes with its end comes at once.
        lineOf(queue, [...late, ...Array<number>(450).fill(0)], 5, sampleRate);
        return isWhole(queue) && queue.stats.waiting <= queue.stats.guard + 320;
      }),
      { seed: 26, numRuns: 10 },
    );
  });

  it('that needed a delay once drops it half a minute later', () => {
    const queue = new PlayQueue(LIVE);
    lineOf(queue, [0, 0, 0, 50, ...Array<number>(100).fill(0)], 5, 16_000);
    expect(queue.stats).toMatchObject({ waiting: 3 * 320, guard: 3 * 320, dropped: 0 });
    lineOf(queue, Array<number>(3200).fill(0), 5, 16_000);
    expect(queue.stats).toMatchObject({ waiting: 0, guard: 0, dropped: 3 * 320 });
  });
});
