import { describe, expect, it } from 'vitest';
import {
  mapChannels,
  mergeChannels,
  mixChannels,
  splitChannels,
} from '../../../src/voice/convert/channels.js';
import { dither } from '../../../src/voice/convert/dither.js';
import { toFormat } from '../../../src/voice/convert/to-format.js';
import { collectSamples } from '../../../src/voice/stage.js';
import { expectSamples, noise, pieces, stream } from '../fixtures.js';

const of = (...samples: number[]) => Int16Array.from(samples);

describe('channels', () => {
  it('mixes to one by the mean and copies from one', () => {
    expect([...mixChannels(of(1, 2, -3, -4, 32_767, 32_767), 2, 1)]).toEqual([2, -3, 32_767]);
    expect([...mixChannels(of(1, 2), 1, 3)]).toEqual([1, 1, 1, 2, 2, 2]);
    expect(() => mixChannels(of(1, 2), 2, 3)).toThrow(/mapChannels/);
    expect(() => mixChannels(of(1, 2, 3), 2, 1)).toThrow(/multiple of 2/);
  });

  it('maps by gains, with clipping', () => {
    const swap = [
      [0, 1],
      [1, 0],
    ];
    expect([...mapChannels(of(1, 2, 3, 4), swap)]).toEqual([2, 1, 4, 3]);
    expect([...mapChannels(of(30_000, 30_000), [[1, 1]])]).toEqual([32_767]);
    expect(() => mapChannels(of(1), [[1], [1, 2]])).toThrow(/gains/);
  });

  it('splits and merges', () => {
    const samples = noise(300);
    expectSamples(mergeChannels(splitChannels(samples, 3)), samples);
    expect([...mergeChannels([of(1, 2), of(3)])]).toEqual([1, 3, 2, 0]);
  });
});

describe('toFormat', () => {
  it('passes a stream of the same format through untouched', () => {
    const source = stream([]);
    const format = { sampleRate: 8000, channels: 2 };
    expect(toFormat(source, format, format)).toBe(source);
  });

  it('gives exactly the length that follows from the rates, mono and stereo', async () => {
    const from = { sampleRate: 44_100, channels: 2 };
    const source = stream(pieces(noise(44_102), 2));
    const samples = await collectSamples(toFormat(source, from, { sampleRate: 16_000, channels: 1 }));
    expect(samples.length).toBe(Math.round((22_051 * 16_000) / 44_100));
    const back = toFormat(stream([samples]), { sampleRate: 16_000, channels: 1 }, from);
    expect((await collectSamples(back)).length).toBe(Math.round((samples.length * 44_100) / 16_000) * 2);
  });

  it('refuses formats out of range at once', () => {
    const good = { sampleRate: 8000, channels: 1 };
    expect(() => toFormat(stream([]), good, { sampleRate: 4000, channels: 1 })).toThrow(/sampleRate/);
    expect(() =>
      toFormat(stream([]), { sampleRate: 8000, channels: 2 }, { sampleRate: 8000, channels: 3 }),
    ).toThrow(/mapChannels/);
  });
});

describe('dither', () => {
  it('keeps the mean of a level below one step, and is reproducible by its seed', () => {
    const quiet = new Float32Array(20_000).fill(0.25 / 32_768);
    const dithered = dither(quiet, { seed: 1 });
    const mean = dithered.reduce((sum, sample) => sum + sample, 0) / dithered.length;
    expect(mean).toBeCloseTo(0.25, 1);
    expect(dithered.every((sample) => Math.abs(sample) <= 1)).toBe(true);
    expectSamples(dither(quiet, { seed: 1 }), dithered);
    expect([...dither(Float32Array.of(2, -2, Number.NaN), { seed: 3 })].slice(0, 2)).toEqual([
      32_767, -32_768,
    ]);
  });
});
