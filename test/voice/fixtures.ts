import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { collectSamples } from '../../src/voice/stage.js';
import { WavReader } from '../../src/voice/wav/wav-reader.js';

export { expectSame as expectSamples } from '../same-samples.js';

const speechFolder = new URL('../fixtures/speech/', import.meta.url).pathname;

/** Paths of the recordings of real speech, 16 kHz mono. */
export const SPEECH_FILES = readdirSync(speechFolder)
  .filter((name) => name.endsWith('.wav'))
  .map((name) => join(speechFolder, name));

export function speechFile(name: string): string {
  return join(speechFolder, `${name}.wav`);
}

export async function readWav(path: string): Promise<Int16Array> {
  await using reader = await WavReader.open(path);
  return await collectSamples(reader);
}

/** A folder for the files of one test file, removed after it. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-voice-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function hasTool(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export const HAS_SOX = hasTool('sox');
export const HAS_FFMPEG = hasTool('ffmpeg');

/** Runs a tool and returns what it wrote to standard output. */
export function run(tool: string, ...args: string[]): Buffer {
  return execFileSync(tool, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

/** Raw s16 samples that a tool wrote to standard output. */
export function samplesFrom(tool: string, ...args: string[]): Int16Array {
  return samplesOf(run(tool, ...args));
}

/** The samples that raw s16 bytes are. */
export function samplesOf({ buffer, byteOffset, length }: Buffer): Int16Array {
  return new Int16Array(buffer.slice(byteOffset, byteOffset + length));
}

/** A whole period of noise that is the same in every run. */
export function noise(length: number, amplitude = 20_000): Int16Array {
  const samples = new Int16Array(length);
  let state = 0x2545_f491;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    samples[i] = Math.round((state / 2 ** 31 - 1) * amplitude);
  }
  return samples;
}

/** Cuts samples into pieces of uneven size, whole frames each. */
export function pieces(samples: Int16Array, channels = 1): Int16Array[] {
  const parts: Int16Array[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const length = [1, 7, 160, 961, 3, 4096][i % 6]! * channels;
    parts.push(samples.subarray(at, at + length));
    at += length;
  }
  return parts;
}

export async function* stream(parts: Iterable<Int16Array>): AsyncGenerator<Int16Array> {
  yield* parts;
}
