import { checkArgument, checkOptions, type Rules, rule } from '../../base/check.js';
import type { AnalysisReport, LegReport, NotComputableReason } from '../analysis-report.js';
import { distribution, none } from '../figures.js';
import type { LegIndex } from '../turns/turn-events.js';
import { type ConversationTranscript, TRANSCRIPT } from './conversation-transcript.js';
import { KEYWORDS, type Keyword, KeywordWatch, type WordAlert } from './keyword-watch.js';
import { answerSilences, questionsOf } from './questions.js';
import type { SaidPart } from './said-part.js';
import { tokensIn, tokensOf } from './word-tokens.js';

/** Options of {@link withWords}. */
export interface WordOptions {
  /** Words and phrases to find. Default: none. */
  readonly keywords?: readonly Keyword[];
}

/** Accepts the report of an analysis. It checks only the fields that are read here. */
export const REPORT = rule('the report of an analysis', (value) => {
  const { legs, talk, samples, sampleRate, durationMs } = Object(value);
  return (
    [samples, sampleRate, durationMs].every((each) => typeof each === 'number') &&
    hasLists(talk, ['deadAir', 'events']) &&
    Array.isArray(legs) &&
    legs.every((leg) => hasLists(leg, ['speech', 'music', 'tones', 'pressed']))
  );
});
const hasLists = (value: unknown, names: readonly string[]) =>
  names.every((name) => Array.isArray(Reflect.get(Object(value), name)));
/** Rules of {@link WordOptions}. */
export const WORD_OPTIONS: Rules<WordOptions> = { keywords: KEYWORDS };

/** Figures of a leg that depend on words. */
export type LegWords = Pick<LegReport, 'words' | 'wordsPerMinute' | 'questions' | 'answerMs'>;

/** Makes the figures of a leg that has no words. */
export function noWords(reason: NotComputableReason = 'no-words'): LegWords {
  const missing = none(reason);
  return { words: missing, wordsPerMinute: missing, questions: missing, answerMs: missing };
}

/**
 * Adds words to a report: the figures that depend on them, the keywords, and the transcript. Such figures that the
 * report has already are replaced.
 *
 * @param transcript Transcript of the same conversation, at any sample rate. Undefined: there are no words.
 * @throws ERR_INVALID_ARG
 */
export function withWords(
  report: AnalysisReport,
  transcript: ConversationTranscript | undefined,
  options: WordOptions = {},
): AnalysisReport {
  checkArgument('report', report, REPORT);
  if (transcript !== undefined) checkArgument('transcript', transcript, TRANSCRIPT);
  checkOptions(options, WORD_OPTIONS);
  const said = transcript ? scaled(transcript, report.sampleRate) : [];
  const bySide = ([0, 1] as const).map((leg) => wordsOf(leg, said, transcript ?? {}));
  const { keywords = [] } = options;
  return {
    ...report,
    legs: report.legs.map((leg, index) => ({
      ...leg,
      ...wordFigures(bySide[index], leg.speechMs),
      answerMs: answers(report, index, bySide[1 - index]),
    })),
    talk: { ...report.talk, alerts: alertsIn(said, keywords) },
    said,
  };
}

/** Finds the keywords that were said, in order of time. */
export function alertsIn(said: readonly SaidPart[], keywords: readonly Keyword[]): WordAlert[] {
  if (keywords.length === 0) return [];
  const watches = [new KeywordWatch(0, keywords), new KeywordWatch(1, keywords)] as const;
  return said
    .flatMap((part) => watches[part.leg].take(tokensOf(part)))
    .sort((a, b) => a.from - b.from || a.leg - b.leg);
}

/** The words of one leg. */
interface WordsOfLeg {
  readonly hasFailed: boolean;
  readonly hasParts: boolean;
  readonly words: number;
  /** Ends of the questions; undefined where questions cannot be recognised. */
  readonly questions: readonly number[] | undefined;
}

function wordsOf(
  leg: LegIndex,
  said: readonly SaidPart[],
  facts: Pick<ConversationTranscript, 'language' | 'failed'>,
): WordsOfLeg {
  const own = said.filter((part) => part.leg === leg);
  return {
    hasFailed: facts.failed?.includes(leg) === true,
    hasParts: own.length > 0,
    words: own.reduce((sum, { text }) => sum + tokensIn(text).length, 0),
    questions: questionsOf(own, facts),
  };
}

function wordFigures(leg: WordsOfLeg | undefined, speechMs: number): LegWords {
  if (leg?.hasFailed) return noWords('transcriber-failed');
  if (!leg || leg.words === 0) return noWords();
  const { words, questions } = leg;
  return {
    ...noWords(),
    words,
    wordsPerMinute: speechMs === 0 ? none('no-speech') : (words * 60_000) / speechMs,
    questions: questions ? questions.length : none('no-punctuation'),
  };
}

/** Computes the silences before the answers of a leg to the questions of the other. */
function answers(
  { legs, sampleRate }: AnalysisReport,
  index: number,
  asker: WordsOfLeg | undefined,
): LegWords['answerMs'] {
  if (legs.length < 2) return none('one-leg');
  if (asker?.hasFailed) return none('transcriber-failed');
  if (!asker?.hasParts) return none('no-words');
  if (!asker.questions) return none('no-punctuation');
  const [answering, asking] = [legs[index]?.speech ?? [], legs[1 - index]?.speech ?? []];
  const silences = answerSilences(asker.questions, asking, answering, sampleRate);
  return distribution(
    silences.map((at) => (at * 1000) / sampleRate),
    'no-answers',
  );
}

/** Converts the parts of a transcript to another sample rate. */
function scaled({ parts, sampleRate }: ConversationTranscript, rate: number): readonly SaidPart[] {
  if (sampleRate === rate) return parts;
  const place = <T extends { readonly from: number; readonly to: number }>(span: T): T => ({
    ...span,
    from: Math.round((span.from * rate) / sampleRate),
    to: Math.round((span.to * rate) / sampleRate),
  });
  return parts.map((part) => ({ ...place(part), words: part.words.map(place) }));
}
