import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resampler, resample } from '../../../src/voice/convert/resampler.js';
import { concatSamples, transformSamples } from '../../../src/voice/stage.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { expectSamples, HAS_SOX, noise, pieces, samplesFrom, testFolder } from '../fixtures.js';
import { sine, spectrumOf } from './measure.js';

const folder = testFolder();
const qualities = ['low', 'medium', 'high'] as const;
const rates = [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000];

describe('Resampler', () => {
  it('gives the same samples however the input is cut', () => {
    const rate = fc.constantFrom(...rates);
    const shape = fc.record({
      from: rate,
      to: rate,
      channels: fc.integer({ min: 1, max: 3 }),
      quality: fc.constantFrom(...qualities),
    });
    fc.assert(
      fc.property(shape, fc.nat(6000), (options, count) => {
        const { from, to, channels } = options;
        const samples = noise(count * channels);
        const whole = resample(samples, options);
        expect(whole.length).toBe(Math.round((count * to) / from) * channels);
        const resampler = new Resampler(options);
        const cut = pieces(samples, channels).map((part) => resampler.push(part));
        expectSamples(concatSamples([...cut, resampler.flush()]), whole);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [48_000, 16_000],
    [16_000, 48_000],
    [44_100, 16_000],
    [16_000, 8000],
    [8000, 44_100],
  ])('keeps a sine in place and in level from %d to %d Hz', (from, to) => {
    const input = sine({ frequency: 997, sampleRate: from, count: from, amplitude: 16_000 });
    const output = resample(input, { from, to });
    const expected = sine({ frequency: 997, sampleRate: to, count: to, amplitude: 16_000 });
    // The edges hear the silence around the signal.
    const middle = (samples: Int16Array) => samples.subarray(to / 10, to - to / 10);
    const worst = middle(output).reduce(
      (most, sample, i) => Math.max(most, Math.abs(sample - middle(expected)[i]!)),
      0,
    );
    expect(worst).toBeLessThanOrEqual(1);
  });

  it.each([
    ['low', 60],
    ['medium', 84],
    ['high', 84],
  ] as const)('rejects what %s quality promises of tones above the new band', (quality, rejectionDb) => {
    // 16-bit rounding of the output leaves a floor near -101 dBFS; measured against full scale.
    for (const frequency of [8100, 9500, 13_000, 20_000]) {
      const input = sine({ frequency, sampleRate: 48_000, count: 48_000, amplitude: 32_000 });
      const output = resample(input, { from: 48_000, to: 16_000, quality }).subarray(2000, 14_000);
      const power = output.reduce((sum, sample) => sum + sample * sample, 0) / output.length;
      expect(10 * Math.log10((power + 1e-9) / (32_000 ** 2 / 2))).toBeLessThan(-rejectionDb);
    }
  });

  it('has a signal-to-noise ratio near what 16 bits allow', () => {
    for (const quality of ['medium', 'high'] as const) {
      const input = sine({ frequency: 1234.5, sampleRate: 44_100, count: 44_100, amplitude: 30_000 });
      const { signalDb, restDb } = spectrumOf(
        resample(input, { from: 44_100, to: 16_000, quality }),
        1234.5,
        16_000,
      );
      expect(signalDb - restDb).toBeGreaterThan(93);
    }
  });

  it('has a passband that is flat to a tenth of a decibel', () => {
    for (const quality of qualities) {
      const edge = { low: 0.8, medium: 0.9, high: 0.913 }[quality] * 8000;
      for (const frequency of [100, 1000, 4000, edge * 0.98]) {
        const input = sine({ frequency, sampleRate: 48_000, count: 48_000, amplitude: 20_000 });
        const output = resample(input, { from: 48_000, to: 16_000, quality });
        const { signalDb } = spectrumOf(output, frequency, 16_000);
        expect(Math.abs(signalDb - 20 * Math.log10(20_000 / Math.SQRT2))).toBeLessThan(0.1);
      }
    }
  });

  it.skipIf(!HAS_SOX)('agrees with sox on a band-limited noise (needs sox)', async () => {
    const path = join(folder, 'noise.wav');
    const wide = transformSamples(noise(8000, 12_000), new Resampler({ from: 8000, to: 48_000 }));
    await writeFile(path, encodeWav(wide, { format: { sampleRate: 48_000, channels: 1 } }));
    const theirs = samplesFrom(
      'sox',
      '-D',
      path,
      '-t',
      'raw',
      '-e',
      'signed',
      '-b',
      '16',
      '-',
      'rate',
      '-v',
      '16000',
    );
    const ours = resample(wide, { from: 48_000, to: 16_000 });
    expect(ours.length).toBe(theirs.length);
    const inner = ours.subarray(500, -500);
    const worst = inner.reduce((most, sample, i) => Math.max(most, Math.abs(sample - theirs[i + 500]!)), 0);
    expect(worst).toBeLessThanOrEqual(2);
  });

  it('clips instead of wrapping around', () => {
    const square = Int16Array.from({ length: 4800 }, (_, i) => (Math.floor(i / 24) % 2 ? 32_767 : -32_768));
    const output = resample(square, { from: 48_000, to: 44_100 });
    for (let i = 1; i < output.length; i++)
      expect(Math.abs(output[i]! - output[i - 1]!)).toBeLessThan(65_000);
    expect(output.includes(32_767)).toBe(true);
  });

  it('refuses rates, channels and arrays out of range, and pushes after the end', () => {
    expect(() => new Resampler({ from: 7999, to: 16_000 })).toThrow(/sampleRate/);
    expect(() => new Resampler({ from: 16_000, to: 192_001 })).toThrow(/sampleRate/);
    expect(() => new Resampler({ from: 16_000, to: 8000, channels: 33 })).toThrow(/channels/);
    const resampler = new Resampler({ from: 16_000, to: 8000, channels: 2 });
    expect(() => resampler.push(new Int16Array(3))).toThrow(/multiple of 2/);
    resampler.flush();
    expect(() => resampler.push(new Int16Array(2))).toThrow(/flushed/);
  });

  it('carries the bytes that its text compiles to', () => {
    const script = new URL('../../../scripts/build-wasm.mjs', import.meta.url).pathname;
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
