import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VOICE_FORMAT } from '../../../src/base/pcm.js';
import { english } from '../../../src/bot/language/english.js';
import { german } from '../../../src/bot/language/german.js';
import type { SpokenWord } from '../../../src/bot/language/spoken-word.js';
import { espeakEngine } from '../../../src/bot/prompt/espeak-engine.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { type Speakable, spokenParts } from '../../../src/bot/prompt/speakable.js';
import type { SpeechEngine } from '../../../src/bot/prompt/speech-engine.js';
import { measureLevel } from '../../../src/voice/level/level-meter.js';
import { concatSamples } from '../../../src/voice/stage.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { HAS_FFMPEG, hasTool, readWav, run } from '../../voice/fixtures.js';

const text = (words: readonly { text: string }[]) => words.map((word) => word.text).join(' ');

describe('numbers and dates in words', () => {
  it.each([
    [0, 'zero', 'null'],
    [1, 'one', 'eins'],
    [13, 'thirteen', 'dreizehn'],
    [21, 'twenty one', 'ein und zwanzig'],
    [40, 'forty', 'vierzig'],
    [100, 'one hundred', 'ein hundert'],
    [101, 'one hundred and one', 'ein hundert eins'],
    [342, 'three hundred and forty two', 'drei hundert zwei und vierzig'],
    [1000, 'one thousand', 'ein tausend'],
    [2001, 'two thousand and one', 'zwei tausend eins'],
    [101_000, 'one hundred and one thousand', 'ein hundert ein tausend'],
    [1_000_000, 'one million', 'eine Million'],
    [-7, 'minus seven', 'minus sieben'],
    [
      999_999_999,
      'nine hundred and ninety nine million nine hundred and ninety nine thousand nine hundred and ninety nine',
      'neun hundert neun und neunzig Millionen neun hundert neun und neunzig tausend neun hundert neun und neunzig',
    ],
  ])('%d', (value, inEnglish, inGerman) => {
    expect(text(english.number(value))).toBe(inEnglish);
    expect(text(german.number(value))).toBe(inGerman);
  });

  it.each([
    [2027, 3, 1, 'March first twenty twenty seven', 'erster März zwei tausend sieben und zwanzig'],
    [
      1984,
      12,
      31,
      'December thirty-first nineteen eighty four',
      'einunddreißigster Dezember neunzehn hundert vier und achtzig',
    ],
    [1905, 7, 20, 'July twentieth nineteen oh five', 'zwanzigster Juli neunzehn hundert fünf'],
    [2000, 1, 3, 'January third two thousand', 'dritter Januar zwei tausend'],
    [1900, 1, 17, 'January seventeenth nineteen hundred', 'siebzehnter Januar neunzehn hundert'],
  ])('%d-%d-%d', (year, month, day, inEnglish, inGerman) => {
    expect(text(english.date(year, month, day))).toBe(inEnglish);
    expect(text(german.date(year, month, day))).toBe(inGerman);
  });

  it('has a word and a name for each', () => {
    for (const language of [english, german]) {
      const values = Array.from({ length: 3200 }, (_, index) => index - 200);
      const words = values.flatMap((value) => language.number(value));
      const named = (word: SpokenWord) =>
        /^(number\/\d+|word\/[a-z]+)$/.test(word.prompt) && word.text !== '';
      expect(words.filter((word) => !named(word))).toEqual([]);
      for (const digit of '0123456789*#') expect(language.digit(digit).text).not.toBe('');
    }
  });
});

