import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mixKernel } from '../../../src/voice/mix/mix-kernel.js';
import { mixPcm } from '../../../src/voice/mix/mix-pcm.js';
import { softLimit } from '../../../src/voice/mix/soft-limit.js';
import { concatSamples } from '../../../src/voice/stage.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { randomFrom } from '../../random.js';

const random = randomFrom(5);
const noise = (length: number) => Int16Array.from({ length }, () => Math.round((2 * random() - 1) * 32767));

test.each([1, 0.01, 0.7, 99.9])('the kernel adds samples times %d as JavaScript does', (gain) => {
  const { sums } = mixKernel();
  const expected = Float32Array.from({ length: 103 }, () => (2 * random() - 1) * 60_000);
  sums.set(expected, 5);
  const samples = noise(101);
  mixKernel().add(6, samples, gain);
  for (const [i, sample] of samples.entries()) expected[i + 1] = (expected[i + 1] as number) + sample * gain;
  expect(sums.slice(5, 108)).toEqual(expected);
});

test.each(['sync', 'async'] as const)(
  'files of any length are mixed at their start positions (%s)',
  async (io) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-mix-'));
    try {
      const lengths = [200_000, 70_001, 3, 130_000];
      const starts = [0, 9_000, 140_000, 65_537];
      const gains = [1, 0.1, 0.5, 1];
      const expected = new Float32Array(200_000);
      const inputs = [];
      for (const [i, length] of lengths.entries()) {
        const samples = noise(length);
        const [position, gain] = [starts[i] as number, gains[i] as number];
        const input = join(folder, `${i}.wav`);
        await writeFile(input, encodeWav(samples));
        for (const [at, sample] of samples.entries())
          expected[position + at] = (expected[position + at] as number) + sample * gain;
        inputs.push({ input, gainDb: 20 * Math.log10(gain), position });
      }
      const mixed: number[] = [];
      for await (const samples of mixPcm(inputs, { io })) for (const sample of samples) mixed.push(sample);
      const limited = new Int16Array(expected.length);
      softLimit(limited, expected);
      expect(mixed).toHaveLength(limited.length);
      expect(limited.findIndex((sample, i) => Math.abs(sample - (mixed[i] as number)) > 1)).toBe(-1);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test('files that are mixed straight from the disk give the output of a mixer: stereo, empty, muted, with other sources', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-mix-'));
  try {
    const format = { sampleRate: 8000, channels: 2 };
    const file = async (name: string, length: number, options = {}) => {
      const input = join(folder, name);
      await writeFile(input, encodeWav(noise(length), { format, ...options }));
      return input;
    };
    const plain = [
      { input: await file('long.wav', 90_002), gainDb: -3 },
      { input: await file('loud.wav', 40_000), gainDb: 12, position: 1234 },
      { input: await file('muted.wav', 70_000), gainDb: Number.NEGATIVE_INFINITY },
      { input: await file('empty.wav', 0), position: 50_000 },
    ];
    const other = { input: await file('bytes.wav', 5000, { encoding: 'u8' }) };
    for (const inputs of [plain, [...plain, other], plain.slice(3), []])
      for (const limiter of ['soft', 'clip'] as const) {
        const mixed = async (io: 'sync' | 'async') => {
          const parts: Int16Array[] = [];
          for await (const samples of mixPcm(inputs, { io, format, limiter })) parts.push(samples);
          return concatSamples(parts);
        };
        expect(await mixed('sync')).toEqual(await mixed('async'));
      }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a file that becomes shorter while it is mixed straight from the disk is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-mix-'));
  try {
    const input = join(folder, 'shrinks.wav');
    await writeFile(input, encodeWav(noise(100_000)));
    const mix = mixPcm([{ input }], { io: 'sync' });
    expect((await mix.next()).value).toHaveLength(32_768);
    await truncate(input, 80_000);
    await expect(mix.next()).rejects.toMatchObject({ code: 'ERR_FILE' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
