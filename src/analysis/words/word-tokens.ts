import type { Span } from '../speech-units.js';
import type { SaidPart } from './said-part.js';

/** Word in the form in which it is compared: in lower case, without accents and punctuation. */
export interface Token extends Span {
  readonly token: string;
  /** Word as it was written. */
  readonly text: string;
}

/** Word breaks of Unicode, with dictionaries for scripts without spaces. */
let words: Intl.Segmenter | undefined;
const MARKS = /\p{M}+/gu;

/** Splits a text into words with their positions in it. */
export function tokensIn(text: string): Token[] {
  return Array.from(segmentsOf(text))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment, index }) => ({
      token: compared(segment),
      text: segment,
      from: index,
      to: index + segment.length,
    }));
}

interface Segment {
  readonly segment: string;
  readonly index: number;
  readonly isWordLike: boolean | undefined;
}

/** Length of the pieces that are segmented at once, and of the end of a piece that is looked at again with the next. */
const PIECE = 1024;
const AGAIN = 128;

/**
 * Segments a text in pieces, since V8 copies the whole text for each segment: a text of 80,000 characters would take
 * minutes and gigabytes.
 */
function* segmentsOf(text: string): Generator<Segment> {
  // Created on first use: loading the dictionaries takes 20 ms.
  words ??= new Intl.Segmenter('und', { granularity: 'word' });
  for (let at = 0, next = 0; at < text.length; at = next) {
    const isLast = at + PIECE >= text.length;
    for (const { segment, index, isWordLike } of words.segment(text.slice(at, at + PIECE))) {
      next = at + index;
      // The end of a piece may belong to a word that goes on.
      if (!isLast && index > 0 && index + segment.length > PIECE - AGAIN) break;
      yield { segment, index: next, isWordLike };
      next += segment.length;
    }
  }
}

/** Converts a word to the form in which words are compared. */
function compared(word: string): string {
  return word.normalize('NFKD').replace(MARKS, '').replaceAll('’', "'").toLowerCase();
}

/**
 * Returns the words of a part with their positions in the conversation. A word without a position gets that of the
 * part.
 */
export function tokensOf({ from, to, text, words }: SaidPart): Token[] {
  if (words.length === 0) return tokensIn(text).map((token) => ({ ...token, from, to }));
  return words.flatMap((word) =>
    tokensIn(word.word).map((token) => ({ ...token, from: word.from, to: word.to })),
  );
}
