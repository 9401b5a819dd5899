import { existsSync, readdirSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { resample } from '../../../src/voice/resample/resampler.js';
import { collectSamples } from '../../../src/voice/stage.js';
import { decodeWithFfmpeg } from '../../../src/voice/transcode/ffmpeg.js';
import { type TranscodeFormat, transcode } from '../../../src/voice/transcode/transcode.js';
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
  speechFile,
  stream,
  testFolder,
} from '../fixtures.js';

const folder = testFolder();
const input = speechFile('reader-880');
const SAMPLES = 47_840;

/** Similarity of two recordings at their best alignment within 100 ms: 1 for the same, near 0 for unlike ones. */
function likeness(a: Int16Array, b: Int16Array): number {
  let best = 0;
  for (let shift = -1600; shift <= 1600; shift++) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = Math.max(0, -shift); i < Math.min(a.length, b.length - shift); i += 29) {
      const [x, y] = [a[i]!, b[i + shift]!];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    best = Math.max(best, ab / Math.sqrt(aa * bb + 1));
  }
  return best;
}

describe('transcode, with nothing installed', () => {
  it('writes WAV with its tags', async () => {
    const output = join(folder, 'out.wav');
    const tags = { title: 'A title', date: new Date('2026-11-22T10:00:00Z') };
    expect(await transcode({ input, output, tags })).toMatchObject({ format: 'wav', sampleCount: SAMPLES });
    expectSamples(await readWav(output), await readWav(input));
    await using reader = await WavReader.open(output);
    expect(reader.metadata.info).toEqual({ title: 'A title', date: '2026-11-22' });
  });

  it('refuses an output that is its own input, by any name', async () => {
    const [output, link] = [join(folder, 'rescued.wav'), join(folder, 'linked.wav')];
    const bytes = await readFile(input);
    await writeFile(`${output}.part`, bytes);
    await symlink(`${output}.part`, link);
    for (const each of [`${output}.part`, `${folder}/./rescued.wav.part`, link]) {
      await expect(transcode({ input: each, output })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
      expect(await readFile(`${output}.part`)).toEqual(bytes);
    }
  });

  it.skipIf(!HAS_SOX).each([8000, 11_025, 16_000, 48_000])(
    'writes FLAC that sox reads to the same samples, from %d Hz (needs sox)',
    async (sampleRate) => {
      const format = { sampleRate, channels: 2 };
      const samples = noise(20_002);
      const output = join(folder, `out-${sampleRate}.flac`);
      await transcode({ input: { source: stream([samples]), format }, output });
      const read = samplesFrom('sox', '-D', output, '-t', 'raw', '-e', 'signed', '-b', '16', '-');
      // FLAC's encoder has no 11.025 kHz.
      const expected =
        sampleRate === 11_025 ? resample(samples, { from: sampleRate, to: 16_000, channels: 2 }) : samples;
      expectSamples(read, expected);
    },
  );

  it.skipIf(!HAS_FFMPEG).each(['flac', 'mp3', 'opus'] as const)(
    'writes %s with tags that ffprobe reads (needs ffmpeg)',
    async (format) => {
      const output = join(folder, `tagged.${format}`);
      const seen: number[] = [];
      const result = await transcode({
        input,
        output,
        tags: { title: 'Call with Zoë', artist: 'jackfield' },
        onProgress: ({ position, sampleCount }) => {
          expect(sampleCount).toBe(SAMPLES);
          seen.push(position);
        },
      });
      expect(result.bytes).toBeGreaterThan(4000);
      expect(seen.at(-1)).toBe(SAMPLES);
      const probed = run('ffprobe', '-v', 'error', '-show_format', '-show_streams', output).toString();
      expect(probed.toLowerCase()).toContain('tag:title=call with zoë');
      expect(probed).toContain(`codec_name=${format}`);
      const decoded = await collectSamples(decodeWithFfmpeg(output).source);
      expect(Math.abs(decoded.length - SAMPLES)).toBeLessThanOrEqual(1);
      expect(likeness(await readWav(input), decoded)).toBeGreaterThan(format === 'flac' ? 0.9999 : 0.9);
    },
  );

  it.skipIf(!HAS_FFMPEG).each([8000, 12_000, 16_000, 24_000, 48_000])(
    'writes Opus of %d Hz that others decode to its length: no sample of the encoder\u2019s own, none cut (needs ffmpeg)',
    async (sampleRate) => {
      const wav = join(folder, `length-${sampleRate}.wav`);
      const output = join(folder, `length-${sampleRate}.opus`);
      await writeFile(wav, encodeWav(noise(9876), { format: { sampleRate, channels: 1 } }));
      await transcode({ input: wav, output });
      const decoded = samplesFrom('ffmpeg', '-v', 'error', '-i', output, '-f', 's16le', '-');
      expect(decoded.length).toBe((9876 * 48_000) / sampleRate);
    },
  );

  it.skipIf(!HAS_FFMPEG).each([
    ['mp3', 'builtin'],
    ['opus', 'builtin'],
    ['flac', 'ffmpeg'],
    ['m4a', 'ffmpeg'],
  ] as const)('writes %s into a stream with the encoder %s (needs ffmpeg)', async (format, encoder) => {
    const output = new PassThrough();
    const [bytes] = await Promise.all([buffer(output), transcode({ input, output, format, encoder })]);
    const path = join(folder, `streamed.${format}`);
    await writeFile(path, bytes);
    const decoded = await collectSamples(decodeWithFfmpeg(path).source);
    expect(likeness(await readWav(input), decoded)).toBeGreaterThan(0.85);
  });

  it.each(['flac', 'wav'] as const)(
    'refuses to write %s into a stream, because its header is written last',
    async (format) => {
      await expect(transcode({ input, output: new PassThrough(), format })).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
      });
    },
  );

  it('removes its output when it is cancelled', async () => {
    const abort = new AbortController();
    const output = join(folder, 'cancelled.flac');
    const work = transcode({ input, output, signal: abort.signal, onProgress: () => abort.abort() });
    await expect(work).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(readdirSync(folder).filter((name) => name.startsWith('cancelled'))).toEqual([]);
  });

  it('removes its output when the input fails', async () => {
    async function* failing() {
      yield new Int16Array(1000);
      throw new Error('the line went dead');
    }
    const output = join(folder, 'failed.flac');
    const format = { sampleRate: 16_000, channels: 1 };
    await expect(transcode({ input: { source: failing(), format }, output })).rejects.toThrow('went dead');
    expect(existsSync(output) || existsSync(`${output}.part`)).toBe(false);
  });

  it('reports errors of paths and formats', async () => {
    const invalid = { code: 'ERR_INVALID_ARG' };
    await expect(transcode({ input, output: join(folder, 'x.xyz') })).rejects.toMatchObject(invalid);
    await expect(
      transcode({ input, output: join(folder, 'x.m4a'), encoder: 'builtin' }),
    ).rejects.toMatchObject(invalid);
    await expect(transcode({ input, output: join(folder, 'no', 'x.flac') })).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
    await expect(transcode({ input: join(folder, 'none.wav'), output: 'x.flac' })).rejects.toMatchObject({
      code: 'ERR_FILE',
    });
  });

  it('names the package to install when ffmpeg is missing', async () => {
    const output = join(folder, 'x.m4a');
    await expect(transcode({ input, output, ffmpeg: '/nowhere/ffmpeg' })).rejects.toMatchObject({
      code: 'ERR_TOOL',
      message: expect.stringContaining('apt-get install ffmpeg'),
    });
  });
});

