import { existsSync } from 'node:fs';
import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toneSamples, WavReader } from '../../../src/index.js';
import { concatSamples, encodeWav } from '../../../src/voice.js';
import {
  expectSamples,
  HAS_FFMPEG,
  readWav,
  run,
  SPEECH_FILES,
  speechFile,
  testFolder,
} from '../../voice/fixtures.js';
import { CommandHost, type Ended } from '../command-host.js';

const folder = testFolder();
const host = new CommandHost();
afterAll(() => host[Symbol.dispose]());

const jackfield = (...args: string[]): Promise<Ended> => host.run(['wav', ...args]);

/** Runs a command that has to succeed. */
async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await jackfield(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('jackfield wav', () => {
  it('info describes the content of a file', async () => {
    const text = await ok('info', speechFile('numbers'));
    expect(text).toContain('64371 per channel, 4.023 s');
    expect(text).toContain('16000 Hz, 1 channel, s16 (16 bits)');
    const [line] = (await ok('info', '--json', speechFile('numbers'), speechFile('goforward'))).split('\n');
    expect(JSON.parse(line!)).toMatchObject({ sampleCount: 64_371, state: 'ok', clippedRuns: 0 });
  });

  it('repair completes the file of a killed writer', async () => {
    const path = join(folder, 'killed.wav');
    await copyFile(speechFile('numbers'), path);
    await appendFile(path, new Uint8Array(2000));
    expect(await ok('info', path)).toContain('holds more than its header says');
    const killed = await readFile(path);
    expect(await ok('repair', path)).toContain(`longer; samples 64371 -> 65371; the original is ${path}.bak`);
    expect(await readFile(`${path}.bak`)).toEqual(killed);
    expect(await ok('repair', path)).toContain('was whole');
  });

  it('says of each file that it is cut off', async () => {
    const path = join(folder, 'cut.wav');
    await writeFile(path, (await readFile(speechFile('numbers'))).subarray(0, 60_000));
    const output = (name: string) => join(folder, `cut-${name}`);
    const commands = [
      ['trim', path, output('trim.wav')],
      ['convert', path, output('convert.wav')],
      ['mix', speechFile('numbers'), path, '-o', output('mix.wav')],
      ['draw', path, '-o', output('draw.svg')],
    ];
    for (const command of commands) {
      const { code, stderr } = await jackfield(...command, '--force');
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `${path}: The file is cut off: its header gives more samples than it holds.\n`,
      });
    }
  });

  it('info reports oddities in words', async () => {
    const path = join(folder, 'tagged.wav');
    await copyFile(speechFile('numbers'), path);
    await appendFile(path, Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)]));
    expect(await ok('info', path)).toMatch(
      /whole\n {2}warning +An ID3v1 tag of 128 bytes stands after the audio/,
    );
    expect(await ok('repair', path)).toContain('was whole');
  });

  it('trim cuts parts and silence', async () => {
    const tone = toneSamples({ frequency: 400, durationMs: 500, fadeMs: 0 });
    const path = join(folder, 'padded.wav');
    await writeFile(path, encodeWav(concatSamples([new Int16Array(16_000), tone, new Int16Array(16_000)])));
    const output = join(folder, 'trimmed.wav');
    await ok('trim', path, output, '--silence', '--margin', '0');
    expectSamples(await readWav(output), tone);
    const again = ['trim', path, output, '--start', '1.25', '--end', '1.5'];
    expect(await jackfield(...again)).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') });
    expectSamples(await readWav(output), tone);
    await ok(...again, '--force');
    expectSamples(await readWav(output), tone.subarray(4000));
    await ok('trim', output, output, '--end', '0.1', '--force');
    expect((await readWav(output)).length).toBe(1600);
  });

  it('mix sums files, with gains', async () => {
    const output = join(folder, 'mix.wav');
    await ok(
      'mix',
      speechFile('numbers'),
      speechFile('numbers'),
      '-o',
      output,
      '--gain',
      '-6.0206',
      '-6.0206',
    );
    const mixed = await readWav(output);
    const original = await readWav(speechFile('numbers'));
    expect(mixed.every((sample, i) => Math.abs(sample - original[i]!) <= 1)).toBe(true);
    await ok('mix', ...SPEECH_FILES, '-o', output, '--force', '--rate', '8000', '--channels', '2');
    await using reader = await WavReader.open(output);
    expect(reader).toMatchObject({ format: { sampleRate: 8000, channels: 2 }, sampleCount: 56_800 });
  });

  it('convert changes rate, channels, encoding and format', async () => {
    const output = join(folder, 'converted.wav');
    const wanted = ['--rate', '8000', '--channels', '2', '--encoding', 'alaw', '--title', 'A title'];
    await ok('convert', speechFile('numbers'), output, ...wanted);
    await using reader = await WavReader.open(output);
    expect(reader).toMatchObject({
      encoding: 'alaw',
      format: { sampleRate: 8000, channels: 2 },
      sampleCount: 32_186,
    });
    expect(reader.metadata.info?.title).toBe('A title');
    await ok('convert', speechFile('numbers'), join(folder, 'converted.flac'));
    expect((await readFile(join(folder, 'converted.flac'))).toString('latin1', 0, 4)).toBe('fLaC');
  });

  it.skipIf(!HAS_FFMPEG)(
    'convert --ffmpeg reads and writes the formats of ffmpeg (needs ffmpeg)',
    async () => {
      const output = join(folder, 'converted.m4a');
      await ok('convert', '--ffmpeg', speechFile('numbers'), output, '--rate', '32000');
      expect(run('ffprobe', '-v', 'error', '-show_streams', output).toString()).toContain('codec_name=aac');
    },
  );

  it('draw writes pictures', async () => {
    const output = join(folder, 'legs.svg');
    const legs = [speechFile('numbers'), speechFile('goforward')];
    await ok('draw', ...legs, '-o', output, '--label', 'Remote', 'Local');
    expect(await readFile(output, 'utf8')).toMatch(/Remote[\s\S]*Local/);
    await ok('draw', speechFile('numbers'), '-o', join(folder, 'spectrum.png'), '--spectrogram');
    expect(existsSync(join(folder, 'spectrum.png'))).toBe(true);
  });

  it('reports errors with the name of the file, and leaves no output', async () => {
    const missing = await jackfield('info', join(folder, 'none.wav'));
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('none.wav');
    const output = join(folder, 'wrong.flac');
    const file = speechFile('numbers');
    for (const [args, said] of [
      [['trim', file, output, '--start', '3', '--end', '2'], '--end must be above 3 seconds'],
      [['trim', file, output, '--start', '700'], '--start must be at least 0 and below 4.0'],
      [['trim', file, output, '--start', '-1'], 'Give a number from 0 to'],
      [['mix', file, '-o', output, '--gain', '1', '2'], '--gain must be at most 1 gains'],
      [['convert', file, output, '--bitrate', '-4'], 'Give a whole number from 1 to 10000000'],
      [['convert', file, output, '--rate', '5'], 'Give a whole number from 8000 to 192000'],
    ] as const) {
      expect(await jackfield(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(said) });
      expect(existsSync(output) || existsSync(`${output}.part`)).toBe(false);
    }
    expect((await jackfield('trim', 'a.wav', 'b.wav', '--start', 'x')).stderr).toContain('Give a number');
  });
});
