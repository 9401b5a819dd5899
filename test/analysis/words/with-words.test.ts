import { describe, expect, it } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { partOf, partsOf, transcriptOf } from '../../../src/analysis/words/conversation-transcript.js';
import type { SaidPart } from '../../../src/analysis/words/said-part.js';
import { withWords } from '../../../src/analysis/words/with-words.js';
import { murmur } from '../murmur.js';
import { type Script, segment } from './scripted.js';

const RATE = 16_000;

/** The local leg speaks from 1 to 3 s and from 8 to 9 s, the remote one from 4.5 to 6.5 s. */
function conversation() {
  const analysis = new ConversationAnalysis();
  analysis.push([
    murmur(10, [
      [1, 3],
      [8, 9],
    ]),
    murmur(10, [[4.5, 6.5]], 2),
  ]);
  analysis.end();
  return analysis;
}

function part(leg: 0 | 1, script: Script, text?: string): SaidPart {
  const found = partOf({ ...segment(script), ...(text !== undefined && { text }) }, leg, {
    sampleRate: RATE,
    samples: 10 * RATE,
  });
  if (!found) throw new Error('no words');
  return found;
}

const QUESTION: Script = [
  ['Is', 1, 1.2],
  ['that', 1.2, 1.5],
  ['all?', 1.5, 2.9],
];
const ANSWER: Script = [
  ['That', 4.6, 5],
  ['is', 5, 5.5],
  ['all.', 5.5, 6.4],
];

describe('figures of words', () => {
  const report = conversation().report();
  const words = (...parts: SaidPart[]) => withWords(report, transcriptOf(parts, { sampleRate: RATE }));

  it('are not computable where nothing was transcribed', () => {
    for (const leg of report.legs)
      for (const figure of [leg.words, leg.wordsPerMinute, leg.questions, leg.answerMs])
        expect(figure).toEqual({ notComputable: 'no-words' });
    expect([report.said, report.talk.alerts]).toEqual([[], []]);
  });

  it('are the rate of words in the speech of the leg, the questions, and the silence before each answer', () => {
    const { legs, said } = words(part(0, QUESTION), part(1, ANSWER));
    expect(legs[0]).toMatchObject({ words: 3, questions: 1, answerMs: { notComputable: 'no-answers' } });
    expect(legs[1]).toMatchObject({ words: 3, questions: 0 });
    expect(legs[0]?.wordsPerMinute).toBeCloseTo(180_000 / (report.legs[0]?.speechMs ?? 0), 6);
    const [asked, answered] = [report.legs[0]?.speech[0]?.to ?? 0, report.legs[1]?.speech[0]?.from ?? 0];
    expect(legs[1]?.answerMs).toMatchObject({ count: 1, median: ((answered - asked) * 1000) / RATE });
    expect(said.map(({ text }) => text)).toEqual(['Is that all?', 'That is all.']);
  });

  it('count no answer where the asker goes on after the question', () => {
    const { legs } = words(
      part(1, ANSWER),
      part(0, [['What?', 1, 1.2], ...QUESTION.slice(1)], 'What? that all'),
    );
    expect(legs[1]?.answerMs).toEqual({ notComputable: 'no-answers' });
    expect(legs[0]?.questions).toBe(1);
  });

  it('find questions without punctuation by their first word, in English alone', () => {
    const plain = (language?: string) =>
      withWords(
        report,
        transcriptOf([part(0, QUESTION, 'well is that all'), part(1, ANSWER, 'that is all')], {
          sampleRate: RATE,
          ...(language !== undefined && { language }),
        }),
      ).legs;
    expect(plain()[0]?.questions).toBe(1);
    expect(plain('en-GB')[1]?.questions).toBe(0);
    expect(plain('de')[0]?.questions).toEqual({ notComputable: 'no-punctuation' });
    expect(plain('de')[1]?.answerMs).toEqual({ notComputable: 'no-punctuation' });
    expect(plain('de')[0]?.words).toBe(4);
  });

  it('are the same of a transcript that counts in another rate', () => {
    const half = transcriptOf(
      [part(0, QUESTION), part(1, ANSWER)].map((each) => ({
        ...each,
        from: each.from / 2,
        to: each.to / 2,
        words: each.words.map((word) => ({ ...word, from: word.from / 2, to: word.to / 2 })),
      })),
      { sampleRate: RATE / 2 },
    );
    expect(withWords(report, half)).toEqual(words(part(0, QUESTION), part(1, ANSWER)));
  });

  it('of a leg that the engine failed on cannot be computed', () => {
    const { legs } = withWords(
      report,
      transcriptOf([part(0, QUESTION), part(1, ANSWER)], { sampleRate: RATE, failed: [0] }),
    );
    expect(legs[0]).toMatchObject({ words: { notComputable: 'transcriber-failed' } });
    expect(legs[1]).toMatchObject({ words: 3, answerMs: { notComputable: 'transcriber-failed' } });
  });

  it('are the same during the call as after it', () => {
    const live = conversation();
    const events = [part(0, QUESTION), part(1, ANSWER)].flatMap((each) => live.say(each));
    expect(events.map(({ type }) => type)).toEqual(['words', 'words']);
    const { said, legs } = words(part(0, QUESTION), part(1, ANSWER));
    expect(live.report()).toMatchObject({ said, legs });
  });

  it('exist for one leg too', () => {
    const analysis = new ConversationAnalysis({ legs: 1 });
    analysis.push([murmur(10, [[1, 3]])]);
    analysis.say(part(0, QUESTION));
    analysis.end();
    expect(analysis.report().legs[0]).toMatchObject({
      words: 3,
      questions: 1,
      answerMs: { notComputable: 'one-leg' },
    });
    expect(() => analysis.say(part(1, ANSWER))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
  });

  it.each([
    [null],
    [{}],
    [{ ...part(0, QUESTION), from: Number.NaN }],
    [{ ...part(0, QUESTION), from: 10, to: 5 }],
    [{ ...part(0, QUESTION), words: [{ word: 3, from: 0, to: 0 }] }],
  ])('refuse %j', (wrong) => {
    expect(() => conversation().say(wrong as SaidPart)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
    );
  });
});

describe('the words of an engine', () => {
  const conversationOf = { sampleRate: 8000, samples: 8000 };

  it('have places in the samples of the conversation, in order and within its length', () => {
    const words = [
      { word: 'one', from: -5, to: 1600 },
      { word: 'two', from: 1000, to: 900 },
      { word: 'three', from: Number.NaN, to: 99_999_999, confidence: 0.5 },
    ];
    const [found] = partsOf(
      { text: 'one two three', segments: [{ text: 'one two three', from: 0, to: 16_000, words }] },
      1,
      conversationOf,
    );
    expect(found).toMatchObject({ leg: 1, from: 0, to: 8000 });
    expect(found?.words).toEqual([
      { word: 'one', from: 0, to: 800 },
      { word: 'two', from: 500, to: 500 },
      { word: 'three', from: 500, to: 8000, confidence: 0.5 },
    ]);
  });

  it('are one part as long as the leg where they have no places, and no part where there are no words', () => {
    expect(partsOf({ text: 'hello there' }, 0, conversationOf)).toEqual([
      { leg: 0, text: 'hello there', from: 0, to: 8000, words: [] },
    ]);
    expect(partsOf({ text: ' ... ' }, 0, conversationOf)).toEqual([]);
  });
});
