import type { Span } from '../speech-units.js';
import type { SaidPart } from './said-part.js';

/** A word as it is compared: in lower case, without accents and punctuation. */
export interface Token extends Span {
  readonly token: string;
  /** As it was written. */
  readonly text: string;
}

/** Word breaks of Unicode, with dictionaries for scripts that have no spaces. */
let words: Intl.Segmenter | undefined;
const MARKS = /\p{M}+/gu;

/** The words of a text, as they were written, with their place in it. */
export function tokensIn(text: string): Token[] {
  // Not at the start of the process: to load the dictionaries takes 20 ms.
  words ??= new Intl.Segmenter('und', { granularity: 'word' });
  return Array.from(words.segment(text))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment, index }) => ({
      token: compared(segment),
      text: segment,
      from: index,
      to: index + segment.length,
    }));
}

/** The form in which words are compared. */
function compared(word: string): string {
  return word.normalize('NFKD').replace(MARKS, '').replaceAll('’', "'").toLowerCase();
}

/** The words of a part with their places in the conversation: that of the part for a word that has none of its own. */
export function tokensOf({ from, to, text, words }: SaidPart): Token[] {
  if (words.length === 0) return tokensIn(text).map((token) => ({ ...token, from, to }));
  return words.flatMap((word) =>
    tokensIn(word.word).map((token) => ({ ...token, from: word.from, to: word.to })),
  );
}
