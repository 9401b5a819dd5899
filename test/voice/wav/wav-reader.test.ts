import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { collectSamples } from '../../../src/voice/stage.js';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { WavReader } from '../../../src/voice/wav/wav-reader.js';
import {
  expectSamples,
  HAS_FFMPEG,
  HAS_SOX,
  noise,
  readWav,
  run,
  samplesFrom,
  samplesOf,
  speechFile,
  testFolder,
} from '../fixtures.js';

const folder = testFolder();

/** What ffmpeg can write, in one channel and several. */
const FFMPEG_FILES = (
  [
    ['pcm_u8', 'u8'],
    ['pcm_s16le', 's16'],
    ['pcm_s24le', 's24'],
    ['pcm_s32le', 's32'],
    ['pcm_f32le', 'f32'],
    ['pcm_f64le', 'f64'],
    ['pcm_alaw', 'alaw'],
    ['pcm_mulaw', 'mulaw'],
    ['adpcm_ima_wav', 'ima-adpcm'],
  ] as const
).flatMap(([codec, encoding]) =>
  (encoding === 'ima-adpcm' ? [1, 2] : [1, 2, 6]).map((channels) => ({ codec, encoding, channels })),
);

describe('WavReader', () => {
  it('reads any part of a file', async () => {
    const samples = noise(30_000);
    const path = join(folder, 'parts.wav');
    await writeFile(path, encodeWav(samples, { format: { sampleRate: 8000, channels: 2 } }));
    await using reader = await WavReader.open(path);
    expect(reader.sampleCount).toBe(15_000);
    for (const [start, end, chunkSamples] of [
      [0, 15_000, 32_768],
      [1, 14_999, 7],
      [777, 778, 1],
      [5, 5, 100],
    ] as const) {
      const part = await collectSamples(reader.samples({ start, end, chunkSamples }));
      expectSamples(part, samples.subarray(start * 2, end * 2));
    }
  });

  it('gives the same samples in reused memory when configured', async () => {
    await using reader = await WavReader.open(speechFile('numbers'));
    const whole = await collectSamples(reader);
    const seen = new Set<ArrayBufferLike>();
    let at = 777;
    for await (const samples of reader.samples({ start: at, chunkSamples: 1000, reuse: true })) {
      expectSamples(samples, whole.subarray(at, at + samples.length));
      at += samples.length;
      seen.add(samples.buffer);
    }
    expect(at).toBe(whole.length);
    expect(seen.size).toBe(3);
  });

  it('refuses ranges outside the file and reading after close', async () => {
    const reader = await WavReader.open(speechFile('numbers'));
    const invalid = { code: 'ERR_INVALID_ARG' };
    await expect(collectSamples(reader.samples({ start: 9, end: 8 }))).rejects.toMatchObject(invalid);
    await expect(collectSamples(reader.samples({ end: 64_372 }))).rejects.toMatchObject(invalid);
    await expect(collectSamples(reader.samples({ chunkSamples: 0 }))).rejects.toMatchObject(invalid);
    await reader.close();
    await reader.close();
    await expect(collectSamples(reader)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('reports why a file cannot be read', async () => {
    const path = join(folder, 'bad.wav');
    const good = encodeWav(noise(100));
    const cases: [string, Uint8Array][] = [
      ['not-wav', new Uint8Array()],
      ['not-wav', new TextEncoder().encode('ID3 this is some other file')],
      ['no-data', good.subarray(0, 30)],
      ['no-format', withText(good, 48, 'xxx ')],
      ['bad-format', withUint16(good, 58, 0)],
      ['unsupported-encoding', withUint16(good, 56, 0x31)],
    ];
    for (const [reason, bytes] of cases) {
      await writeFile(path, bytes);
      await expect(WavReader.open(path), reason).rejects.toMatchObject({
        code: 'ERR_WAV',
        reason,
        message: expect.stringContaining(path),
      });
    }
    await writeFile(path, '');
    await expect(WavReader.open(path)).rejects.toThrow(/It is empty\./);
    await writeFile(path, 'ID3 "this" is another');
    await expect(WavReader.open(path)).rejects.toThrow(/It begins with "ID3 \\"this\\" i"\./);
    await expect(WavReader.open(join(folder, 'none.wav'))).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(WavReader.open(folder)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('reads a truncated file as far as it goes', async () => {
    const samples = noise(1000);
    const path = join(folder, 'truncated.wav');
    const bytes = encodeWav(samples);
    await writeFile(path, bytes);
    await truncate(path, bytes.length - 1001);
    await using reader = await WavReader.open(path);
    expect(reader.state).toBe('truncated');
    expectSamples(await collectSamples(reader), samples.subarray(0, 499));
  });

  it('finds the samples behind chunks of odd length and before others', async () => {
    const path = join(folder, 'chunks.wav');
    const samples = noise(10);
    const plain = encodeWav(samples);
    const odd = Uint8Array.of(...[...'note'].map((c) => c.charCodeAt(0)), 3, 0, 0, 0, 1, 2, 3, 0);
    const after = Uint8Array.of(...[...'cue '].map((c) => c.charCodeAt(0)), 2, 0, 0, 0, 9, 9);
    const bytes = Uint8Array.from([...plain.subarray(0, 12), ...odd, ...plain.subarray(12), ...after]);
    new DataView(bytes.buffer).setUint32(4, bytes.length - 8, true);
    await writeFile(path, bytes);
    expectSamples(await readWav(path), samples);
    await using reader = await WavReader.open(path);
    expect(reader.state).toBe('ok');
  });

  describe.skipIf(!HAS_FFMPEG)('reads to the same samples as ffmpeg (needs ffmpeg)', () => {
    const files = FFMPEG_FILES.map((file) => ({
      ...file,
      path: join(folder, `${file.codec}-${file.channels}.wav`),
    }));
    // One ffmpeg writes them all, and one reads them: each takes longer to begin than to do that.
    beforeAll(() => {
      const written = files.flatMap(({ codec, channels, path }) => [
        ...['-ac', String(channels), '-ar', '22050', '-c:a', codec, path],
      ]);
      run('ffmpeg', '-loglevel', 'error', '-y', '-i', speechFile('numbers'), ...written);
      const read = files.flatMap(({ path }) => ['-i', path]);
      const decoded = files.flatMap(({ path }, i) => ['-map', `${i}:a`, '-f', 's16le', `${path}.raw`]);
      run('ffmpeg', '-loglevel', 'error', '-y', ...read, ...decoded);
    });

    it.each(files)('$codec with $channels channels', async ({ encoding, channels, path }) => {
      await using reader = await WavReader.open(path);
      expect(reader).toMatchObject({ encoding, state: 'ok', format: { sampleRate: 22_050, channels } });
      const decoded = samplesOf(await readFile(`${path}.raw`));
      const ours = await collectSamples(reader);
      expect(ours.length).toBe(decoded.length);
      // ffmpeg truncates wide integers where we round, rounds halves of floats to even, and multiplies where
      // the IMA's text shifts: sox, below, agrees with the text.
      const tolerance = { s24: 1, s32: 1, f32: 1, f64: 1, 'ima-adpcm': 128 } as Record<string, number>;
      const worst = ours.reduce((most, sample, i) => Math.max(most, Math.abs(sample - decoded[i]!)), 0);
      expect(worst).toBeLessThanOrEqual(tolerance[encoding] ?? 0);
    });
  });

  it.skipIf(!HAS_FFMPEG)('reads RF64 and the output of ffmpeg into a pipe (needs ffmpeg)', async () => {
    const samples = await readWav(speechFile('numbers'));
    const rf64 = join(folder, 'rf64.wav');
    run('ffmpeg', '-loglevel', 'error', '-y', '-i', speechFile('numbers'), '-rf64', 'always', rf64);
    await using reader = await WavReader.open(rf64);
    expect(reader.layout.container).toBe('RF64');
    expectSamples(await collectSamples(reader), samples);

    const piped = join(folder, 'piped.wav');
    await writeFile(
      piped,
      run('ffmpeg', '-loglevel', 'error', '-i', speechFile('numbers'), '-f', 'wav', '-'),
    );
    await using unfinished = await WavReader.open(piped);
    expect(unfinished.state).toBe('unfinished');
    expectSamples(await collectSamples(unfinished), samples);
  });

  it.skipIf(!HAS_SOX).each([
    ['-b', '24'],
    ['-b', '32', '-e', 'floating-point'],
    ['-e', 'ima-adpcm'],
    ['-b', '8', '-e', 'unsigned'],
  ])("reads sox's %s %s to the same samples as sox (needs sox)", async (...encoding) => {
    const path = join(folder, `sox-${encoding.join('')}.wav`);
    run('sox', '-D', speechFile('goforward'), ...encoding, path);
    const expected = samplesFrom('sox', '-D', path, '-t', 'raw', '-e', 'signed', '-b', '16', '-');
    // sox plays the padding of the last ADPCM block; we stop where the file's fact chunk says.
    expectSamples(await readWav(path), expected.subarray(0, 44_580));
  });
});

function withText(bytes: Uint8Array, at: number, text: string): Uint8Array {
  const changed = bytes.slice();
  changed.set(new TextEncoder().encode(text), at);
  return changed;
}

function withUint16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  new DataView(changed.buffer).setUint16(at, value, true);
  return changed;
}