describe.skipIf(!HAS_FFMPEG)("transcode with the system's ffmpeg (needs ffmpeg)", () => {
  it.each(['wav', 'flac', 'mp3', 'opus', 'm4a', 'aac', 'g722'] as TranscodeFormat[])(
    'writes %s',
    async (format) => {
      const output = join(folder, `with-ffmpeg.${format}`);
      await transcode({ input, output, encoder: 'ffmpeg', tags: { title: 'x; $(touch pwned)' } });
      const decoded = await collectSamples(decodeWithFfmpeg(output).source);
      expect(likeness(await readWav(input), decoded)).toBeGreaterThan(0.85);
    },
  );

  it('passes on the message of the tool when it fails', async () => {
    const path = join(folder, 'garbage.mp3');
    await writeFile(path, 'this is no audio');
    await expect(collectSamples(decodeWithFfmpeg(path).source)).rejects.toMatchObject({
      code: 'ERR_TOOL',
      message: expect.stringMatching(/ffmpeg failed \(exit code \d+\): .*garbage\.mp3/s),
    });
    const format = { sampleRate: 16_000, channels: 1 };
    const endless = (async function* () {
      for (let i = 0; i < 1000; i++) yield new Int16Array(16_000);
    })();
    const output = join(folder, 'no-such-folder', 'x.m4a');
    // The file is made for its owner alone before the tool begins.
    await expect(transcode({ input: { source: endless, format }, output })).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringContaining(output),
    });
  });

  it('passes on the message of the tool when it cannot write its input', async () => {
    const format = { sampleRate: 16_000, channels: 1 };
    const source = (async function* () {
      yield new Int16Array(16_000);
    })();
    const output = join(folder, 'too-fast.opus');
    const wanted = { input: { source, format }, output, encoder: 'ffmpeg', bitrate: 2_000_000 } as const;
    await expect(transcode(wanted)).rejects.toMatchObject({
      code: 'ERR_TOOL',
      message: expect.stringMatching(/ffmpeg failed \(exit code \d+\): ./s),
    });
    expect(existsSync(output)).toBe(false);
  });

  it('stops ffmpeg when reading stops early and when the signal fires', async () => {
    const path = join(folder, 'long.wav');
    await writeFile(path, encodeWav(new Int16Array(3_000_000)));
    for await (const _ of decodeWithFfmpeg(path).source) break;
    const abort = new AbortController();
    const reading = async () => {
      for await (const _ of decodeWithFfmpeg(path, { signal: abort.signal }).source) abort.abort();
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});
