import { describe, expect, it } from 'vitest';
import { PlayOut } from '../../../src/line/media/play-out.js';

const LIVE = { prefillMs: 40, maxMs: 400, isLive: true };

function written(playOut: PlayOut, sampleRate: number, ms: number, level = 8000): void {
  const samples = new Int16Array((sampleRate * ms) / 1000).fill(level);
  playOut.write({ type: 'audio', samples, sampleRate, channels: 1 });
}

/** Reads so many frames of 20 ms. */
function read(playOut: PlayOut, frames: number): number[] {
  return Array.from({ length: frames }, () => {
    const frame = new Int16Array(320);
    playOut.read(frame);
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
  ])('at %i Hz is played to its last sample, when only %i ms come', (sampleRate, ms) => {
    const playOut = new PlayOut(LIVE);
    written(playOut, sampleRate, ms);
    const heard = read(playOut, 12);
    expect(playOut.stats).toMatchObject({ received: 16 * ms, played: 16 * ms, waiting: 0, dropped: 0 });
    const loud = heard.filter((sample) => Math.abs(sample) > 4000).length;
    expect(Math.abs(loud - 16 * ms)).toBeLessThanOrEqual(8);
  });

  it('goes on without a loss when its rate changes', () => {
    const playOut = new PlayOut({ ...LIVE, prefillMs: 0, isLive: false });
    for (const sampleRate of [8000, 16_000, 48_000, 8000, 16_000]) written(playOut, sampleRate, 20);
    expect(playOut.stats.received).toBe(5 * 320);
  });

  it('that keeps waiting is a delay, and taken away; what comes in time is not', () => {
    const playOut = new PlayOut(LIVE);
    written(playOut, 16_000, 200);
    for (let at = 0; at < 150; at++) {
      written(playOut, 16_000, 20);
      read(playOut, 1);
    }
    expect(playOut.stats.waiting).toBeLessThanOrEqual(60 * 16);
    const { dropped } = playOut.stats;
    for (let at = 0; at < 500; at++) {
      written(playOut, 16_000, 20);
      read(playOut, 1);
    }
    expect(playOut.stats.dropped).toBe(dropped);
  });

  it('tells a mark when what was before it is played, or was cleared', () => {
    const told: [string, boolean][] = [];
    const playOut = new PlayOut({
      ...{ prefillMs: 0, maxMs: 10_000, isLive: false },
      onMark: (name, heard) => told.push([name, heard]),
    });
    written(playOut, 16_000, 40);
    playOut.mark('one');
    written(playOut, 16_000, 40);
    playOut.mark('two');
    read(playOut, 1);
    expect(told).toEqual([]);
    read(playOut, 1);
    expect(told).toEqual([['one', true]]);
    playOut.clear();
    expect(told).toEqual([
      ['one', true],
      ['two', false],
    ]);
    expect(playOut.stats.cleared).toBe(640);
    playOut.mark('nothing before it');
    expect(told.at(-1)).toEqual(['nothing before it', true]);
  });
});
