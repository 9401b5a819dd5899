import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAudio } from '../../../src/voice/audio-file.js';
import { collectSamples } from '../../../src/voice/stage.js';
import { infoFrame, mp3Frame, readInfoFrame } from '../../../src/voice/transcode/mp3-info.js';
import { transcode } from '../../../src/voice/transcode/transcode.js';
import { HAS_FFMPEG, samplesFrom, stream, testFolder } from '../fixtures.js';

const folder = testFolder();

/** A tone that sweeps, so that it fits at one place alone. */
function sweep(count: number, channels: number, rate: number): Int16Array {
  return Int16Array.from({ length: count * channels }, (_, index) => {
    const seconds = Math.floor(index / channels) / rate;
    return 9000 * Math.sin(2 * Math.PI * (300 + 400 * seconds) * seconds);
  });
}

/** Samples by which `b` is late, where it fits best. */
function lateness(a: Int16Array, b: Int16Array, channels: number): number {
  const product = (shift: number) => {
    let sum = 0;
    for (let i = 2000; i < 12_000; i += 10) sum += (a[i * channels] ?? 0) * (b[(i + shift) * channels] ?? 0);
    return sum;
  };
  let best = { shift: 0, product: product(0) };
  for (let shift = -1300; shift <= 1300; shift++) {
    const found = product(shift);
    if (found > best.product) best = { shift, product: found };
  }
  return best.shift;
}

async function written(count: number, channels: number, sampleRate: number, title?: string) {
  const samples = sweep(count, channels, sampleRate);
  const output = join(folder, `${sampleRate}-${channels}-${count}.mp3`);
  const input = { source: stream([samples]), format: { sampleRate, channels } };
  await transcode({ input, output, ...(title !== undefined && { tags: { title } }) });
  await using file = await openAudio(output);
  const read = await collectSamples(file.samples());
  return { samples, output, read, sampleCount: file.sampleCount };
}

describe('an MP3 file gives the length of its sound', () => {
  it.each<readonly [number, number, number, string | undefined]>([
    ...[8000, 11_025, 16_000, 24_000, 44_100].map((rate) => [20_001, 1, rate, undefined] as const),
    [20_000, 2, 16_000, 'Ümlaut'],
    [20_003, 2, 44_100, 'a title'],
    [575, 1, 16_000, undefined],
    [1, 2, 16_000, undefined],
  ])(
    '%d samples of %d channels at %d Hz are all read, in their place',
    async (count, channels, rate, title) => {
      const { samples, output, read, sampleCount } = await written(count, channels, rate, title);
      expect([sampleCount, read.length / channels]).toEqual([count, count]);
      if (count > 10_000) expect(lateness(samples, read, channels)).toBe(0);
      // Fewer than a decoder adds itself are too few for ffmpeg.
      if (!HAS_FFMPEG || count < 529) return;
      const other = samplesFrom('ffmpeg', '-v', 'error', '-i', output, '-f', 's16le', '-');
      expect(other.length / channels).toBe(count);
      if (count > 10_000) expect(lateness(samples, other, channels)).toBe(0);
    },
  );

  it('a file that was cut off, or written to a stream, is read to its end', async () => {
    const { output } = await written(40_000, 1, 16_000);
    const bytes = await readFile(output);
    const first = bytes.readUInt32BE(0);
    const unfinished = join(folder, 'unfinished.mp3');
    const begun = infoFrame(bytes.readUInt32BE(mp3Frame(first)?.bytes ?? 0));
    await writeFile(unfinished, Buffer.concat([begun, bytes.subarray(begun.length)]));
    await truncate(unfinished, 5000);
    await using file = await openAudio(unfinished);
    const read = await collectSamples(file.samples());
    expect(read.length).toBeGreaterThan(5000);
    expect(read.length).toBeLessThan(11_000);

    const target = new PassThrough();
    const whole = buffer(target);
    const input = { source: stream([sweep(9000, 1, 16_000)]), format: { sampleRate: 16_000, channels: 1 } };
    await transcode({ input, output: target, format: 'mp3' });
    expect(readInfoFrame(await whole)).toBeUndefined();
  });
});

it('a written header is read back, for every kind of frame', () => {
  const frames = fc
    .tuple(fc.constantFrom(0, 2, 3), fc.nat(2), fc.nat(3), fc.nat(1))
    .map(([version, rate, mode, check]) =>
      Number(
        (0x7ffn << 21n) |
          BigInt((version << 19) | (1 << 17) | (check << 16) | (5 << 12) | (rate << 10) | (mode << 6)),
      ),
    );
  const twelve = fc.nat(4095);
  fc.assert(
    fc.property(frames, fc.nat(1e9), twelve, twelve, (like, count, delay, padding) => {
      const length = { frames: count, delay, padding };
      const bytes = infoFrame(like, { ...length, soundBytes: 1000 });
      expect(readInfoFrame(bytes)).toEqual(length);
      expect(infoFrame(like)).toHaveLength(bytes.length);
      expect(readInfoFrame(infoFrame(like))).toBeUndefined();
      expect(mp3Frame(Buffer.from(bytes).readUInt32BE())?.sampleRate).toBe(mp3Frame(like)?.sampleRate);
    }),
  );
});

it('any content of a file is read, or not taken for an information frame', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      readInfoFrame(bytes);
      readInfoFrame(Uint8Array.of(0xff, 0xfb, 0x90, 0x44, ...bytes));
    }),
  );
});
