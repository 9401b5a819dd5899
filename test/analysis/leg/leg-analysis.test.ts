import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LegAnalysis } from '../../../src/analysis/leg/leg-analysis.js';
import { MusicFrames } from '../../../src/analysis/leg/music-frames.js';
import { BAND_RATE, FRAME, VoiceBands } from '../../../src/analysis/leg/voice-bands.js';
import type { Span } from '../../../src/analysis/speech-units.js';
import { analyzeSamples } from '../../../src/voice/stage.js';
import { DTMF_COLUMNS, DTMF_ROWS } from '../../../src/voice/tone/dtmf.js';
import { DtmfDetector } from '../../../src/voice/tone/dtmf-detector.js';
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

test('speech that lasts to the end of the call ends there, with a noise two seconds before or not', () => {
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
])('a sound %d dB softer than the speech before it: %d units of speech', (db, units) => {
  expect(softer(db).units).toHaveLength(units);
});

test.each([0.5, 1, 2, 3])('a tone with noise over its first %d s begins where the tone begins', (noisy) => {
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

/** Sines that sound together, one stretch after the other. */
function chords(stretches: readonly (readonly [ms: number, ...hz: readonly number[]])[]): Int16Array {
  return Int16Array.from(
    stretches.flatMap(([ms, ...hz]) =>
      Array.from({ length: (ms * RATE) / 1000 }, (_, i) => {
        const soft = Math.min(1, i / 80, ((ms * RATE) / 1000 - i) / 80);
        const sum = hz.reduce((all, each) => all + Math.sin((2 * Math.PI * each * i) / RATE), 0);
        return Math.round(5000 * soft * sum + 20 * Math.sin(i * i));
      }),
    ),
  );
}

test.each([
  ['of a vowel, whose pitch glides', 150, [222.6, 363.1], 0],
  ['of a sound that lasts longer than a vowel', 400, [222.6, 363.1], 1],
  ['of a short busy tone', 250, [480, 620], 1],
  ['of a short ring-back', 350, [440, 480], 1],
])('two sines %s are reported as the right number of tones', (_, ms, hz, count) => {
  expect(heard(chords([[500], [ms, ...hz], [1000]])).tonesBesideMusic).toHaveLength(count);
});

test('a note of two sines is a tone before and after music, and part of the music within it', () => {
  const bar = [
    [350, 261.6, 329.6, 392, 1046],
    [350, 293.7, 349.2, 440, 880],
    [350, 329.6, 392, 493.9, 1318],
  ] as const;
  const music = [...bar, ...bar, ...bar];
  const note = [380, 293.3, 659.3] as const;
  const leg = heard(chords([[500], note, [1500], ...music, note, ...music, [1500], note, [1000]]));
  expect(leg.tones).toHaveLength(3);
  const places = leg.tonesBesideMusic.map(({ from }) => from / RATE);
  expect(places).toEqual([expect.closeTo(0.5, 1), expect.closeTo(10.56, 1)]);
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

test.each([1, 2, 3, 4])('stretches of music do not overlap (seed %d)', (seed) => {
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

/** Key, between what else is on the line. Levels are peaks of one sine, in dBFS. */
const pressing = fc.record({
  row: fc.nat(3),
  column: fc.nat(3),
  ms: fc.integer({ min: 25, max: 120 }),
  levelDb: fc.integer({ min: -42, max: -8 }),
  twistDb: fc.integer({ min: -10, max: 7 }),
  hole: fc.option(fc.record({ atMs: fc.nat(60), ms: fc.integer({ min: 5, max: 30 }) })),
  /** Time before it, and whether somebody speaks then. */
  pauseMs: fc.integer({ min: 0, max: 400 }),
  isSpeech: fc.boolean(),
});

type Pressing = typeof pressing extends fc.Arbitrary<infer T> ? T : never;

function pressed(presses: readonly Pressing[], noiseDb: number): Int16Array {
  const voice = murmur(4, [[0, 4]], 1, BAND_RATE);
  const samples: number[] = [];
  for (const { row, column, ms, levelDb, twistDb, hole, pauseMs, isSpeech } of presses) {
    for (let i = 0; i < pauseMs * 8; i++) samples.push(isSpeech ? (voice[i] as number) : 0);
    const [low, high] = [DTMF_ROWS[row] as number, DTMF_COLUMNS[column] as number];
    const peak = 32_768 * 10 ** (levelDb / 20);
    const turn = (2 * Math.PI) / BAND_RATE;
    for (let i = 0; i < ms * 8; i++) {
      const isHole = hole && i >= hole.atMs * 8 && i < (hole.atMs + hole.ms) * 8;
      const column = peak * 10 ** (twistDb / 20) * Math.sin(turn * high * i);
      samples.push(isHole ? 0 : peak * Math.sin(turn * low * i) + column);
    }
  }
  const random = randomFrom(presses.length);
  const loud = 32_768 * 10 ** (noiseDb / 20);
  return Int16Array.from(samples, (sample) =>
    Math.round(Math.max(-32_768, Math.min(32_767, sample + (2 * random() - 1) * loud))),
  );
}

test('keys are found to the sample, although the detector hears only parts of a leg', () => {
  let keys = 0;
  fc.assert(
    fc.property(
      fc.array(pressing, { minLength: 5, maxLength: 20 }),
      fc.integer({ min: -70, max: -24 }),
      fc.integer({ min: 40, max: 3000 }),
      (presses, noiseDb, piece) => {
        const samples = pressed(presses, noiseDb);
        const leg = new LegAnalysis(BAND_RATE);
        for (let at = 0; at < samples.length; at += piece) leg.push(samples.subarray(at, at + piece));
        leg.end();
        const whole = samples.subarray(0, samples.length - (samples.length % FRAME));
        const detector = new DtmfDetector({ format: { sampleRate: BAND_RATE, channels: 1 } });
        const expected = analyzeSamples(whole, detector).flatMap((event) =>
          event.type === 'end' ? [{ digit: event.digit, from: event.begin, to: event.end }] : [],
        );
        expect(leg.keys).toEqual(expected);
        keys += expected.length;
      },
    ),
    { seed: 27, numRuns: 15 },
  );
  expect(keys).toBeGreaterThan(50);
});
