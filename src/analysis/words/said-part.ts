import { listOf, rule, words as text } from '../../base/check.js';
import type { Span } from '../speech-units.js';
import type { LegIndex } from '../turns/turn-events.js';

/** Word of a leg. Positions are samples of the conversation. */
export interface SaidWord extends Span {
  readonly word: string;
  /** Probability that the word is right, 0 to 1, if the transcriber tells it. */
  readonly confidence?: number;
}

/** Words that one leg said in one stretch. Positions are samples of the conversation. */
export interface SaidPart extends Span {
  readonly leg: LegIndex;
  readonly text: string;
  /** Words in order of time; empty when the transcriber does not tell positions. */
  readonly words: readonly SaidWord[];
}

const isPlace = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isSpan = (value: unknown) => {
  const { from, to } = Object(value);
  return isPlace(from) && isPlace(to) && from <= to;
};
const WORDS = listOf(rule('a word', (value) => isSpan(value) && text.accepts(Object(value).word)));

/** Accepts a {@link SaidPart}. */
export const SAID_PART = rule(
  '{ leg, text, from, to, words } with times in whole samples',
  (value) =>
    isSpan(value) &&
    [0, 1].includes(Object(value).leg) &&
    text.accepts(Object(value).text) &&
    WORDS.accepts(Object(value).words),
);
