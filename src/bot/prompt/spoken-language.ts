import { whole } from '../../base/check.js';
/** A recording that a spoken number or date is put together from, and its text for a speech engine. */
export interface SpokenWord {
  /** Name of the prompt, for example `number/20`. */
  readonly prompt: string;
  readonly text: string;
}

/** The words with which a language says numbers, digits and dates. */
export interface SpokenLanguage {
  /** BCP 47 code of the language: `en`. */
  readonly code: string;
  /** A whole number from -999,999,999 to 999,999,999. */
  number(value: number): readonly SpokenWord[];
  /** One of 0-9, `*` and `#`. */
  digit(digit: string): SpokenWord;
  /** @param month 1 to 12. */
  date(year: number, month: number, day: number): readonly SpokenWord[];
}

/** Words of a language by what they stand for. */
export interface Vocabulary {
  /** 0 to 19 (and further where the language has words of its own). */
  readonly ones: readonly string[];
  /** 20, 30, ... 90. */
  readonly tens: readonly string[];
  readonly minus: string;
  readonly star: string;
  readonly pound: string;
  readonly months: readonly string[];
}

/** The prompts of a vocabulary: `number/7`, `number/40`, `month/3`, `word/and`. */
export function wordsOf(vocabulary: Vocabulary): {
  readonly number: (value: number) => SpokenWord;
  readonly word: (name: string, text: string) => SpokenWord;
  readonly month: (month: number) => SpokenWord;
  readonly digit: (digit: string) => SpokenWord;
} {
  const number = (value: number): SpokenWord => ({
    prompt: `number/${value}`,
    text: vocabulary.ones[value] ?? vocabulary.tens[value / 10 - 2] ?? String(value),
  });
  return {
    number,
    word: (name, text) => ({ prompt: `word/${name}`, text }),
    month: (month) => ({ prompt: `month/${month}`, text: vocabulary.months[month - 1] ?? '' }),
    digit: (digit) => {
      if (digit === '*') return { prompt: 'digit/star', text: vocabulary.star };
      if (digit === '#') return { prompt: 'digit/pound', text: vocabulary.pound };
      return { prompt: `digit/${digit}`, text: number(Number(digit)).text };
    },
  };
}

/** Numbers that can be said. */
export const NUMBER = whole(-999_999_999, 999_999_999);
