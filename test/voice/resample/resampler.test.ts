import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resampler, resample } from '../../../src/voice/resample/resampler.js';
import { concatSamples, transformSamples } from '../../../src/voice/stage.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import {
  expectSamples,
  HAS_SOX,
  noise,
  pieces,
  readWav,
  samplesFrom,
  speechFile,
  testFolder,
} from '../fixtures.js';
import { filterFloats, sine, spectrumOf } from './measure.js';

const folder = testFolder();
const qualities = ['low', 'medium', 'high'] as const;
const latencies = ['low', 'block'] as const;
const rates = [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000];

describe('Resampler', () => {
  it('gives the same samples however the input is cut', () => {
    const rate = fc.constantFrom(...rates);
    const shape = fc.record({
      from: rate,
      to: rate,
      channels: fc.integer({ min: 1, max: 3 }),
      quality: fc.constantFrom(...qualities),
      latency: fc.constantFrom(...latencies),
    });
    fc.assert(
      fc.property(shape, fc.nat(30_000), (options, count) => {
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

  it.each(
    latencies.flatMap((latency) =>
      [
        [48_000, 16_000],
        [16_000, 48_000],
        [44_100, 16_000],
        [16_000, 24_000],
        [16_000, 8000],
        [8000, 44_100],
        [192_000, 8000],
        [44_100, 48_000],
      ].map(([from = 0, to = 0]) => [from, to, latency] as const),
    ),
  )('keeps a sine in place and in level from %d to %d Hz, latency %s', (from, to, latency) => {
    const input = sine({ frequency: 997, sampleRate: from, count: from, amplitude: 16_000 });
    const output = resample(input, { from, to, latency });
    const expected = sine({ frequency: 997, sampleRate: to, count: to, amplitude: 16_000 });
    // The edges hear the silence around the signal.
    const middle = (samples: Int16Array) => samples.subarray(to / 10, to - to / 10);
    const worst = middle(output).reduce(
      (most, sample, i) => Math.max(most, Math.abs(sample - middle(expected)[i]!)),
      0,
    );
    expect(worst).toBeLessThanOrEqual(1);
  });

  // What the filters leave, as floats: 16 bits would end at -98 dB.
  it.each([
    ['low', 'low', 64],
    ['low', 'block', 64],
    ['medium', 'low', 100],
    ['medium', 'block', 100],
    ['high', 'low', 120],
    ['high', 'block', 120],
  ] as const)(
    'rejects what %s quality, latency %s, promises of tones above the new band',
    (quality, latency, rejectionDb) => {
      for (const from of [48_000, 44_100]) {
        for (const frequency of [8000, 8100, 9500, 13_000, 20_000]) {
          const tone = Float32Array.from({ length: from * 2 }, (_, i) =>
            Math.sin((2 * Math.PI * ((frequency * i) % from)) / from),
          );
          const output = filterFloats(tone, { from, to: 16_000, quality, latency }).subarray(2000, -2000);
          expect(output.length).toBeGreaterThan(8000);
          const power = output.reduce((sum, sample) => sum + sample * sample, 0) / output.length;
          expect(10 * Math.log10(power / 0.5)).toBeLessThan(-rejectionDb);
        }
      }
    },
  );

  it.each(latencies)('has a signal-to-noise ratio near what 16 bits allow, latency %s', (latency) => {
    for (const quality of ['medium', 'high'] as const) {
      for (const from of [44_100, 48_000]) {
        const input = sine({ frequency: 1234.5, sampleRate: from, count: from, amplitude: 30_000 });
        const output = resample(input, { from, to: 16_000, quality, latency });
        const { signalDb, restDb } = spectrumOf(output, 1234.5, 16_000);
        expect(signalDb - restDb).toBeGreaterThan(93);
      }
    }
  });

  it.each([
    [16_000, 48_000],
    [16_000, 44_100],
    [48_000, 16_000],
    [48_000, 32_000],
  ])('gives the same speech from %d to %d Hz, edges too, whatever the latency', async (from, to) => {
    const speech = await readWav(speechFile('reader-880'));
    const input = from === 16_000 ? speech : resample(speech, { from: 16_000, to: from });
    // Begin and end in the middle of a word.
    const part = input.subarray(from, 3 * from);
    const [soon, later] = latencies.map((latency) => resample(part, { from, to, latency }));
    const worst = soon!.reduce((most, sample, i) => Math.max(most, Math.abs(sample - later![i]!)), 0);
    expect(later!.length).toBe(soon!.length);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('gives samples at once when latency is low, and in blocks otherwise', () => {
    const given = latencies.map((latency) => {
      const resampler = new Resampler({ from: 48_000, to: 16_000, latency });
      return Array.from({ length: 50 }, () => resampler.push(new Int16Array(960)).length);
    });
    let [pushed, received] = [0, 0];
    for (const count of given[0]!) {
      pushed += 320;
      received += count;
      expect(pushed - received).toBeLessThan(0.01 * 16_000);
    }
    const blocks = given[1]!.filter((count) => count > 0);
    expect(blocks).toHaveLength(2);
    expect(blocks[0]).toBeGreaterThan(0.3 * 16_000);
    expect(blocks[1]).toBe(blocks[0]);
  });

  it.each(latencies)('has a passband that is flat to a tenth of a decibel, latency %s', (latency) => {
    for (const quality of qualities) {
      const edge = { low: 0.8, medium: 0.9, high: 0.913 }[quality] * 8000;
      for (const frequency of [100, 1000, 4000, edge * 0.98]) {
        const input = sine({ frequency, sampleRate: 48_000, count: 48_000, amplitude: 20_000 });
        const output = resample(input, { from: 48_000, to: 16_000, quality, latency });
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
    for (const latency of latencies) {
      const ours = resample(wide, { from: 48_000, to: 16_000, latency });
      expect(ours.length).toBe(theirs.length);
      const inner = ours.subarray(500, -500);
      const worst = inner.reduce((most, sample, i) => Math.max(most, Math.abs(sample - theirs[i + 500]!)), 0);
      expect(worst).toBeLessThanOrEqual(2);
    }
  });

  it('clips instead of wrapping around', () => {
    const square = Int16Array.from({ length: 4800 }, (_, i) => (Math.floor(i / 24) % 2 ? 32_767 : -32_768));
    const output = resample(square, { from: 48_000, to: 44_100 });
    for (let i = 1; i < output.length; i++)
      expect(Math.abs(output[i]! - output[i - 1]!)).toBeLessThan(65_000);
    expect(output.includes(32_767)).toBe(true);
  });

  it('refuses rates, channels and arrays out of range, and pushes after the end', () => {
    expect(() => new Resampler({ from: 7999, to: 16_000 })).toThrow(/^from must be a whole number/);
    expect(() => new Resampler({ from: 16_000, to: 192_001 })).toThrow(/^to must be a whole number/);
    expect(() => new Resampler({ from: 16_000, to: 8000, channels: 33 })).toThrow(/channels/);
    const options = { from: 16_000, to: 8000 };
    expect(() => new Resampler({ ...options, latency: 'none' as 'low' })).toThrow(/latency/);
    expect(() => new Resampler({ ...options, quality: 'best' as 'low' })).toThrow(/quality/);
    const resampler = new Resampler({ from: 16_000, to: 8000, channels: 2 });
    expect(() => resampler.push(new Int16Array(3))).toThrow(/multiple of 2/);
    resampler.flush();
    expect(() => resampler.push(new Int16Array(2))).toThrow(/flushed/);
  });

  it('contains the bytes that its WebAssembly text compiles to', () => {
    const script = new URL('../../../scripts/build-wasm.mjs', import.meta.url).pathname;
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
