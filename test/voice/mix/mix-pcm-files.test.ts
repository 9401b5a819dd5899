import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mixKernel } from '../../../src/voice/mix/mix-kernel.js';
import { mixPcm } from '../../../src/voice/mix/mix-pcm.js';
import { softLimit } from '../../../src/voice/mix/soft-limit.js';
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
  'files of any length are mixed from where they begin (%s)',
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
