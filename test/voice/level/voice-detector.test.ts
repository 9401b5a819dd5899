import { describe, expect, it } from 'vitest';
import { VoiceDetector, type VoiceEvent } from '../../../src/voice/level/voice-detector.js';
import { resample } from '../../../src/voice/resample/resampler.js';
import { analyzeSamples, concatSamples } from '../../../src/voice/stage.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { noise, pieces, readWav, SPEECH_FILES, speechFile } from '../fixtures.js';

const silence = (count: number) => new Int16Array(count);

function utterances(events: readonly VoiceEvent[]): { begin: number; end: number }[] {
  return events.flatMap((event) => (event.type === 'end' ? [{ begin: event.begin, end: event.end }] : []));
}

describe('VoiceDetector', () => {
  it.each(SPEECH_FILES)('finds the speech of %s between silences', async (path) => {
    const speech = await readWav(path);
    const all = concatSamples([silence(16_000), speech, silence(16_000)]);
    const found = utterances(analyzeSamples(all, await VoiceDetector.create()));
    expect(found.length).toBeGreaterThan(0);
    const spoken = found.reduce((sum, { begin, end }) => sum + end - begin, 0);
    expect(spoken / speech.length).toBeGreaterThan(0.4);
    expect(found[0]!.begin).toBeGreaterThanOrEqual(15_000);
    expect(found.at(-1)!.end).toBeLessThanOrEqual(16_000 + speech.length + 8000);
  });

  it('hears no speech in silence and in faint noise', async () => {
    for (const samples of [silence(48_000), noise(48_000, 30)]) {
      expect(analyzeSamples(samples, await VoiceDetector.create({ mode: 3 }))).toEqual([]);
    }
  });

  it('hears no speech where the noise of a line begins, at once or later', async () => {
    for (const amplitude of [10, 20, 60, 200, 600]) {
      for (const lead of [0, 5000, 16_000]) {
        const line = concatSamples([silence(lead), noise(48_000, amplitude)]);
        expect(analyzeSamples(line, await VoiceDetector.create())).toEqual([]);
      }
    }
  });

  it('reports speech that began before the stream from the first sample on', async () => {
    const speech = await readWav(speechFile('numbers'));
    const [first] = utterances(analyzeSamples(speech, await VoiceDetector.create()));
    const within = speech.subarray(first!.begin + 3200);
    expect(analyzeSamples(within, await VoiceDetector.create())[0]).toEqual({ type: 'begin', position: 0 });
  });

  it('gives the same result for any cut of the input, and nearly the same at any rate', async () => {
    const speech = concatSamples([silence(8000), await readWav(speechFile('reader-870')), silence(8000)]);
    const whole = analyzeSamples(speech, await VoiceDetector.create());
    const detector = await VoiceDetector.create();
    const cut = pieces(speech).flatMap((part) => detector.push(part));
    expect([...cut, ...detector.flush()]).toEqual(whole);

    const sampleRate = 44_100;
    const faster = resample(speech, { from: 16_000, to: sampleRate });
    const other = analyzeSamples(faster, await VoiceDetector.create({ format: { sampleRate, channels: 1 } }));
    const share = (events: readonly VoiceEvent[], rate: number) =>
      utterances(events).reduce((sum, { begin, end }) => sum + end - begin, 0) / rate;
    expect(Math.abs(share(other, sampleRate) - share(whole, 16_000))).toBeLessThan(0.5);
  });

  it('holds an utterance together over the hang-over', async () => {
    const word = (await readWav(speechFile('goforward'))).subarray(8000, 24_000);
    const all = concatSamples([silence(8000), word, silence(4800), word, silence(32_000)]);
    const joined = utterances(analyzeSamples(all, await VoiceDetector.create({ hangoverMs: 600 })));
    expect(joined).toHaveLength(1);
  });

  it('reports the speech without the hang-over, for any hang-over and rate', async () => {
    const word = (await readWav(speechFile('goforward'))).subarray(8000, 24_000);
    const all = concatSamples([silence(8000), word, silence(48_000)]);
    const figures = [];
    for (const [hangoverMs, sampleRate] of [
      [0, 16_000],
      [300, 16_000],
      [1500, 16_000],
      [1500, 44_100],
    ] as const) {
      const samples = sampleRate === 16_000 ? all : resample(all, { from: 16_000, to: sampleRate });
      const detector = await VoiceDetector.create({ hangoverMs, format: { sampleRate, channels: 1 } });
      const ends = analyzeSamples(samples, detector).filter((event) => event.type === 'end');
      const [first, last] = [ends[0]!, ends.at(-1)!];
      expect(first.speechBegin).toBe(first.begin);
      expect(last.end).toBeGreaterThanOrEqual(last.speechEnd);
      expect((last.end - last.speechEnd) / sampleRate).toBeGreaterThanOrEqual(hangoverMs / 1000);
      figures.push(
        Math.round((first.speechBegin * 50) / sampleRate),
        Math.round((last.speechEnd * 50) / sampleRate),
      );
    }
    expect(new Set(figures.filter((_, index) => index % 2 === 1)).size).toBeLessThanOrEqual(2);
    // The word lies from 500 to 1500 ms; frames are of 20 ms.
    for (const figure of figures) expect(figure).toBeLessThanOrEqual(76);
  });

  it('reports the speech of an utterance that the end of the stream cuts off', async () => {
    const word = (await readWav(speechFile('goforward'))).subarray(8000, 24_000);
    const all = concatSamples([word, word]);
    const end = analyzeSamples(all, await VoiceDetector.create()).findLast((event) => event.type === 'end');
    expect(end?.speechEnd).toBeLessThanOrEqual(all.length);
    expect(end?.speechEnd).toBeGreaterThan(all.length - 8000);
  });

  it('listens to one channel', async () => {
    const speech = await readWav(speechFile('numbers'));
    const stereo = new Int16Array(speech.length * 2);
    speech.forEach((sample, i) => {
      stereo[2 * i + 1] = sample;
    });
    const format = { sampleRate: 16_000, channels: 2 };
    expect(analyzeSamples(stereo, await VoiceDetector.create({ format, channel: 0 }))).toEqual([]);
    expect(analyzeSamples(stereo, await VoiceDetector.create({ format, channel: 1 })).length).toBeGreaterThan(
      1,
    );
  });

  it('refuses options out of range and pushes after the end', async () => {
    await expect(VoiceDetector.create({ onsetMs: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    const detector = await VoiceDetector.create();
    detector.flush();
    expect(() => detector.push(toneSamples({ frequency: 300, durationMs: 100 }))).toThrow(/flushed/);
  });
});
