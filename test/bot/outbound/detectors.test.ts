import { describe, expect, it } from 'vitest';
import { msToSamples } from '../../../src/base/pcm.js';
import { AnswerDetector } from '../../../src/bot/outbound/answer-detector.js';
import { BeepDetector } from '../../../src/bot/outbound/beep-detector.js';
import { analyzeSamples, concatSamples } from '../../../src/voice/stage.js';
import { dtmfSamples } from '../../../src/voice/tone/dtmf.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { noise, pieces, readWav, SPEECH_FILES } from '../../voice/fixtures.js';

const silence = (ms: number) => new Int16Array(msToSamples(ms));
const tone = (frequency: number, durationMs: number, levelDbfs = -15) =>
  toneSamples({ frequency, durationMs, levelDbfs });

describe('the beep of an answering machine', () => {
  it.each([
    [400, 150],
    [1000, 400],
    [1400, 250],
    [2225, 1000],
  ])('is found at %d Hz, %d ms long, after speech', async (frequency, durationMs) => {
    const speech = await readWav('assets/speech/reader-870.wav');
    const all = concatSamples([speech, silence(300), tone(frequency, durationMs), silence(500)]);
    const [beep, ...more] = analyzeSamples(all, new BeepDetector());
    expect(more).toEqual([]);
    expect(Math.abs(beep!.frequency - frequency)).toBeLessThanOrEqual(15);
    expect(Math.abs(beep!.begin - speech.length - msToSamples(300))).toBeLessThanOrEqual(msToSamples(20));
    expect(Math.abs(beep!.end - beep!.begin - msToSamples(durationMs))).toBeLessThanOrEqual(msToSamples(40));
  });

  it('is found in noise 20 dB below it', () => {
    const beep = concatSamples([silence(400), tone(1000, 400, -12), silence(400)]);
    const hiss = noise(beep.length, 800);
    const noisy = beep.map((sample, index) => sample + (hiss[index] ?? 0));
    expect(analyzeSamples(noisy, new BeepDetector())).toHaveLength(1);
  });

  it('is not found in speech, DTMF, a dial tone or silence', async () => {
    for (const file of SPEECH_FILES) {
      expect(analyzeSamples(await readWav(file), new BeepDetector())).toEqual([]);
    }
    const dial = concatSamples([
      dtmfSamples('0123456789*#', { toneMs: 200 }),
      tone(425, 5000),
      silence(3000),
    ]);
    expect(analyzeSamples(dial, new BeepDetector())).toEqual([]);
  });

  it('does not depend on how the audio is cut', () => {
    const all = concatSamples([silence(123), tone(950, 300), silence(200), tone(1500, 200), silence(100)]);
    const parts = new BeepDetector();
    const found = [...pieces(all).flatMap((piece) => parts.push(piece)), ...parts.flush()];
    expect(found).toEqual(analyzeSamples(all, new BeepDetector()));
    expect(found).toHaveLength(2);
  });
});

describe('the kind of answer', () => {
  const verdictOn = async (samples: Int16Array) => {
    using detector = await AnswerDetector.create();
    return [...detector.push(samples), ...detector.flush()][0];
  };

  it('is a machine when the greeting goes on', async () => {
    const sentence = await readWav('assets/speech/reader-870.wav');
    expect(await verdictOn(concatSamples([silence(400), sentence, silence(1000)]))).toMatchObject({
      answerer: 'machine',
    });
  });

  it('is a person when the greeting is a word or two', async () => {
    const word = (await readWav('assets/speech/reader-870.wav')).slice(0, msToSamples(1100));
    const verdict = await verdictOn(concatSamples([silence(300), word, silence(1500)]));
    expect(verdict?.answerer).toBe('human');
    expect(verdict!.atMs).toBeLessThan(3000);
  });

  it.each([
    [1000, 260],
    [3300, 400],
    [4400, 320],
    [5200, 400],
  ])('is a person who says one short word on a line without noise (%d, %d ms)', async (fromMs, ms) => {
    const from = msToSamples(fromMs);
    const word = (await readWav('assets/speech/reader-870.wav')).slice(from, from + msToSamples(ms));
    const heard = concatSamples([silence(500), word, silence(3000)]);
    expect(await verdictOn(heard)).toMatchObject({ answerer: 'human' });
  });

  it('is `silent` when nothing is heard', async () => {
    expect(await verdictOn(silence(6000))).toEqual({ answerer: 'silent', greetingMs: 0, atMs: 4000 });
  });

  it('is reported once', async () => {
    using detector = await AnswerDetector.create();
    const sentence = await readWav('assets/speech/reader-870.wav');
    expect(pieces(sentence).flatMap((piece) => detector.push(piece))).toHaveLength(1);
    expect(detector.flush()).toEqual([]);
  });

  it.each([{ machineGreetingMs: 1 }, { pauseMs: Number.NaN }, { silentMs: 1e9 }])(
    'refuses %j',
    async (options) => {
      await expect(AnswerDetector.create(options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    },
  );
});
