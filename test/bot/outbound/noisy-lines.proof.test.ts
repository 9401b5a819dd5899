import { beforeAll, describe, expect, it } from 'vitest';
import { msToSamples } from '../../../src/base/pcm.js';
import { AnswerDetector, type AnswerVerdict } from '../../../src/bot/outbound/answer-detector.js';
import { concatSamples } from '../../../src/voice/stage.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { noise, pieces, readWav, SPEECH_FILES, speechFile } from '../../voice/fixtures.js';

const LENGTH = msToSamples(14_000);
const silence = (ms: number) => new Int16Array(msToSamples(ms));

/** Samples brought to an RMS in dBFS. */
function levelled(samples: ArrayLike<number>, dbfs: number): Int16Array {
  const all = Float64Array.from(samples);
  const rms = Math.sqrt(all.reduce((sum, sample) => sum + sample * sample, 0) / all.length);
  const gain = (32_768 * 10 ** (dbfs / 20)) / rms;
  return Int16Array.from(all, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))));
}

/** White noise through a filter of one pole: more below than above. */
function pink(): Float64Array {
  let last = 0;
  return Float64Array.from(noise(LENGTH), (sample) => {
    last = 0.95 * last + 0.05 * sample;
    return last;
  });
}

/** Mains hum with overtones. */
function hum(hz: number): Float64Array {
  return Float64Array.from({ length: LENGTH }, (_, i) =>
    [1, 3, 5].reduce((sum, n) => sum + Math.sin((2 * Math.PI * n * hz * i) / 16_000) / n, 0),
  );
}

/** Noise that comes for two seconds and goes for one, as comfort noise does. */
function comfort(): Int16Array {
  return noise(LENGTH).map((sample, i) => (Math.floor(i / 16_000) % 3 === 2 ? 0 : sample));
}

/** All recordings at once, twelve voices. */
async function babble(): Promise<Float64Array> {
  const mixed = new Float64Array(LENGTH);
  for (const [nth, path] of [...SPEECH_FILES, ...SPEECH_FILES].entries()) {
    const speech = levelled(await readWav(path), -20);
    for (let i = 0; i < LENGTH; i++) mixed[i]! += speech[(i + nth * 17_123) % speech.length] ?? 0;
  }
  return mixed;
}

const behind: Record<string, ArrayLike<number>> = {};
const words: Int16Array[] = [];
let sentence: Int16Array = new Int16Array();

beforeAll(async () => {
  const lines = { white: noise(LENGTH), pink: pink(), hum: hum(50), 'hum of 60 Hz': hum(60) };
  Object.assign(behind, lines, { comfort: comfort(), babble: await babble() });
  sentence = levelled(await readWav(speechFile('reader-870')), -22);
  words.push(sentence.slice(0, msToSamples(1100)));
  words.push(levelled((await readWav(speechFile('numbers'))).slice(4000, 16_000), -22));
  words.push(levelled((await readWav(speechFile('goforward'))).slice(8000, 24_000), -22));
});

const brought = new Map<string, Int16Array>();

/** The noise of a kind, brought to a level once for all lines. */
function behindAt(kind: string, dbfs: number): Int16Array {
  const name = `${kind} ${dbfs}`;
  const samples = brought.get(name) ?? levelled(behind[kind]!, dbfs);
  brought.set(name, samples);
  return samples;
}

/** A line with `kind` behind it at a level, which begins `startMs` after the answer. */
async function verdictOn(
  samples: Int16Array,
  kind: string,
  dbfs: number,
  startMs = 0,
): Promise<AnswerVerdict> {
  using detector = await AnswerDetector.create();
  const background = behindAt(kind, dbfs);
  const start = msToSamples(startMs);
  const line = samples.map((sample, i) => {
    const under = i < start ? 0 : background[i % LENGTH]!;
    return Math.max(-32_768, Math.min(32_767, sample + under));
  });
  return [...pieces(line).flatMap((piece) => detector.push(piece)), ...detector.flush()][0]!;
}

describe.each([
  ['white', [-70, -55, -40]],
  ['pink', [-70, -55, -40]],
  ['hum', [-60, -40]],
  ['hum of 60 Hz', [-50]],
  ['comfort', [-65, -50, -40]],
  ['babble', [-65, -50, -40]],
] as const)('on a line with %s noise', (kind, levels) => {
  it.each(levels)('at %d dBFS: nobody is taken to have answered', async (dbfs) => {
    for (const startMs of [0, 700])
      expect(await verdictOn(silence(6000), kind, dbfs, startMs)).toMatchObject({ answerer: 'silent' });
  });

  it.each(levels)('at %d dBFS: a machine is recognised, not before it speaks', async (dbfs) => {
    for (const lead of [0, 1500]) {
      const heard = concatSamples([silence(lead), sentence, silence(1000)]);
      const verdict = await verdictOn(heard, kind, dbfs);
      expect(verdict).toMatchObject({ answerer: 'machine' });
      expect(verdict.atMs).toBeGreaterThan(lead + 2000);
    }
  });

  it.each(levels)('at %d dBFS: a person is recognised', async (dbfs) => {
    for (const word of words) {
      for (const lead of [0, 600]) {
        const verdict = await verdictOn(concatSamples([silence(lead), word, silence(4000)]), kind, dbfs);
        expect(verdict).toMatchObject({ answerer: 'human' });
        expect(verdict.atMs).toBeLessThan(lead + 2500);
      }
    }
  });

  it.each(levels)('at %d dBFS: a word and a beep are recognised as a machine', async (dbfs) => {
    const beep = toneSamples({ frequency: 1000, durationMs: 400, levelDbfs: -15 });
    const heard = concatSamples([silence(300), words[0]!, silence(600), beep, silence(2000)]);
    expect(await verdictOn(heard, kind, dbfs)).toMatchObject({ answerer: 'machine' });
  });
});
