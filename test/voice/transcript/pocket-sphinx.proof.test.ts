import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { transcribeFile, writeTranscript } from '../../../src/analysis.js';
import { pocketSphinx, readPocketSphinx } from '../../../src/voice/transcript/pocket-sphinx.js';

const SPOKEN = 'test/fixtures/speech/goforward.wav';

function has(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

it('PocketSphinx gives words with their places, without silence and noise', () => {
  const output = [
    'go forward(2) ten',
    '<s> 0.000 0.240 1.000000',
    '<sil> 0.250 0.450 0.706282',
    'go 0.460 0.630 0.997303',
    'forward(2) 0.640 1.160 1.000100',
    '[NOISE] 1.160 1.170 0.1',
    '</s> 1.170 1.600 1.000000',
    '(NULL) 1.170 1.600 1.000000',
    'ten',
    '++UH++ 2.000 2.100 0.5',
    'ten 5.170 5.520 0.243981',
    '',
  ].join('\n');
  const { text, segments } = readPocketSphinx(output);
  expect(text).toBe('go forward ten');
  expect(segments).toEqual([
    {
      text: 'go forward',
      from: 7360,
      to: 18_560,
      words: [
        { word: 'go', from: 7360, to: 10_080, confidence: 0.997303 },
        { word: 'forward', from: 10_240, to: 18_560, confidence: 1 },
      ],
    },
    {
      text: 'ten',
      from: 82_720,
      to: 88_320,
      words: [{ word: 'ten', from: 82_720, to: 88_320, confidence: 0.243981 }],
    },
  ]);
  expect(readPocketSphinx('')).toMatchObject({ text: '', segments: [] });
});

it.skipIf(!has('pocketsphinx_continuous'))(
  'understands a person, word by word with its place (needs pocketsphinx)',
  async () => {
    const transcript = await transcribeFile(SPOKEN, { transcriber: pocketSphinx() });
    expect(transcript).toMatchObject({ sampleRate: 16_000, transcriber: 'PocketSphinx', language: 'en' });
    const [part] = transcript.parts;
    expect(part).toMatchObject({ leg: 0, text: 'go forward ten meters' });
    const places = part?.words.map(({ word, from, to }) => [word, from / 16_000, to / 16_000]);
    // As they are heard in the file.
    for (const [index, [word, from]] of (
      [
        ['go', 0.46],
        ['forward', 0.64],
        ['ten', 1.17],
        ['meters', 1.53],
      ] as const
    ).entries()) {
      expect(places?.[index]?.[0]).toBe(word);
      expect(places?.[index]?.[1]).toBeCloseTo(from, 1);
    }
    expect(writeTranscript(transcript, 'text', { names: ['driver'] })).toMatch(
      /^\[00:00:00\.\d+\] driver: go forward ten meters\n$/,
    );
  },
);
