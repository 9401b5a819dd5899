import { listOf, rule, words as text } from '../../base/check.js';
import type { Span } from '../speech-units.js';
import type { LegIndex } from '../turns/turn-events.js';

/** A word that was said. Positions are samples of the conversation. */
export interface SaidWord extends Span {
  readonly word: string;
  /** Probability that it is right, 0 to 1, when the engine says so. */
  readonly confidence?: number;
}

/** Something that one leg said at a stretch. Positions are samples of the conversation. */
export interface SaidPart extends Span {
  readonly leg: LegIndex;
  readonly text: string;
  /** In order of time; empty when the engine does not tell where they are. */
  readonly words: readonly SaidWord[];
}

const isPlace = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isSpan = (value: unknown) => {
  const { from, to } = Object(value);
  return isPlace(from) && isPlace(to) && from <= to;
};
const WORDS = listOf(rule('a word', (value) => isSpan(value) && text.accepts(Object(value).word)));

/** Accepts a part of what was said. */
export const SAID_PART = rule(
  '{ leg, text, from, to, words }, its places whole samples',
  (value) =>
    isSpan(value) &&
    [0, 1].includes(Object(value).leg) &&
    text.accepts(Object(value).text) &&
    WORDS.accepts(Object(value).words),
);
