import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateDoubler, RateHalver } from '../../../src/voice/resample/half-band.js';
import { resample } from '../../../src/voice/resample/resampler.js';
import { MOST_HALVED, VoiceHalver } from '../../../src/voice/resample/voice-halver.js';
import { concatSamples, transformSamples } from '../../../src/voice/stage.js';

function tone(hz: number, rate: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => Math.round(10_000 * Math.sin((2 * Math.PI * hz * i) / rate)));
}

const level = (samples: Int16Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length);

describe.each([
  ['doubled', () => new RateDoubler(), 8000, 16_000],
  ['halved', () => new RateHalver(), 16_000, 8000],
] as const)('a rate that is %s', (_, make, from, to) => {
  it('gives every sample that is due, for any cut of the input', () => {
    const input = Int16Array.from({ length: 6000 }, (_each, i) => ((i * 7919) % 65_536) - 32_768);
    const whole = transformSamples(input, make());
    expect(whole).toHaveLength((6000 * to) / from);
    fc.assert(
      fc.property(fc.array(fc.nat(6000), { maxLength: 30 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), input.length];
        const filter = make();
        const parts = places.slice(1).map((end, i) => filter.push(input.slice(places[i], end)));
        expect(concatSamples([...parts, filter.flush()])).toEqual(whole);
      }),
      { seed: 26, numRuns: 40 },
    );
  });

  it('keeps a tone in its place when streams take turns', () => {
    const [filter, other] = [make(), make()];
    const input = tone(1000, from, from / 2);
    const parts: Int16Array[] = [];
    for (let at = 0; at < input.length; at += from / 50) {
      parts.push(filter.push(input.subarray(at, at + from / 50)));
      other.push(new Int16Array(from / 50).fill(-30_000));
    }
    const output = concatSamples([...parts, filter.flush()]).subarray(100, to / 2 - 100);
    const expected = tone(1000, to, to / 2).subarray(100, to / 2 - 100);
    expect(level(output.map((sample, i) => sample - (expected[i] ?? 0)))).toBeLessThan(30);
  });
});

it('frequencies above the telephone band are removed at 8 kHz', () => {
  const output = transformSamples(tone(5000, 16_000, 16_000), new RateHalver());
  expect(level(output.subarray(200, 7800))).toBeLessThan(7070 / 500);
});

it('the halver of analyses gives the output of a low-quality resampler, for any cut of the input', () => {
  const input = Int16Array.from({ length: 20_001 }, (_, i) => ((i * i * 7919) % 65_536) - 32_768);
  const expected = resample(input, { from: 16_000, to: 8000, quality: 'low', latency: 'low' });
  for (const piece of [1, 7, 320, 1600, MOST_HALVED]) {
    const [halver, other] = [new VoiceHalver(), new VoiceHalver()];
    const outputs: Int16Array[] = [];
    for (let at = 0; at < input.length; at += piece) {
      outputs.push(halver.push(input.subarray(at, at + piece)).slice());
      other.push(input.subarray(0, 99));
    }
    outputs.push(halver.flush().slice());
    expect(concatSamples(outputs)).toEqual(expected);
  }
});
