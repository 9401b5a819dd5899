import { line, type Rules, rule, whole } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import type { Span } from '../speech-units.js';
import type { LegIndex } from '../turns/turn-events.js';
import { type Token, tokensIn } from './word-tokens.js';

/** Word or phrase to find. Case, accents and punctuation do not matter. */
export interface Keyword {
  readonly phrase: string;
  /** Name of the alert. Default: the phrase. */
  readonly name?: string;
  /**
   * Letters of each word that may differ: 0 to 5. A word with no more letters than that has to match exactly. Default
   * 0.
   */
  readonly edits?: number;
  /** Other words allowed between two words of the phrase: 0 to 50. Default 0. */
  readonly apart?: number;
  /** Leg that has to say the phrase. Default: either. */
  readonly leg?: LegIndex;
}

/** Keyword that was said. Positions are samples of the conversation. */
export interface WordAlert extends Span {
  readonly leg: LegIndex;
  /** Name of the keyword. */
  readonly name: string;
  /** Words as they were transcribed. */
  readonly text: string;
  /** Letters that differ. */
  readonly edits: number;
  /** Other words between those of the phrase. */
  readonly apart: number;
}

const KEYWORD: Rules<Keyword> = {
  phrase: line(1, 1000),
  name: line(1, 1000),
  edits: whole(0, 5, 'letters'),
  apart: whole(0, 50, 'words'),
  leg: whole(0, 1),
} as Rules<Keyword>;

/** Accepts a list of keywords. */
export const KEYWORDS = rule(
  'a list of { phrase, name?, edits? (0 to 5), apart? (0 to 50), leg? (0 or 1) }, each phrase with at least one word',
  (value) => Array.isArray(value) && value.length <= 10_000 && value.every(isKeyword),
);

function isKeyword(value: unknown): value is Keyword {
  if (typeof value !== 'object' || value === null) return false;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const areRight = fields.every(([name, field]) =>
    Object.hasOwn(KEYWORD, name) ? KEYWORD[name as keyof Keyword].accepts(field) : false,
  );
  return areRight && 'phrase' in value && tokensIn(String(value.phrase)).length > 0;
}

/** Phrase of which the first words were heard. */
interface Begun {
  readonly tokens: readonly Token[];
  readonly last: number;
  readonly edits: number;
  readonly apart: number;
}

/**
 * Finds keywords in the words of one leg, which come in order. Words of one match are not used for another match of the
 * same phrase.
 */
export class KeywordWatch {
  readonly #leg: LegIndex;
  readonly #phrases: readonly { readonly keyword: Keyword; readonly words: readonly string[] }[];
  /** Newest incomplete match of each phrase, by the number of words that were heard. */
  readonly #begun: Map<number, Begun>[];
  #count = 0;

  /** @throws ERR_INVALID_ARG for a keyword without a word. */
  constructor(leg: LegIndex, keywords: readonly Keyword[]) {
    this.#leg = leg;
    this.#phrases = keywords
      .filter((keyword) => (keyword.leg ?? leg) === leg)
      .map((keyword) => ({ keyword, words: wordsOf(keyword) }));
    this.#begun = this.#phrases.map(() => new Map());
  }

  /** Takes the next words. */
  take(tokens: readonly Token[]): WordAlert[] {
    const alerts: WordAlert[] = [];
    for (const token of tokens) {
      for (const [index, { keyword, words }] of this.#phrases.entries()) {
        const alert = this.#follow(keyword, words, this.#begun[index] as Map<number, Begun>, token);
        if (alert) alerts.push(alert);
      }
      this.#count++;
    }
    return alerts;
  }

  #follow(
    keyword: Keyword,
    words: readonly string[],
    begun: Map<number, Begun>,
    token: Token,
  ): WordAlert | undefined {
    const { edits = 0, apart = 0 } = keyword;
    // The longest match first, so that a word extends each incomplete match only once.
    for (let heard = words.length - 1; heard >= 0; heard--) {
      const before = heard === 0 ? NONE : begun.get(heard);
      const word = words[heard];
      if (!before || word === undefined) continue;
      const between = heard === 0 ? 0 : this.#count - before.last - 1;
      if (between > apart) {
        begun.delete(heard);
        continue;
      }
      const differ = differenceOf(word, token, edits);
      if (differ === undefined) continue;
      const now = {
        tokens: [...before.tokens, token],
        last: this.#count,
        edits: before.edits + differ,
        apart: before.apart + between,
      };
      if (heard + 1 < words.length) {
        begun.set(heard + 1, now);
        continue;
      }
      begun.clear();
      return this.#alertOf(keyword, now);
    }
    return undefined;
  }

  #alertOf({ phrase, name = phrase }: Keyword, { tokens, edits, apart }: Begun): WordAlert {
    const [first, last] = [tokens[0], tokens.at(-1)];
    const text = tokens.map((token) => token.text).join(' ');
    return { leg: this.#leg, name, text, from: first?.from ?? 0, to: last?.to ?? 0, edits, apart };
  }
}

/** True when one of the words may be one of a phrase. */
export function mayHaveWordOf(phrases: readonly Keyword[], tokens: readonly Token[]): boolean {
  return phrases.some((keyword) =>
    wordsOf(keyword).some((word) =>
      tokens.some((token) => differenceOf(word, token, keyword.edits ?? 0) !== undefined),
    ),
  );
}

/** Counts the letters by which a word differs from one of a phrase; undefined when it is another word. */
function differenceOf(word: string, { token }: Token, edits: number): number | undefined {
  return editsBetween(word, token, word.length > edits ? edits : 0);
}

const NONE: Begun = { tokens: [], last: -1, edits: 0, apart: 0 };

function wordsOf({ phrase }: Keyword): string[] {
  const words = tokensIn(phrase).map(({ token }) => token);
  if (words.length === 0) throw invalidArgument('phrase', 'a string with at least one word', phrase);
  return words;
}

/**
 * Counts the letters to add, remove or change to turn one word into the other; undefined when there are more than
 * `most`.
 */
export function editsBetween(one: string, other: string, most: number): number | undefined {
  if (one === other) return 0;
  const [a, b] = [Array.from(one), Array.from(other)];
  if (most === 0 || Math.abs(a.length - b.length) > most) return undefined;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of a.entries()) {
    const next = [i + 1];
    for (const [j, against] of b.entries()) {
      const changed = (row[j] as number) + (letter === against ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  const edits = row.at(-1) as number;
  return edits <= most ? edits : undefined;
}
