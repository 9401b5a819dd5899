import { describe, expect, it } from 'vitest';
import { analyzeSamples, concatSamples } from '../../../src/voice/stage.js';
import { ToneDetector, type ToneEvent } from '../../../src/voice/tone/tone-detector.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { noise, pieces, readWav, SPEECH_FILES, speechFile } from '../fixtures.js';

const silence = (count: number) => new Int16Array(count);

function edges(events: readonly ToneEvent[]): [number, number][] {
  return events.flatMap((event) => (event.type === 'end' ? [[event.begin, event.end]] : []));
}

describe('ToneDetector', () => {
  it('finds the edges of a beep to the sample, within a millisecond', () => {
    const beep = toneSamples({ frequency: 1000, durationMs: 200, fadeMs: 0 });
    const events = analyzeSamples(concatSamples([silence(5003), beep, silence(5000)]), new ToneDetector());
    expect(events.map((event) => event.type)).toEqual(['begin', 'end']);
    const [begin, end] = edges(events)[0]!;
    expect(Math.abs(begin - 5003)).toBeLessThanOrEqual(16);
    expect(Math.abs(end - 8203)).toBeLessThanOrEqual(16);
  });

  it('reports the same however the input is cut', async () => {
    const speech = await readWav(speechFile('numbers'));
    const beep = toneSamples({ frequency: 1000, durationMs: 350, levelDbfs: -20 });
    const all = concatSamples([speech, beep, speech, beep]);
    const whole = analyzeSamples(all, new ToneDetector());
    expect(edges(whole)).toHaveLength(2);
    const detector = new ToneDetector();
    const cut = pieces(all).flatMap((part) => detector.push(part));
    expect([...cut, ...detector.flush()]).toEqual(whole);
  });

  it('hears a beep through noise 12 dB below it', () => {
    const beep = toneSamples({ frequency: 1000, durationMs: 300, levelDbfs: -12 });
    const all = concatSamples([silence(3000), beep, silence(3000)]);
    noise(all.length, 2000).forEach((sample, i) => {
      all[i] = all[i]! + sample;
    });
    const found = edges(analyzeSamples(all, new ToneDetector()));
    expect(found).toHaveLength(1);
    expect(Math.abs(found[0]![0] - 3000)).toBeLessThan(80);
    expect(Math.abs(found[0]![1] - 7800)).toBeLessThan(80);
  });

  it('ignores other tones, short ones and quiet ones', () => {
    for (const options of [
      { frequency: 1100, durationMs: 400 },
      { frequency: [1000, 1500], durationMs: 400 },
      { frequency: 1000, durationMs: 50 },
      { frequency: 1000, durationMs: 400, levelDbfs: -60 },
    ]) {
      const all = concatSamples([silence(2000), toneSamples(options), silence(2000)]);
      expect(analyzeSamples(all, new ToneDetector())).toEqual([]);
    }
  });

  it.each(SPEECH_FILES)('hears no tone in the speech of %s', async (path) => {
    const speech = await readWav(path);
    for (const frequency of [400, 500, 700, 1000, 1400, 2000]) {
      expect(analyzeSamples(speech, new ToneDetector({ frequency }))).toEqual([]);
    }
  });

  it('listens to the configured channel', () => {
    const beep = toneSamples({ frequency: 1000, durationMs: 200 });
    const stereo = new Int16Array(beep.length * 2);
    beep.forEach((sample, i) => {
      stereo[2 * i + 1] = sample;
    });
    const format = { sampleRate: 16_000, channels: 2 };
    expect(analyzeSamples(stereo, new ToneDetector({ format, channel: 0 }))).toEqual([]);
    expect(edges(analyzeSamples(stereo, new ToneDetector({ format, channel: 1 })))).toHaveLength(1);
  });

  it('ends a tone at the end of the input', () => {
    const beep = toneSamples({ frequency: 1000, durationMs: 500, fadeMs: 0 });
    const [found] = edges(analyzeSamples(beep, new ToneDetector()));
    expect(found![0]).toBeLessThanOrEqual(16);
    expect(found![1]).toBeLessThanOrEqual(8000);
    expect(found![1]).toBeGreaterThan(7984);
  });

  it('refuses options out of range', () => {
    expect(() => new ToneDetector({ frequency: 7900 })).toThrow(/frequency/);
    expect(() => new ToneDetector({ channel: 1 })).toThrow(/channel/);
    expect(() => new ToneDetector({ purity: 0.2 })).toThrow(/purity/);
  });
});
