import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AutoGain } from '../../../src/voice/level/auto-gain.js';
import { ClippingDetector } from '../../../src/voice/level/clipping-detector.js';
import { LevelMeter, measureLevel } from '../../../src/voice/level/level-meter.js';
import { measureLoudness } from '../../../src/voice/level/loudness-meter.js';
import { LoudnessSteps } from '../../../src/voice/level/loudness-steps.js';
import { SilenceDetector } from '../../../src/voice/level/silence-detector.js';
import { SilenceTrimmer } from '../../../src/voice/level/silence-trimmer.js';
import { resample } from '../../../src/voice/resample/resampler.js';
import { analyzeSamples, concatSamples, transformSamples } from '../../../src/voice/stage.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { expectSamples, HAS_FFMPEG, noise, pieces, readWav, speechFile, testFolder } from '../fixtures.js';

const folder = testFolder();
const silence = (count: number) => new Int16Array(count);
const tone = (durationMs: number, levelDbfs = -12) =>
  toneSamples({ frequency: 500, durationMs, levelDbfs, fadeMs: 0 });

describe('LevelMeter', () => {
  it('measures RMS and peak of each channel in each window', () => {
    const meter = new LevelMeter({ format: { sampleRate: 8000, channels: 2 }, windowMs: 10 });
    const samples = Int16Array.from({ length: 400 }, (_, i) => (i % 2 ? 16_384 : i % 4 ? -32_768 : 32_767));
    const readings = pieces(samples).flatMap((part) => meter.push(part));
    expect(readings.map(({ position, sampleCount }) => [position, sampleCount])).toEqual([
      [0, 80],
      [80, 80],
    ]);
    expect(readings[0]!.levels[0]!.peakDbfs).toBeCloseTo(0, 3);
    expect(readings[0]!.levels[1]!.rmsDbfs).toBeCloseTo(-6.02, 2);
    expect(meter.flush()).toMatchObject([{ position: 160, sampleCount: 40 }]);
    expect(meter.flush()).toEqual([]);
  });

  it('gives the levels of a sine and of silence', () => {
    expect(measureLevel(tone(1000))[0]!.rmsDbfs).toBeCloseTo(-15.01, 2);
    expect(measureLevel(silence(100))[0]).toEqual({ rmsDbfs: -Infinity, peakDbfs: -Infinity });
  });
});

describe('LoudnessSteps', () => {
  const energies = Array.from({ length: 5000 }, (_, i) => 10 ** (-2 - 3 * ((i * 0.618034) % 1)));

  it('gives the gated mean of all blocks, over minutes', () => {
    const steps = new LoudnessSteps();
    for (const energy of energies) steps.add(energy);
    const blocks = energies.slice(3).map((_, i) => energies.slice(i, i + 4).reduce((a, b) => a + b) / 4);
    const meanOf = (list: readonly number[]) => list.reduce((a, b) => a + b) / list.length;
    const gated = blocks.filter((block) => block >= meanOf(blocks) / 10);
    expect(steps.read().integratedLufs).toBeCloseTo(-0.691 + 10 * Math.log10(meanOf(gated)), 2);
    expect(steps.read().maxMomentaryLufs).toBeCloseTo(-0.691 + 10 * Math.log10(Math.max(...blocks)), 9);
  });

  it('gives the same figures when it was read earlier', () => {
    const [once, often] = [new LoudnessSteps(), new LoudnessSteps()];
    for (const [i, energy] of energies.entries()) {
      once.add(energy);
      often.add(energy);
      if (i % 700 === 0) often.read();
    }
    expect(often.read()).toEqual(once.read());
  });
});

