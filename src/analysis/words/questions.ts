import type { Span } from '../speech-units.js';
import type { ConversationTranscript } from './conversation-transcript.js';
import type { SaidPart } from './said-part.js';
import { tokensIn, tokensOf } from './word-tokens.js';

const SENTENCE = /[^.?!…。？！؟;]+[.?!…。？！؟;]*/gu;
const MARK = /[?？؟]/u;
const PUNCTUATION = /[.?!…。？！؟]/u;
/** First words of English questions. */
const ASKING = new Set(
  (
    'who whom whose what which when where why how is are was were am do does did can could will would shall should ' +
    "may might must have has had isn't aren't wasn't don't doesn't didn't can't couldn't won't wouldn't"
  ).split(' '),
);
/** Words that may come before the first word of a question. */
const LEADING = new Set(
  'so and but or well okay ok now then um uh er oh right yes yeah no please sorry'.split(' '),
);

/**
 * Finds the ends of the questions of a leg. A question is a sentence that ends with a question mark. Where the
 * transcript has no punctuation and the language is English, it is a part that begins with a question word or an
 * auxiliary verb. Returns undefined where questions cannot be recognised.
 */
export function questionsOf(
  parts: readonly SaidPart[],
  { language = 'en' }: Pick<ConversationTranscript, 'language'>,
): number[] | undefined {
  if (parts.some(({ text }) => PUNCTUATION.test(text))) return parts.flatMap(byMark);
  if (!/^en\b/i.test(language)) return undefined;
  return parts.filter(({ text }) => isAsking(text)).map(({ to }) => to);
}

function isAsking(text: string): boolean {
  const first = tokensIn(text).find(({ token }) => !LEADING.has(token));
  return first !== undefined && ASKING.has(first.token);
}

/**
 * Finds the ends of the sentences with a question mark: the end of the last word where words have positions, else that
 * of the part.
 */
function byMark(part: SaidPart): number[] {
  if (!MARK.test(part.text)) return [];
  const words = part.words.length > 0 ? tokensOf(part) : [];
  const sentences = part.text.match(SENTENCE) ?? [];
  const counts = sentences.map((sentence) => tokensIn(sentence).length);
  const isPlaced = counts.reduce((sum, count) => sum + count, 0) === words.length;
  const ends: number[] = [];
  let count = 0;
  for (const [index, sentence] of sentences.entries()) {
    count += counts[index] ?? 0;
    if (MARK.test(sentence) && counts[index]) ends.push((isPlaced && words[count - 1]?.to) || part.to);
  }
  return ends;
}

/**
 * Greatest distance between the end of the last word of a question and the end of the speech that contains it, in ms.
 */
const TAIL_MS = 500;

/**
 * Measures the silence between the end of each question and the first speech of the other leg, in samples. A question
 * is left out when the asker goes on, or when the other speaks over its end.
 */
export function answerSilences(
  ends: readonly number[],
  asker: readonly Span[],
  other: readonly Span[],
  sampleRate: number,
): number[] {
  const tail = (TAIL_MS * sampleRate) / 1000;
  return ends.flatMap((end) => {
    const unit = asker.find(({ from, to }) => from < end && to >= end - tail);
    const over = unit && Math.abs(unit.to - end) <= tail ? unit.to : end;
    if (other.some(({ from, to }) => from < over && to > over)) return [];
    const next = other.find(({ from }) => from >= over);
    const goesOn = asker.some(({ from, to }) => to > over && from < (next?.from ?? Infinity));
    return next && !goesOn ? [next.from - over] : [];
  });
}