describe('the prompt library', () => {
  let folder: string;
  let cacheFolder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-prompts-'));
    cacheFolder = await mkdtemp(join(tmpdir(), 'jackfield-cache-'));
    await mkdir(join(folder, 'de', 'number'), { recursive: true });
    await mkdir(join(folder, 'number'));
    await copyFile('assets/prompts/echo-goodbye.wav', join(folder, 'bye.wav'));
    await copyFile('assets/speech/reader-870.wav', join(folder, 'de', 'bye.wav'));
    const stereo = { sampleRate: 44_100, channels: 2 };
    await using wide = await WavWriter.create(join(folder, 'wide.wav'), { format: stereo });
    await wide.write(toneSamples({ frequency: 1000, durationMs: 1000, format: stereo }));
    for (const [name, frequency] of [
      ['5', 500],
      ['40', 400],
    ] as const) {
      await using wav = await WavWriter.create(join(folder, 'number', `${name}.wav`));
      await wav.write(toneSamples({ frequency, durationMs: 100 }));
    }
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await rm(cacheFolder, { recursive: true });
  });

  it('has a prompt in a language, or in none', async () => {
    const prompts = await Prompts.open({ folder });
    expect(prompts.names).toEqual(['bye', 'number/40', 'number/5', 'wide']);
    const english = await readWav('assets/prompts/echo-goodbye.wav');
    const german = await readWav('assets/speech/reader-870.wav');
    expect(await prompts.samples('bye')).toEqual(english);
    expect(await prompts.samples('bye', { language: 'de-AT' })).toEqual(german);
    expect(await prompts.samples('bye', { language: 'fr' })).toEqual(english);
    expect(prompts.has('bye', 'de')).toBe(true);
    expect(prompts.has('hello')).toBe(false);
  });

  it('converts a file once, and finds it in its folder the next time', async () => {
    const prompts = await Prompts.open({ folder, cacheFolder });
    const samples = await prompts.samples(['wide', 'wide']);
    expect(samples).toHaveLength(32_000);
    expect(measureLevel(samples, 1)[0]!.peakDbfs).toBeCloseTo(-12, 0);
    await prompts.samples('wide');
    expect(prompts.conversions).toBe(1);
    expect(await readdir(cacheFolder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.wav$/)]);
    const later = await Prompts.open({ folder, cacheFolder });
    expect(await later.samples(['wide', 'wide'])).toEqual(samples);
    expect(later.conversions).toBe(0);
  });

  it('converts changed files again, and those that are damaged in the cache', async () => {
    const file = join(folder, 'wide.wav');
    const prompts = await Prompts.open({ folder, cacheFolder });
    const before = await prompts.samples('wide');
    const [cached = ''] = await readdir(cacheFolder);
    await writeFile(join(cacheFolder, cached), 'RIFF');
    const again = await Prompts.open({ folder, cacheFolder });
    expect(await again.samples('wide')).toEqual(before);
    expect(again.conversions).toBe(1);
    await copyFile('assets/prompts/echo-goodbye.wav', file);
    expect(await again.samples('wide')).not.toEqual(before);
    expect(again.conversions).toBe(2);
  });

  it('says a number from its parts', async () => {
    const prompts = await Prompts.open({ folder });
    const parts = [500, 400].map((frequency) => toneSamples({ frequency, durationMs: 100 }));
    expect(await prompts.samples({ number: 45 })).toEqual(concatSamples(parts.toReversed()));
    await expect(prompts.samples({ number: 46 })).rejects.toThrow(
      /number\/6 in language en, and no speech engine/,
    );
  });

  it('has the engine say the whole text when a part is missing, once', async () => {
    const spoken: string[] = [];
    const engine: SpeechEngine = {
      name: 'test',
      async speak(words, { language }) {
        spoken.push(`${language}: ${words}`);
        return { samples: new Int16Array(160), format: VOICE_FORMAT };
      },
    };
    const prompts = await Prompts.open({ folder, engine });
    await prompts.preload([{ number: 46 }, { number: 45 }, { text: 'hello' }, { date: '2027-03-01' }]);
    await prompts.samples([{ number: 46 }, { digits: '4*' }], { language: 'de' });
    await prompts.samples({ number: 46 });
    expect(spoken).toEqual([
      ...['en: forty six', 'en: hello', 'en: March first twenty twenty seven'],
      ...['de: sechsundvierzig', 'de: vier Stern'],
    ]);
  });

  it.skipIf(!HAS_FFMPEG)('decodes other formats (needs ffmpeg)', async () => {
    const file = join(folder, 'coded.flac');
    run('ffmpeg', '-v', 'error', '-y', '-i', 'assets/speech/reader-870.wav', file);
    const prompts = await Prompts.open({ folder });
    expect(await prompts.samples('coded')).toEqual(await readWav('assets/speech/reader-870.wav'));
    await rm(file);
  });

  it.skipIf(!hasTool('espeak-ng'))('speaks with espeak-ng (needs espeak-ng)', async () => {
    const prompts = await Prompts.open({ engine: espeakEngine() });
    const samples = await prompts.samples({ text: '-v is said and is no option' });
    expect(samples.length).toBeGreaterThan(16_000);
    expect(measureLevel(samples, 1)[0]!.peakDbfs).toBeGreaterThan(-20);
  });

  it('names the missing program when an engine is not installed', async () => {
    const prompts = await Prompts.open({ engine: espeakEngine({ command: 'no-such-engine' }) });
    await expect(prompts.samples({ text: 'hello' })).rejects.toMatchObject({
      code: 'ERR_TOOL',
      message: expect.stringMatching(/^Cannot run no-such-engine: It is not installed/),
    });
  });

  it('refuses two files for one prompt', async () => {
    await copyFile('assets/prompts/echo-goodbye.wav', join(folder, 'bye.flac'));
    await expect(Prompts.open({ folder })).rejects.toThrow(
      /bye\.(flac|wav) and .*bye\.(flac|wav) are the same prompt/,
    );
    await rm(join(folder, 'bye.flac'));
  });
});

describe('parts that can be said', () => {
  it.each([
    [''],
    [{}],
    [null],
    [7],
    [[['nested']]],
    [{ silence: -1 }],
    [{ tone: 400 }],
    [{ tone: 400, ms: Number.NaN }],
    [{ loop: { silence: Number.POSITIVE_INFINITY } }],
  ])('refuses %j', (what) => {
    expect(() => spokenParts(what as Speakable)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
    );
  });

  it.each([
    [{ number: 1.5 }],
    [{ number: 1e9 }],
    [{ digits: '12a' }],
    [{ digits: '' }],
    [{ date: '2027-02-30' }],
    [{ date: 'tomorrow' }],
    [{ date: new Date(Number.NaN) }],
    [{ loop: { silence: 0 } }],
  ])('cannot make %j', async (what) => {
    const prompts = await Prompts.open();
    const first = prompts.render(what as Speakable).next();
    await expect(first).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  it('yield a long silence in pieces', async () => {
    const prompts = await Prompts.open();
    let length = 0;
    for await (const samples of prompts.render({ silence: 600_000 })) {
      expect(samples.length).toBeLessThanOrEqual(16_000);
      length += samples.length;
    }
    expect(length).toBe(9_600_000);
  });
});
