import { entryOf } from '../../base/entry-of.js';
import type { CountedUnit, Language } from './language.js';
import { spellNumber } from './number-series.js';
import type { SpokenWord } from './spoken-word.js';

/** Words of a language, each with its prompt, and numbers made of them. */
export class Vocabulary {
  readonly #language: Language;
  /** Created at its first use, since that takes a while. */
  #plurals: Intl.PluralRules | undefined;

  constructor(language: Language) {
    this.#language = language;
  }

  word(name: string, text: string): SpokenWord {
    return { prompt: `word/${name}`, text };
  }

  /** Returns one of the language's own words. Its text is empty when there is no word of this name. */
  own(name: string): SpokenWord {
    return this.word(name, entryOf(this.#language.words, name) ?? '');
  }

  digit(digit: string): SpokenWord {
    const { cardinals, star, pound, plus } = this.#language;
    if (digit === '*') return { prompt: 'digit/star', text: star };
    if (digit === '#') return { prompt: 'digit/pound', text: pound };
    if (digit === '+') return this.word('plus', plus);
    return { prompt: `digit/${digit}`, text: cardinals.numbers[Number(digit)] ?? '' };
  }

  cardinal(value: number, form = ''): SpokenWord[] {
    return spellNumber(value, this.#language.cardinals, form);
  }

  signed(isNegative: boolean, words: readonly SpokenWord[]): SpokenWord[] {
    return isNegative ? [this.word('minus', this.#language.minus), ...words] : [...words];
  }

  /** Returns a number with its unit: `two hours`. */
  counted(count: number, name: string, { plurals, form }: CountedUnit): SpokenWord[] {
    this.#plurals ??= new Intl.PluralRules(this.#language.code);
    const plural = this.#plurals.select(count);
    return [
      ...this.cardinal(count, form),
      { prompt: `unit/${name}-${plural}`, text: plurals[plural] ?? plurals.other },
    ];
  }

  year(year: number): SpokenWord[] {
    const { years } = this.#language;
    const [century, below] = [Math.floor(year / 100), year % 100];
    const hundred = this.cardinal(200).slice(-1);
    if (years === 'hundreds' && year >= 1100 && year <= 1999)
      return together([...this.cardinal(century), ...hundred, ...(below === 0 ? [] : this.cardinal(below))]);
    const isPair = year >= 1000 && year <= 9999 && (century % 10 > 0 || below >= 10);
    if (years !== 'pairs' || !isPair) return this.cardinal(year);
    if (below === 0) return [...this.cardinal(century), ...hundred];
    return [...this.cardinal(century), ...this.oh(below), ...this.cardinal(below)];
  }

  /** Returns the word before a number below ten that stands for two digits, in languages that have it: `oh five`. */
  oh(number: number): SpokenWord[] {
    const { oh } = this.#language.time;
    return number < 10 && oh !== undefined ? [this.word('oh', oh)] : [];
  }
}

/** Joins all words of a number into one. */
function together(words: readonly SpokenWord[]): SpokenWord[] {
  return words.map((word, index) => (index < words.length - 1 ? { ...word, joint: '' } : word));
}
