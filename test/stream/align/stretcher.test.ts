import { describe, expect, it } from 'vitest';
import { Stretcher } from '../../../src/stream/align/stretcher.js';

const sine = (length: number, hz: number, rate = 16_000) =>
  Int16Array.from({ length }, (_, i) => Math.round(12_000 * Math.sin((2 * Math.PI * hz * i) / rate)));

function stretched(samples: Int16Array, rate: number, chunk: number): number[] {
  const stretcher = new Stretcher();
  stretcher.rate = rate;
  const output: number[] = [];
  for (let at = 0; at < samples.length; at += chunk) {
    output.push(...stretcher.push(samples.subarray(at, at + chunk)));
  }
  output.push(...stretcher.flush());
  return output;
}

describe('Stretcher', () => {
  it('passes samples through untouched until it is given a rate', () => {
    const samples = sine(1000, 440);
    expect(new Stretcher().push(samples)).toBe(samples);
  });

  it.each([200e-6, -200e-6, 1000e-6])(
    'stretches a tone by %f without breaking it, however it is cut',
    (rate) => {
      const samples = sine(160_000, 1000);
      const output = stretched(samples, rate, 320);
      expect(Math.abs(output.length - 160_000 * (1 + rate))).toBeLessThan(4);
      const otherwise = stretched(samples, rate, 777);
      expect(output.slice(0, 159_000).every((sample, i) => Math.abs(sample - (otherwise[i] ?? 0)) <= 1)).toBe(
        true,
      );
      const expected = sine(output.length, 1000, 16_000 * (1 + rate));
      const [signal, noise] = output.slice(100, -100).reduce(
        ([power, error], sample, i) => {
          const wanted = expected[i + 100] ?? 0;
          return [power + wanted ** 2, error + (sample - wanted) ** 2];
        },
        [0, 0],
      );
      expect(10 * Math.log10(signal / noise)).toBeGreaterThan(60);
    },
  );

  it('takes a new rate in the middle without losing a sample', () => {
    const stretcher = new Stretcher();
    const output = [...stretcher.push(sine(1600, 500))];
    stretcher.rate = 300e-6;
    const rest = sine(3200, 500).subarray(1600);
    output.push(...stretcher.push(rest), ...stretcher.flush());
    const jumps = output.slice(1).map((sample, i) => Math.abs(sample - (output[i] ?? 0)));
    expect(output.length).toBeGreaterThanOrEqual(3199);
    expect(Math.max(...jumps.slice(0, -1))).toBeLessThan(2600);
  });
});
