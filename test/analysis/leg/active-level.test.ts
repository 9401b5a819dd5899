import { expect, test } from 'vitest';
import { SoundMeter } from '../../../src/analysis/leg/sound-meter.js';

const RATE = 16_000;

/** A sine of an amplitude, for part of each second. */
function bursts(amplitude: number, part: number, seconds = 10): Int16Array {
  return Int16Array.from({ length: RATE * seconds }, (_, i) =>
    i % RATE < part * RATE ? Math.round(amplitude * Math.sin((2 * Math.PI * 1000 * i) / RATE)) : 0,
  );
}

function levelOf(samples: Int16Array, piece = RATE / 10) {
  const meter = new SoundMeter(1, RATE);
  for (let at = 0; at < samples.length; at += piece) meter.take([samples.subarray(at, at + piece)]);
  return meter.legs[0]?.active.read();
}

test('the level of a steady sound is its power', () => {
  const level = levelOf(bursts(8000, 1));
  expect(level?.dbov).toBeCloseTo(20 * Math.log10(8000 / Math.SQRT2 / 32768), 1);
  expect(level?.activity).toBeCloseTo(1, 1);
});

test.each([0.3, 0.5, 0.7])('pauses are left out: %d of the time is sound', (part) => {
  const level = levelOf(bursts(8000, part));
  // The hang-over of 0.2 s counts as active in each second, and so do some 80 ms in which the envelope falls.
  const active = Math.min(1, part + 0.28);
  const expected = 20 * Math.log10(8000 / Math.SQRT2 / 32768) + 10 * Math.log10(part / active);
  expect(level?.dbov).toBeGreaterThan(expected - 0.5);
  expect(level?.dbov).toBeLessThan(expected + 0.5);
  expect(level?.activity).toBeCloseTo(active, 1);
});

test('half the amplitude is 6 dB less, down to soft speech', () => {
  const [loud, soft] = [levelOf(bursts(16_000, 0.5)), levelOf(bursts(500, 0.5))];
  expect((loud?.dbov ?? 0) - (soft?.dbov ?? 0)).toBeCloseTo(20 * Math.log10(32), 0);
});

test('silence has no active level, and the result does not depend on how the input is cut', () => {
  expect(levelOf(new Int16Array(RATE))).toBeUndefined();
  expect(levelOf(new Int16Array())).toBeUndefined();
  const samples = bursts(3000, 0.4);
  expect(levelOf(samples, 37)).toEqual(levelOf(samples));
});
