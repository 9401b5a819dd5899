import { expect, test } from 'vitest';
import { LegAnalysis } from '../../../src/analysis/leg/leg-analysis.js';
import { MusicFrames } from '../../../src/analysis/leg/music-frames.js';
import { BAND_RATE, VoiceBands } from '../../../src/analysis/leg/voice-bands.js';
import type { Span } from '../../../src/analysis/speech-units.js';
import { randomFrom } from '../../random.js';
import { murmur } from '../murmur.js';

const RATE = 16_000;

function heard(samples: Int16Array): LegAnalysis {
  const leg = new LegAnalysis(RATE);
  leg.push(samples);
  leg.end();
  return leg;
}

/** Speech up to the end of a call, softer than a blow of 30 ms at a time before the end. */
function withBlow(secondsBefore: number): Int16Array {
  const samples = murmur(6, [[4.5, 6]]).map((sample) => Math.round(sample / 8));
  const from = Math.round((6 - secondsBefore) * RATE);
  for (let i = from; i < from + 480; i++) samples[i] = i % 20 < 10 ? 30_000 : -30_000;
  return samples;
}

test('speech up to the end of a call ends there, whatever was heard two seconds before', () => {
  const ends = [2.048, 2.038, 2.2, 2.5].map((before) => heard(withBlow(before)).units.at(-1)?.to);
  expect(ends[0]).toBeGreaterThan(6 * RATE - 500);
  expect(new Set(ends)).toHaveLength(1);
});

/** Speech of two seconds, then one second that is softer. */
function softer(db: number): LegAnalysis {
  const at = 5 * RATE;
  const gain = 10 ** (-db / 20);
  return heard(
    murmur(9, [
      [1, 3],
      [6, 7],
    ]).map((sample, i) => (i < at ? sample : Math.round(sample * gain))),
  );
}

test.each([
  [10, 2],
  [14, 2],
  [22, 1],
  [26, 1],
])('what is %d dB softer than the speech of its leg makes %d units of speech', (db, units) => {
  expect(softer(db).units).toHaveLength(units);
});

test.each([0.5, 1, 2, 3])('a tone with noise over its first %d s began at its begin', (noisy) => {
  const random = randomFrom(3);
  const samples = Int16Array.from({ length: 6 * RATE }, (_, i) => {
    const t = i / RATE - 1;
    if (t < 0 || t > noisy + 1) return Math.round(10 * Math.sin(i * i));
    const noise = t < noisy ? (2 * random() - 1) * 7000 : 0;
    return Math.round(8000 * Math.sin(2 * Math.PI * 1000 * t) + noise);
  });
  const [tone, ...more] = heard(samples).tones;
  expect(more).toEqual([]);
  expect(tone?.from).toBeGreaterThan(RATE * 0.985);
  expect(tone?.from).toBeLessThan(RATE * 1.015);
});

/** True and false by turns, for 100 ms to a second each. */
function turns(random: () => number): () => boolean {
  let left = 0;
  let isOn = false;
  return () => {
    if (left-- <= 0) {
      isOn = !isOn;
      left = 10 + random() * 80;
    }
    return isOn;
  };
}

test.each([1, 2, 3, 4])('no moment of music is in two stretches (seed %d)', (seed) => {
  const sine = Int16Array.from({ length: BAND_RATE }, (_, i) => 8000 * Math.sin(i));
  const held = new VoiceBands();
  for (let at = 0; at < sine.length; at += 800) {
    held.load(sine.subarray(at, at + 800));
    while (held.next());
  }
  const moving = {
    isSilent: false,
    total: 1,
    spectrum: new Float32Array(129).fill(1),
  } as unknown as VoiceBands;
  const random = randomFrom(seed);
  const [isMusic, isSound] = [turns(random), turns(random)];
  const frames = new MusicFrames();
  const spans: (Span | undefined)[] = [];
  for (let frame = 0; frame < 6000; frame++) {
    frames.look(isMusic() ? held : moving, 0);
    spans.push(frames.take(isSound()));
  }
  const found = [...spans, frames.end()].filter((span) => span !== undefined);
  expect(found.length).toBeGreaterThan(5);
  for (const [index, { from, to }] of found.entries()) {
    expect(from).toBeLessThan(to);
    expect(from).toBeGreaterThanOrEqual(found[index - 1]?.to ?? 0);
  }
});
