import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WavReader } from '../../../src/voice/wav/wav-reader.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { expectSamples, HAS_SOX, noise, pieces, readWav, samplesFrom, testFolder } from '../fixtures.js';

const folder = testFolder();

describe('WavWriter', () => {
  it('refuses a file that is being read, and leaves it whole', async () => {
    const path = join(folder, 'prompt.wav');
    await using made = await WavWriter.create(path);
    await made.write(noise(16_000));
    await made.end();
    const reader = await WavReader.open(path);
    const reading = reader.samples({ chunkSamples: 1000 });
    await reading.next();
    await expect(WavWriter.create(path)).rejects.toThrow(/Cannot create .*prompt\.wav: It is being read/);
    let count = 1000;
    for await (const samples of reading) count += samples.length;
    expect(count).toBe(16_000);
    await reader.close();
    await (await WavWriter.create(path)).end();
  });

  it('writes its input, in pieces of any size', async () => {
    const path = join(folder, 'pieces.wav');
    const samples = noise(50_001);
    await using wav = await WavWriter.create(path);
    for (const part of pieces(samples)) await wav.write(part);
    expect(wav.sampleCount).toBe(50_001);
    await wav.end();
    expectSamples(await readWav(path), samples);
  });

  it.each(['async', 'sync'] as const)('is valid on disk at every flush with %s writes', async (io) => {
    const path = join(folder, `killed-${io}.wav`);
    const samples = noise(16_000 * 3);
    const wav = await WavWriter.create(path, { io });
    for (let at = 0; at < samples.length; at += 320) {
      await wav.write(samples.subarray(at, at + 320));
      if (at % 3200 !== 0) continue;
      // What a kill at this moment would leave behind.
      const left = join(folder, `left-${io}.wav`);
      await copyFile(path, left);
      await using reader = await WavReader.open(left);
      expect(reader.state).toBe('ok');
      expect(reader.sampleCount).toBeGreaterThan(wav.sampleCount - 4000 - 1);
      expectSamples(await readWav(left), samples.subarray(0, reader.sampleCount));
    }
    await wav.end();
  });

  it('turns a gap before a position into silence of exactly that length', async () => {
    const path = join(folder, 'gap.wav');
    await using wav = await WavWriter.create(path, { format: { sampleRate: 8000, channels: 2 } });
    await wav.write(Int16Array.of(1, 2, 3, 4));
    await wav.write(Int16Array.of(5, 6), 300_000);
    await wav.end();
    const expected = new Int16Array(600_002);
    expected.set([1, 2, 3, 4]);
    expected.set([5, 6], 600_000);
    expectSamples(await readWav(path), expected);
  });

  it('refuses to go back, half frames and writes after the end', async () => {
    const wav = await WavWriter.create(join(folder, 'strict.wav'), {
      format: { sampleRate: 8000, channels: 2 },
    });
    await wav.write(new Int16Array(20));
    await expect(wav.write(new Int16Array(2), 9)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await expect(wav.write(new Int16Array(3))).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await wav.end();
    await wav.end();
    await expect(wav.write(new Int16Array(2))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('reports the path and the reason when the file cannot be created', async () => {
    const path = join(folder, 'no', 'such', 'folder.wav');
    await expect(WavWriter.create(path)).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringContaining(`${path}: The file, or the folder for it, does not exist`),
    });
    await expect(WavWriter.create(folder)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('reports a full disk at that write and at each later one', async () => {
    const wav = await WavWriter.create('/dev/full').catch((error) => error);
    expect(wav).toMatchObject({ code: 'ERR_FILE', message: expect.stringContaining('The disk is full') });
  });

  it.each(['never', 'end', 'flush'] as const)('writes the same with fsync %s', async (fsync) => {
    const path = join(folder, `fsync-${fsync}.wav`);
    const samples = noise(12_345);
    const wav = await WavWriter.create(path, { fsync });
    for (const part of pieces(samples)) await wav.write(part);
    await wav.end();
    expectSamples(await readWav(path), samples);
  });

  it('refuses options out of range', async () => {
    for (const options of [
      { flushMs: 10 },
      { flushMs: 501 },
      { encoding: 'f64' },
      { io: 'fast' },
      { fsync: 'x' },
    ]) {
      const created = WavWriter.create(join(folder, 'never.wav'), options as never);
      await expect(created).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    }
  });

  it('refuses to replace a file when asked to', async () => {
    const path = join(folder, 'kept.wav');
    await (await WavWriter.create(path)).end();
    await expect(WavWriter.create(path, { existing: 'refuse' })).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('reads back the metadata that it wrote', async () => {
    const path = join(folder, 'metadata.wav');
    const metadata = {
      info: { title: 'Call with Zoë', software: 'jackfield' },
      bext: { description: 'both legs', originator: 'jackfield', timeReference: 5_000_000_000 },
    };
    await (await WavWriter.create(path, { metadata })).end();
    await using reader = await WavReader.open(path);
    expect(reader.metadata).toEqual(metadata);
  });

  it('refuses metadata that does not fit', async () => {
    const path = join(folder, 'refused.wav');
    const bext = { originator: 'x'.repeat(33) };
    await expect(WavWriter.create(path, { metadata: { bext } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
      message: expect.stringContaining('metadata.bext.originator'),
    });
  });

  it.skipIf(!HAS_SOX).each(['u8', 's16', 's24', 's32', 'f32', 'alaw', 'mulaw'] as const)(
    'writes %s that sox reads (needs sox)',
    async (encoding) => {
      const path = join(folder, `${encoding}.wav`);
      const format = { sampleRate: 11_025, channels: 1 };
      const samples = noise(1001);
      const wav = await WavWriter.create(path, { format, encoding });
      await wav.write(samples);
      await wav.end();
      const read = samplesFrom('sox', '-D', path, '-t', 'raw', '-e', 'signed', '-b', '16', '-');
      expectSamples(read, await readWav(path));
      if (['s16', 's24', 's32', 'f32'].includes(encoding)) expectSamples(read, samples);
      expect((await readFile(path)).length % 2).toBe(0);
    },
  );
});
