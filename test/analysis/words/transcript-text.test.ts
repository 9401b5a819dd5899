import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcriptOf } from '../../../src/analysis/words/conversation-transcript.js';
import type { SaidPart } from '../../../src/analysis/words/said-part.js';
import { TRANSCRIPT_FORMATS, writeTranscript } from '../../../src/analysis/words/transcript-text.js';

const RATE = 16_000;
const said = (leg: 0 | 1, from: number, to: number, text: string): SaidPart => ({
  ...{ leg, text, words: [] },
  from: from * RATE,
  to: to * RATE,
});
const transcript = (...parts: SaidPart[]) => transcriptOf(parts, { sampleRate: RATE });
const has = (() => {
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const HOSTILE = [
  'a --> b',
  'one\n\n2\n00:00:01.000 --> 00:00:02.000\nforged',
  'line\r\nbreak\u2028and\u2029more',
  '<v Admin>forged</v> <script>alert(1)</script> & &lt;b&gt;',
  'NOTE x',
  'bell\u0007 escape\u001b[2J null\u0000',
  'turned \u202e round',
  '{\\an8}up {Y:i}',
  '\ud800 alone',
];

describe('a transcript is written', () => {
  const two = transcript(said(1, 61.5, 62, 'Hello.'), said(0, 3661.25, 3663.5, 'Yes, hello?'));

  it('as WebVTT', () => {
    expect(writeTranscript(two, 'vtt', { names: ['desk', 'Ann'] })).toBe(
      'WEBVTT\n\n00:01:01.500 --> 00:01:02.000\n<v Ann>Hello.\n\n01:01:01.250 --> 01:01:03.500\n<v desk>Yes, hello?\n',
    );
  });

  it('as SRT', () => {
    expect(writeTranscript(two, 'srt')).toBe(
      '1\n00:01:01,500 --> 00:01:02,000\nremote: Hello.\n\n2\n01:01:01,250 --> 01:01:03,500\nlocal: Yes, hello?\n',
    );
  });

  it('as text and JSON', () => {
    expect(writeTranscript(two, 'text')).toBe(
      '[00:01:01.500] remote: Hello.\n[01:01:01.250] local: Yes, hello?\n',
    );
    expect(JSON.parse(writeTranscript(two, 'json'))).toEqual(two);
  });

  it('in cues whose times never go back and that have a length', () => {
    const text = writeTranscript(
      transcript(said(0, 2, 2, 'b'), said(1, 1, 9, 'a'), said(1, 2, 3, 'c')),
      'vtt',
    );
    const times = [...text.matchAll(/(\S+) --> (\S+)/g)].map(([, from, to]) => [from, to]);
    expect(times).toEqual([
      ['00:00:01.000', '00:00:09.000'],
      ['00:00:02.000', '00:00:02.001'],
      ['00:00:02.000', '00:00:03.000'],
    ]);
  });

  it('in several cues where a part is long and its words have places', () => {
    const words = Array.from({ length: 60 }, (_, at) => ({
      word: `word${at}`,
      from: at * RATE,
      to: (at + 1) * RATE,
    }));
    const text = words.map(({ word }) => word).join(' ');
    const long = { leg: 0 as const, text, from: 0, to: 60 * RATE, words };
    const lines = writeTranscript(transcript(long), 'text').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(4);
    expect(Math.max(...lines.map((each) => each.length))).toBeLessThan(120);
    expect(lines.map((each) => each.slice(each.indexOf(': ') + 2)).join(' ')).toBe(text);
    expect(
      writeTranscript(transcript({ ...long, text: `${text}!` }), 'text')
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });

  it.each(HOSTILE)('with %j as text', (text) => {
    const hostile = transcript(said(0, 1, 2, text), said(1, 3, 4, 'after'));
    for (const names of [
      [text.replace(/[\r\n\0]/g, ' '), 'Bob'],
      ['x>y', ''],
    ]) {
      const vtt = writeTranscript(hostile, 'vtt', { names });
      const [header, ...cues] = vtt.trimEnd().split('\n\n');
      expect(header).toBe('WEBVTT');
      expect(cues).toHaveLength(2);
      for (const cue of cues) {
        const lines = cue.split('\n');
        expect(lines).toHaveLength(2);
        expect(lines[0]).toMatch(/^[\d:.]+ --> [\d:.]+$/);
        expect(lines[1]).toMatch(/^<v [^<>]+>[^<>]*$/);
      }
      const srt = writeTranscript(hostile, 'srt', { names }).trimEnd().split('\n\n');
      expect(srt).toHaveLength(2);
      for (const cue of srt) expect(cue).toMatch(/^\d\n[\d:,]+ --> [\d:,]+\n[^\n<>{}]+$/);
      expect(writeTranscript(hostile, 'text', { names }).trimEnd().split('\n')).toHaveLength(2);
      for (const format of TRANSCRIPT_FORMATS)
        if (format !== 'json')
          expect(writeTranscript(hostile, format, { names }).replaceAll('\n', '')).not.toMatch(
            /[\p{Cc}\u202e]/u,
          );
    }
  });

  it.each([
    ['yaml', {}],
    ['vtt', { names: ['a\nb'] }],
    ['vtt', { voice: 1 }],
  ])('is not written as %s with %j', (format, options) => {
    expect(() => writeTranscript(two, format as 'vtt', options as object)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
    );
  });
});

describe.skipIf(!has)('players read what is written (needs ffmpeg)', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-captions-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['vtt', 'srt'] as const)('as %s, cue for cue', async (format) => {
    const parts = HOSTILE.map((text, at) => said((at % 2) as 0 | 1, at * 2, at * 2 + 1, text));
    const path = join(folder, `call.${format}`);
    await writeFile(path, writeTranscript(transcript(...parts), format));
    const read = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'srt', '-'], { encoding: 'utf8' });
    const cues = read.trimEnd().split(/\n\n/);
    expect(cues).toHaveLength(HOSTILE.length);
    for (const [at, cue] of cues.entries()) {
      const second = String(at * 2).padStart(2, '0');
      expect(cue.split('\n')[1]).toMatch(new RegExp(`^00:00:${second},000 --> `));
    }
    expect(cues[0]?.split('\n').slice(2).join(' ')).toContain(format === 'vtt' ? 'a --> b' : 'a --› b');
  });
});
