import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixPcm } from '../../../src/voice/mix/mix-pcm.js';
import { Mixer } from '../../../src/voice/mix/mixer.js';
import { collectSamples, concatSamples } from '../../../src/voice/stage.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import {
  expectSamples,
  HAS_SOX,
  noise,
  readWav,
  SPEECH_FILES,
  speechFile,
  stream,
  testFolder,
} from '../fixtures.js';

const folder = testFolder();
const of = (...samples: number[]) => Int16Array.from(samples);

describe('Mixer', () => {
  it('adds sources at their positions, with silence for gaps', () => {
    const mixer = new Mixer();
    const a = mixer.addSource();
    const b = mixer.addSource({ position: 2 });
    a.write(of(100, 100, 100));
    b.write(of(10, 10));
    b.write(of(7), 6);
    expect([...mixer.read(4)]).toEqual([100, 100, 110, 10]);
    expect([...mixer.read(4)]).toEqual([0, 0, 7, 0]);
    expect(mixer.position).toBe(8);
  });

  it('gives each participant the sum of the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: -900, max: 900 }), { minLength: 8, maxLength: 8 }), {
          maxLength: 20,
        }),
        (voices) => {
          const mixer = new Mixer();
          const sources = voices.map(() => mixer.addSource());
          voices.forEach((voice, i) => void sources[i]!.write(Int16Array.from(voice)));
          const sums = Array.from({ length: 8 }, (_, t) => voices.reduce((sum, voice) => sum + voice[t]!, 0));
          const { all, without } = mixer.readEach(8);
          expect([...all]).toEqual(sums.map((sum) => sum || 0));
          voices.forEach((voice, i) => {
            expect([...without.get(sources[i]!)!]).toEqual(sums.map((sum, t) => sum - voice[t]! || 0));
          });
        },
      ),
    );
  });

  it('changes gain in a ramp and not in a step', () => {
    const mixer = new Mixer({ rampMs: 10 });
    const source = mixer.addSource();
    source.write(new Int16Array(1600).fill(10_000));
    const before = mixer.read(400);
    source.setGainDb(Number.NEGATIVE_INFINITY);
    const after = mixer.read(400);
    expect(before.every((sample) => sample === 10_000)).toBe(true);
    for (let i = 1; i < 400; i++) {
      const step = after[i - 1]! - after[i]!;
      expect(step).toBeGreaterThanOrEqual(0);
      expect(step).toBeLessThanOrEqual(64);
    }
    expect(after[160]).toBe(0);
    source.setGainDb(-6);
    expect([...mixer.read(800)].at(-1)).toBe(Math.round(10_000 * 10 ** (-6 / 20)));
  });

  it('removes a source without a click', () => {
    const mixer = new Mixer({ rampMs: 10 });
    const source = mixer.addSource();
    source.write(new Int16Array(16_000).fill(8000));
    mixer.read(100);
    source.leave();
    const tail = mixer.read(320);
    expect(tail[0]).toBe(8000);
    expect(tail[160]).toBe(0);
    expect(mixer.sources.size).toBe(0);
  });

  it('removes an ended source once its last sample was read', () => {
    const mixer = new Mixer();
    const source = mixer.addSource();
    source.write(of(1, 2, 3));
    source.end();
    mixer.read(2);
    expect(mixer.sources.size).toBe(1);
    mixer.read(2);
    expect(mixer.sources.size).toBe(0);
    expect(() => source.write(of(1))).toThrow(/ended/);
  });

  it('leaves sums alone up to -3 dBFS and never passes full scale', () => {
    const mixer = new Mixer();
    const sources = Array.from({ length: 10 }, () => mixer.addSource());
    const levels = [0, 2000, 2319, 2400, 3000, 30_000, -2319, -3277, -30_000, -32_768];
    for (const source of sources) source.write(Int16Array.from(levels));
    const mix = mixer.read(10);
    expect([...mix.subarray(0, 3)]).toEqual([0, 20_000, 23_190]);
    expect(mix[3]).toBeGreaterThan(23_190);
    expect(mix[4]).toBeGreaterThan(mix[3]!);
    expect(mix[5]).toBe(32_767);
    expect(mix[6]).toBe(-23_190);
    expect(mix[8]).toBeGreaterThanOrEqual(-32_768);
    expect(mix[8]).toBe(-32_767);
  });

  it('holds back a writer that runs ahead', async () => {
    const mixer = new Mixer();
    const source = mixer.addSource({ maxBufferedMs: 100 });
    expect(source.write(new Int16Array(1600))).toBeUndefined();
    let isWritten = false;
    const written = Promise.resolve(source.write(new Int16Array(1600))).then(() => {
      isWritten = true;
    });
    await Promise.resolve();
    expect(isWritten).toBe(false);
    mixer.read(1600);
    await written;
    expect(source.bufferedSamples).toBe(1600);
  });

  it('drops the oldest samples when configured, and counts them and late ones', () => {
    const mixer = new Mixer();
    const live = mixer.addSource({ maxBufferedMs: 20, whenFull: 'drop-oldest' });
    live.write(new Int16Array(320).fill(1));
    live.write(new Int16Array(100).fill(2));
    expect(live.droppedSamples).toBe(100);
    mixer.read(500);
    live.write(new Int16Array(100).fill(3));
    expect(live.droppedSamples).toBe(180);
    expect([...mixer.read(30)]).toEqual([...new Array(20).fill(3), ...new Array(10).fill(0)]);
  });

  it('refuses options out of range', () => {
    expect(() => new Mixer({ rampMs: -1 })).toThrow(/rampMs/);
    const mixer = new Mixer();
    mixer.read(10);
    expect(() => mixer.addSource({ position: 9 })).toThrow(/position/);
    expect(() => mixer.addSource({ gainDb: Number.NaN })).toThrow(/gainDb/);
    expect(() => mixer.read(0)).toThrow(/sampleCount/);
    expect(() => mixer.addSource().write(of(1), -1)).toThrow(/position/);
  });
});

