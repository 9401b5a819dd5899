import { describe, expect, it } from 'vitest';
import { msToSamples } from '../../../src/base/pcm.js';
import { AnswerDetector } from '../../../src/bot/outbound/answer-detector.js';
import { BeepDetector } from '../../../src/bot/outbound/beep-detector.js';
import { analyzeSamples, concatSamples } from '../../../src/voice/stage.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { noise, readWav, speechFile } from '../../voice/fixtures.js';

const silence = (ms: number) => new Int16Array(msToSamples(ms));
const tone = (frequency: number | readonly number[], durationMs: number, levelDbfs = -18) =>
  toneSamples({ frequency, durationMs, levelDbfs });

/** Tones of ITU-T E.180 and of national networks: what sounds over and over. */
const NETWORK = {
  'ring-back of 425 Hz, 1 and 4 s': [tone(425, 1000), silence(4000)],
  'ring-back of 425 Hz, 0.8 and 3.2 s': [tone(425, 800), silence(3200)],
  'ring-back of 400 Hz, 1 and 2 s': [tone(400, 1000), silence(2000)],
  'ring-back of 440 Hz, 1.5 and 3.5 s': [tone(440, 1500), silence(3500)],
  'ring-back of 440 and 480 Hz': [tone([440, 480], 2000), silence(4000)],
  'double ring of 400 and 450 Hz': [
    tone([400, 450], 400),
    silence(200),
    tone([400, 450], 400),
    silence(2000),
  ],
  'double ring of 400 Hz': [tone(400, 400), silence(200), tone(400, 400), silence(2000)],
  'busy of 425 Hz': [tone(425, 500), silence(500)],
  'busy of 480 and 620 Hz': [tone([480, 620], 500), silence(500)],
  'congestion of 425 Hz': [tone(425, 250), silence(250)],
  'congestion of 425 Hz, 0.24 s': [tone(425, 240), silence(240)],
  'congestion of 425 Hz, 0.2 s': [tone(425, 200), silence(200), tone(425, 200), silence(200)],
  'busy of 420 Hz': [tone(420, 400), silence(400)],
  'a pay tone of 400 Hz': [tone(400, 125), silence(125), tone(400, 125), silence(125)],
  'call waiting of 425 Hz': [tone(425, 150), silence(150), tone(425, 150), silence(4000)],
  'a dial tone of 425 Hz': [tone(425, 6000)],
  'a dial tone of 350 and 440 Hz': [tone([350, 440], 6000)],
  'special information tones': [tone(950, 330), tone(1400, 330), tone(1800, 330), silence(1000)],
  'special information tones with gaps': [
    ...[tone(950, 330), silence(30), tone(1400, 330), silence(30), tone(1800, 330)],
    silence(1000),
  ],
  'special information tones, short and long': [
    ...[tone(913.8, 274), tone(1370.6, 274), tone(1776.7, 380)],
    silence(1000),
  ],
  'special information tones, high': [tone(985.2, 380), tone(1428.5, 380), tone(1776.7, 380), silence(1000)],
  'a melody': [tone(660, 200), tone(880, 200), tone(550, 200), silence(1000)],
} as const;

/** The line as it is, with noise, and with every 40th frame of 20 ms lost. */
const LINES = {
  'a clean line': (samples: Int16Array) => samples,
  'a noisy line': (samples: Int16Array) => {
    const hiss = noise(samples.length, 150);
    return samples.map((sample, i) => sample + hiss[i]!);
  },
  'a line that loses frames': (samples: Int16Array) => {
    const lossy = samples.slice();
    for (let at = 2000; at < lossy.length; at += 40 * 320) lossy.fill(0, at, at + 320);
    return lossy;
  },
} as const;

describe.each(Object.entries(LINES))('on %s', (_, line) => {
  it.each(Object.entries(NETWORK))(
    '%s: no beep is found, and nobody is taken to have answered',
    async (__, sounds) => {
      for (const times of [1, 3]) {
        const heard = line(concatSamples([silence(500), ...Array(times).fill(sounds).flat()]));
        expect(analyzeSamples(heard, new BeepDetector())).toEqual([]);
        using detector = await AnswerDetector.create();
        expect(analyzeSamples(heard, detector)).toMatchObject([{ answerer: 'silent' }]);
      }
    },
  );
});

describe('a beep', () => {
  it.each([
    [400, 150],
    [425, 400],
    [440, 1000],
    [480, 300],
    [620, 500],
    [850, 130],
    [950, 300],
    [1400, 250],
    [2000, 1900],
  ])('of %d Hz, %d ms long, is found after a greeting, whatever frame is lost', async (frequency, ms) => {
    const greeting = await readWav(speechFile('reader-880'));
    for (const lostAtMs of [undefined, 60, 100]) {
      if (lostAtMs !== undefined && ms < 200) continue;
      const beep = tone(frequency, ms);
      if (lostAtMs !== undefined) beep.fill(0, msToSamples(lostAtMs), msToSamples(lostAtMs + 20));
      const heard = concatSamples([greeting, silence(300), beep, silence(6000)]);
      const found = analyzeSamples(heard, new BeepDetector());
      expect(found).toHaveLength(1);
      expect(Math.abs(found[0]!.frequency - frequency)).toBeLessThanOrEqual(15);
      expect(Math.abs(found[0]!.end - found[0]!.begin - beep.length)).toBeLessThanOrEqual(msToSamples(40));
    }
  });

  it('of a machine that a call was put through to is found after the ring-back', () => {
    const ring = [tone(425, 1000), silence(4000), tone(425, 1000), silence(1500)];
    const heard = concatSamples([...ring, tone(1000, 400), silence(500)]);
    const found = analyzeSamples(heard, new BeepDetector());
    expect(found.map(({ frequency }) => Math.round(frequency / 10))).toEqual([100]);
  });

  it('is the last of two tones that follow each other', () => {
    const found = analyzeSamples(
      concatSamples([tone(1000, 200), tone(1200, 300), silence(500)]),
      new BeepDetector(),
    );
    expect(found).toHaveLength(1);
    expect(Math.abs(found[0]!.frequency - 1200)).toBeLessThanOrEqual(15);
  });
});
