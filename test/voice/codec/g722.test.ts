import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { G722Decoder, G722Encoder } from '../../../src/voice/codec/g722.js';
import { randomFrom } from '../../random.js';

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

/** Loud and quiet, low and high, noise and silence. */
function signal(): Int16Array {
  const random = randomFrom(7);
  return Int16Array.from({ length: 32_000 }, (_, i) => {
    const second = i / 16_000;
    const sweep = Math.sin(2 * Math.PI * (100 + 3000 * second) * second);
    const loud = Math.floor(second * 10) % 4;
    return loud === 0
      ? 0
      : Math.round((sweep * 9000 * loud + (random() - 0.5) * 4000) * (loud === 3 ? 1.1 : 0.5));
  });
}

/** Runs ffmpeg from bytes to bytes. */
function ffmpeg(input: Uint8Array, ...options: string[]): Buffer {
  const { stdout, status } = spawnSync(
    'ffmpeg',
    [
      '-v',
      'error',
      ...options.slice(0, options.indexOf('|')),
      '-i',
      '-',
      ...options.slice(options.indexOf('|') + 1),
      '-',
    ],
    { input, maxBuffer: 1 << 24 },
  );
  expect(status).toBe(0);
  return stdout;
}

const RAW = ['-f', 's16le', '-ar', '16000', '-ac', '1'];

describe('G.722', () => {
  it('keeps voice: its noise lies 20 dB below', () => {
    const samples = signal();
    const decoded = new G722Decoder().decode(new G722Encoder().encode(samples));
    expect(decoded).toHaveLength(samples.length);
    // The two filters delay it by 22 samples.
    let [noise, power] = [0, 0];
    for (let i = 0; i + 22 < samples.length; i++) {
      noise += ((decoded[i + 22] ?? 0) - (samples[i] ?? 0)) ** 2;
      power += (samples[i] ?? 0) ** 2;
    }
    expect(10 * Math.log10(power / noise)).toBeGreaterThan(20);
  });

  it('gives the same for any pieces of input', () => {
    const samples = signal().subarray(0, 3200);
    const whole = new G722Encoder().encode(samples);
    const encoder = new G722Encoder();
    const parts = [0, 320, 322, 1000].map((from, i, all) =>
      encoder.encode(samples.subarray(from, all[i + 1])),
    );
    expect(Buffer.concat(parts)).toEqual(Buffer.from(whole));
  });

  it('refuses half a byte', () => {
    expect(() => new G722Encoder().encode(new Int16Array(3))).toThrow(/even number/);
  });

  it.skipIf(!hasFfmpeg)('decodes as ffmpeg does, to the bit', () => {
    const bytes = new G722Encoder().encode(signal());
    const theirs = ffmpeg(bytes, '-f', 'g722', '|', ...RAW);
    expect(Buffer.from(new G722Decoder().decode(bytes).buffer)).toEqual(theirs);
  });

  it.skipIf(!hasFfmpeg)('decodes the output of ffmpeg, also noise', () => {
    const random = randomFrom(3);
    const noise = Uint8Array.from({ length: 8000 }, () => Math.floor(random() * 256));
    const samples = signal();
    const coded = ffmpeg(Buffer.from(samples.buffer), ...RAW, '|', '-f', 'g722');
    for (const bytes of [coded, noise]) {
      const theirs = ffmpeg(bytes, '-f', 'g722', '|', ...RAW);
      expect(Buffer.from(new G722Decoder().decode(bytes).buffer)).toEqual(theirs);
    }
  });
});