describe('mixPcm', () => {
  it('mixes streams with gains and positions, to the length of the longest', async () => {
    const format = { sampleRate: 16_000, channels: 1 };
    const a = noise(40_000, 5000);
    const b = noise(1000, 5000);
    const mix = await collectSamples(
      mixPcm([
        { input: { source: stream([a]), format } },
        { input: { source: stream([b]), format }, gainDb: -20, position: 39_500 },
      ]),
    );
    const expected = concatSamples([a, new Int16Array(500)]);
    b.forEach((sample, i) => {
      expected[39_500 + i] = Math.round(expected[39_500 + i]! + sample / 10);
    });
    expectSamples(mix, expected);
  });

  it('converts inputs of other formats', async () => {
    const path = join(folder, 'stereo8.wav');
    await writeFile(
      path,
      encodeWav(new Int16Array(8000).fill(300), { format: { sampleRate: 8000, channels: 2 } }),
    );
    const mix = await collectSamples(mixPcm([{ input: path }]));
    expect(mix.length).toBe(8000);
    expect(mix[4000]).toBe(300);
  });

  it.skipIf(!HAS_SOX)('agrees with sox -m (needs sox)', async () => {
    const path = join(folder, 'sox.wav');
    execFileSync('sox', ['-D', '-m', ...SPEECH_FILES.flatMap((file) => ['-v', '0.2', file]), path]);
    const gainDb = 20 * Math.log10(0.2);
    const mix = await collectSamples(mixPcm(SPEECH_FILES.map((input) => ({ input, gainDb }))));
    const theirs = await readWav(path);
    expect(mix.length).toBe(theirs.length);
    const worst = mix.reduce((most, sample, i) => Math.max(most, Math.abs(sample - theirs[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(3);
  });

  it('closes its files when a reader stops early', async () => {
    for await (const _ of mixPcm([{ input: speechFile('numbers') }])) break;
    await expect(collectSamples(mixPcm([{ input: join(folder, 'none.wav') }]))).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });
});