describe('LoudnessMeter', () => {
  // EBU Tech 3341, test signals 1 and 2: a stereo sine of 1 kHz.
  it.each([-23, -33])('reads %d LUFS for a stereo sine of that peak in dBFS', (levelDbfs) => {
    const format = { sampleRate: 48_000, channels: 2 };
    const sine = toneSamples({ frequency: 1000, durationMs: 20_000, levelDbfs, format });
    const loudness = measureLoudness(sine, format);
    expect(loudness.integratedLufs).toBeCloseTo(levelDbfs, 1);
    expect(loudness.maxMomentaryLufs).toBeCloseTo(levelDbfs, 1);
    expect(loudness.maxShortTermLufs).toBeCloseTo(levelDbfs, 1);
    expect(loudness.rangeLu).toBeLessThan(0.1);
  });

  // EBU Tech 3341, test signal 3: the quiet parts fall below the relative gate.
  it('leaves out blocks 10 LU below', () => {
    const format = { sampleRate: 48_000, channels: 2 };
    const sine = (levelDbfs: number, seconds: number) =>
      toneSamples({ frequency: 1000, durationMs: seconds * 1000, levelDbfs, format });
    const all = concatSamples([sine(-36, 10), sine(-23, 60), sine(-36, 10)]);
    expect(measureLoudness(all, format).integratedLufs).toBeCloseTo(-23, 1);
  });

  it.skipIf(!HAS_FFMPEG).each([8000, 16_000, 48_000])(
    'agrees with ffmpeg on speech at %d Hz (needs ffmpeg)',
    async (sampleRate) => {
      const format = { sampleRate, channels: 1 };
      const speech = resample(await readWav(speechFile('reader-870')), { from: 16_000, to: sampleRate });
      const path = join(folder, `loudness-${sampleRate}.wav`);
      await writeFile(path, encodeWav(speech, { format }));
      const { stderr } = spawnSync('ffmpeg', ['-i', path, '-af', 'ebur128', '-f', 'null', '-']);
      const summary = stderr.toString().split('Summary:')[1] ?? '';
      const theirs = (name: string) => Number(new RegExp(`${name}:\\s+(-?[\\d.]+)`).exec(summary)?.[1]);
      const ours = measureLoudness(speech, format);
      expect(Math.abs(ours.integratedLufs - theirs('I'))).toBeLessThanOrEqual(0.11);
      expect(Math.abs(ours.rangeLu - theirs('LRA'))).toBeLessThanOrEqual(0.5);
    },
  );

  it('gives -Infinity for silence', () => {
    expect(measureLoudness(silence(32_000)).integratedLufs).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('ClippingDetector', () => {
  it('finds runs at full scale in each channel', () => {
    const format = { sampleRate: 8000, channels: 2 };
    const left = [0, 32_767, 32_767, 32_767, 5, -32_768, -32_768, -32_768, 32_767, 32_767];
    const right = [1, 2, 32_767, 32_767, 3, 4, -32_768, -32_767, -32_768, -32_768];
    const samples = Int16Array.from(left.flatMap((sample, i) => [sample, right[i]!]));
    const expected = [
      { channel: 0, begin: 1, end: 4 },
      { channel: 0, begin: 5, end: 8 },
      { channel: 1, begin: 6, end: 10 },
    ];
    expect(analyzeSamples(samples, new ClippingDetector({ format }))).toEqual(expected);
    const detector = new ClippingDetector({ format });
    const cut = [...samples].flatMap((sample) => detector.push(Int16Array.of(sample)));
    expect([...cut, ...detector.flush()]).toEqual(expected);
  });
});

describe('SilenceDetector', () => {
  it('finds silence to within 10 ms', () => {
    const samples = concatSamples([silence(16_000), tone(500), silence(4000), tone(500), silence(12_345)]);
    expect(analyzeSamples(samples, new SilenceDetector())).toEqual([
      { begin: 0, end: 16_000 },
      { begin: 36_000, end: 48_345 },
    ]);
  });
});

describe('SilenceTrimmer', () => {
  const sound = tone(500);
  const samples = concatSamples([silence(16_000), sound, silence(32_000), sound, silence(8000)]);

  it('keeps the margins and the pause between sounds', () => {
    const expected = concatSamples([silence(1600), sound, silence(32_000), sound, silence(1600)]);
    expectSamples(transformSamples(samples, new SilenceTrimmer()), expected);
  });

  it('shortens long pauses when asked to, in pieces of any size', () => {
    const trimmer = new SilenceTrimmer({ marginMs: 0, maxPauseMs: 250 });
    const cut = pieces(samples).map((part) => trimmer.push(part));
    expectSamples(concatSamples([...cut, trimmer.flush()]), concatSamples([sound, silence(4000), sound]));
  });

  it('gives nothing for silence only', () => {
    expect(transformSamples(silence(50_000), new SilenceTrimmer())).toHaveLength(0);
  });
});

describe('AutoGain', () => {
  it.each([-45, -30, -8])('brings speech of %d dBFS near its target', async (levelDbfs) => {
    const speech = await readWav(speechFile('reader-870'));
    const now = measureLevel(speech)[0]!.rmsDbfs;
    const scaled = speech.map((sample) =>
      Math.max(-32_768, Math.min(32_767, sample * 10 ** ((levelDbfs - now) / 20))),
    );
    const gained = transformSamples(scaled, new AutoGain({ gateDbfs: -65 }));
    expect(gained.length).toBe(scaled.length);
    const after = measureLevel(gained.subarray(32_000))[0]!.rmsDbfs;
    expect(after).toBeGreaterThan(-26);
    expect(after).toBeLessThan(-17);
  });

  it('does not raise the noise of a pause, and keeps the length in pieces of any size', () => {
    const hiss = noise(32_000, 20);
    expectSamples(transformSamples(hiss, new AutoGain()), hiss);
    const gain = new AutoGain();
    const speech = tone(700, -30);
    const cut = pieces(speech).map((part) => gain.push(part));
    expectSamples(concatSamples([...cut, gain.flush()]), transformSamples(speech, new AutoGain()));
  });

  it('refuses options out of range', () => {
    expect(() => new AutoGain({ targetDbfs: 0 })).toThrow(/targetDbfs/);
    expect(() => new AutoGain({ maxGainDb: Number.NaN })).toThrow(/maxGainDb/);
  });
});
