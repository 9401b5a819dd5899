import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectSamples, WavWriter } from '../../../src/index.js';
import { EncoderSlots } from '../../../src/recording/file/encoder-slots.js';
import { LiveOutput } from '../../../src/recording/file/live-output.js';
import { decodeWithFfmpeg } from '../../../src/voice.js';

const format = { sampleRate: 16_000, channels: 2 };
const call = { id: 1, partner: 'ann', type: 'OUTGOING_P2P', status: 'INPROGRESS', duration: 0, states: [] };
const facts = { id: 'a-recording', startedAt: '2026-01-01T00:00:00.000Z', call };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-live-'));
  file = join(folder, 'call.wav');
});
afterEach(() => rm(folder, { recursive: true }));

const noise = (samples: number) =>
  Int16Array.from({ length: samples * 2 }, (_, i) => ((i * 7919) % 20_011) - 10_000);

async function decoded(path: string): Promise<Buffer> {
  return Buffer.from((await collectSamples(decodeWithFfmpeg(path, { format }).source)).buffer);
}

it('a live output has every sample that it was given, although the caller reuses its arrays', async () => {
  const output = new LiveOutput(file, 'flac', facts);
  const samples = noise(50_000);
  const array = new Int16Array(10_000);
  for (let at = 0; at < samples.length; at += array.length) {
    array.set(samples.subarray(at, at + array.length));
    output.push(array);
  }
  array.fill(1);
  await output.finish(file);
  expect((await decoded(output.path)).equals(Buffer.from(samples.buffer))).toBe(true);
});

it('a live output is made from the WAV when its encoder falls behind', async () => {
  const samples = noise(16_000 * 31);
  const wav = await WavWriter.create(file, { format });
  await wav.write(samples);
  await wav.close();
  const output = new LiveOutput(file, 'flac', facts);
  // More than it keeps, before the encoder has had a turn.
  for (let second = 0; second < 31; second++)
    output.push(samples.subarray(second * 32_000, (second + 1) * 32_000));
  await output.finish(file);
  expect((await decoded(output.path)).equals(Buffer.from(samples.buffer))).toBe(true);
});

it('a live output is made from the WAV when its encoder fails, and reports when that fails, too', async () => {
  const output = new LiveOutput(join(folder, 'nowhere', 'call.wav'), 'opus', facts);
  for (let second = 0; second < 3; second++) output.push(noise(16_000));
  await expect(output.finish(file)).rejects.toMatchObject({ code: 'ERR_FILE' });
});

it('a live output leaves no file when it is not wanted', async () => {
  const output = new LiveOutput(file, 'mp3', facts);
  output.push(noise(16_000));
  await output.discard();
  expect([existsSync(output.path), existsSync(`${output.path}.part`)]).toEqual([false, false]);
});

it('a live output waits for the end of the call when no encoder is free', async () => {
  const samples = noise(16_000);
  const wav = await WavWriter.create(file, { format });
  await wav.write(samples);
  await wav.close();
  const slots = new EncoderSlots(1);
  const outputs = (['flac', 'mp3', 'opus'] as const).map((kind) => new LiveOutput(file, kind, facts, slots));
  for (const output of outputs) output.push(samples);
  expect(slots.tryTake()).toBe(false);
  await Promise.all(outputs.map((output) => output.finish(file)));
  const [flac] = outputs;
  expect((await decoded(flac?.path ?? '')).equals(Buffer.from(samples.buffer))).toBe(true);
  expect(outputs.map(({ path }) => existsSync(path))).toEqual([true, true, true]);
  expect(slots.tryTake()).toBe(true);
  expect(() => new EncoderSlots(0)).toThrow('maxEncoders');
});
