import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { collectSamples, encodeWav, openAudio, transcode } from '../../src/voice.js';
import { HAS_FFMPEG, readWav, speechFile, testFolder } from './fixtures.js';

const folder = testFolder();
const at = (name: string) => join(folder, name);

async function readAll(path: string, part = {}) {
  await using file = await openAudio(path);
  const { encoding, format, sampleCount } = file;
  return { encoding, format, sampleCount, samples: await collectSamples(file.samples(part)) };
}

/** Noise that no predictor foretells, a constant, and speech: every way in which FLAC codes a channel. */
function stereo(speech: Int16Array): Int16Array {
  let seed = 1;
  const noise = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return (seed >> 8) % 20_000;
  };
  return Int16Array.from({ length: speech.length * 2 }, (_, index) => {
    const sample = speech[index >> 1] ?? 0;
    if (index < 20_000) return index % 2 === 0 ? 321 : noise();
    if (index < 60_000) return sample + (index % 2) * 50;
    return index % 2 === 0 ? sample : -sample;
  });
}

/** Loudest difference, in dB below the signal. */
function errorDb(a: Int16Array, b: Int16Array): number {
  let [signal, error] = [0, 0];
  for (const [index, sample] of a.entries()) {
    signal += sample ** 2;
    error += (sample - (b[index] ?? 0)) ** 2;
  }
  return 10 * Math.log10(error / signal);
}

let speech: Int16Array;
beforeAll(async () => {
  speech = await readWav(speechFile('numbers'));
});

describe('openAudio', () => {
  it('reads WAV as it is', async () => {
    expect(await readAll(speechFile('numbers'))).toMatchObject({ encoding: 's16', samples: speech });
  });

  it.each([
    [1, 16_000],
    [2, 48_000],
  ])('reads FLAC of %d channels to the sample', async (channels, sampleRate) => {
    const samples = channels === 1 ? speech : stereo(speech);
    const format = { sampleRate, channels };
    await writeFile(at('in.wav'), encodeWav(samples, { format }));
    await transcode({ input: at('in.wav'), output: at('sound.flac') });
    const read = await readAll(at('sound.flac'));
    expect(read).toMatchObject({ encoding: 'flac', format, sampleCount: samples.length / channels });
    expect(Buffer.compare(Buffer.from(read.samples.buffer), Buffer.from(samples.slice().buffer))).toBe(0);
    const part = await readAll(at('sound.flac'), { start: 5000, end: 9000 });
    expect(part.samples).toEqual(samples.slice(5000 * channels, 9000 * channels));
  });

  it.skipIf(!HAS_FFMPEG).each([
    ['s16', 8],
    ['s16', 12],
    ['s32', 5],
  ])('reads FLAC that ffmpeg wrote: %s at level %d (needs ffmpeg)', async (kind, level) => {
    const options = ['-sample_fmt', kind, '-compression_level', `${level}`, '-ar', '44100', '-ac', '2'];
    spawnSync('ffmpeg', ['-y', '-i', speechFile('numbers'), ...options, at('other.flac')]);
    spawnSync('ffmpeg', ['-y', '-i', at('other.flac'), '-f', 's16le', at('other.raw')]);
    const wanted = await readFile(at('other.raw'));
    const { samples, format } = await readAll(at('other.flac'));
    expect(format).toEqual({ sampleRate: 44_100, channels: 2 });
    expect(samples.length).toBe(wanted.length / 2);
    let most = 0;
    for (const [index, sample] of samples.entries()) {
      most = Math.max(most, Math.abs(sample - wanted.readInt16LE(index * 2)));
    }
    // ffmpeg may round what has more than 16 bits.
    expect(most).toBeLessThanOrEqual(kind === 's16' ? 0 : 1);
  });

  it.each([
    ['mp3', 16_000],
    ['opus', 16_000],
    ['opus', 8000],
  ] as const)('reads %s at %d Hz', async (encoding, sampleRate) => {
    await writeFile(at('in.wav'), encodeWav(speech, { format: { sampleRate, channels: 1 } }));
    await transcode({ input: at('in.wav'), output: at(`sound.${encoding}`) });
    const read = await readAll(at(`sound.${encoding}`));
    expect(read).toMatchObject({ encoding, format: { sampleRate, channels: 1 } });
    expect(read.samples.length).toBe(read.sampleCount);
    if (encoding === 'opus') {
      expect(read.sampleCount).toBe(speech.length);
      expect(errorDb(speech, read.samples)).toBeLessThan(-3);
    } else {
      // The delay of the encoder and the decoder, and a last frame that is full.
      expect(read.sampleCount - speech.length).toBeGreaterThanOrEqual(0);
      expect(read.sampleCount - speech.length).toBeLessThan(4 * 1152);
    }
  });

  it('goes by the content, not by the name', async () => {
    await transcode({ input: speechFile('numbers'), output: at('named.flac') });
    await writeFile(at('named.wav'), await readFile(at('named.flac')));
    expect(await readAll(at('named.wav'))).toMatchObject({ encoding: 'flac', samples: speech });
  });

  it('refuses other formats, and reports damage', async () => {
    for (const begun of ['', 'x', 'RIFF', 'ID3', 'OggS', 'fLaC']) {
      await writeFile(at('begun'), begun);
      await expect(openAudio(at('begun'))).rejects.toMatchObject({ code: 'ERR_WAV' });
    }
    await writeFile(at('text.mp3'), 'This is a text, and no sound.');
    await expect(openAudio(at('text.mp3'))).rejects.toMatchObject({ code: 'ERR_WAV' });
    await expect(openAudio(at('none.flac'))).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(openAudio(folder)).rejects.toMatchObject({ code: 'ERR_FILE' });
    const flac = await readFile(at('named.flac'));
    for (let from = 100; from < flac.length; from += 7919) flac.fill(0xff, from, from + 3);
    await writeFile(at('damaged.flac'), flac);
    await expect(readAll(at('damaged.flac'))).rejects.toMatchObject({ code: 'ERR_ENCODER' });
    await writeFile(at('cut.opus'), (await readFile(at('sound.opus'))).subarray(0, 3000));
    const cut = await readAll(at('cut.opus')).catch((error: unknown) => error);
    if (cut instanceof Error) expect(cut).toMatchObject({ code: 'ERR_ENCODER' });
  });
});
