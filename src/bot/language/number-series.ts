import { entryOf } from '../../base/entry-of.js';
import { invalidArgument } from '../../base/errors.js';
import type { SpokenWord } from './spoken-word.js';

/**
 * One rule of building numbers: `[from, by, whole, rest, special]`. It applies from `from` to the next rule, and
 * divides a number by `by` into a count and a rest. `whole` is the pattern without a rest, `rest` the pattern with one,
 * `special` the patterns of some rests.
 *
 * A pattern is a list of tokens with blanks between. `*` is the count, `#` the rest, `=` the number without its rest.
 * Any other token is the name of a word. `*f` and `#f` are in the form `f`. A `~` in front takes the cardinal. A token
 * that ends in `+` is joined to the next word, one that ends in `-` is joined with a hyphen.
 */
export type NumberRule = readonly [
  from: number,
  by: number,
  whole: string,
  rest: string,
  special?: Readonly<Record<number, string>>,
];

/** The words of a language for one kind of number, and the rules that combine them. */
export interface NumberSeries {
  /** Words of numbers that are not built by a rule: 0 to 19, 20, 30, ... */
  readonly numbers: Readonly<Record<number, string>>;
  /** Other words of the rules, by any names: `hundred`, `and`. */
  readonly words: Readonly<Record<string, string>>;
  /**
   * Ordered by `from`. The last rule whose `from` is not above a number applies. Every number without a word needs a
   * rule.
   */
  readonly rules: readonly NumberRule[];
  /**
   * Replacements of words in a form, by number or name: `{ a: { 1: 'ein' } }`. Each replacement is a name in `words`.
   */
  readonly forms?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Largest number. Default 999,999,999. */
  readonly max?: number;
  /** First part of its prompts' names: `number/7`. */
  readonly prompt: string;
}

export const MAX_NUMBER = 999_999_999;

/**
 * Returns the words of a whole number of 0 or more.
 *
 * @param cardinals Series that `~` refers to.
 * @throws ERR_INVALID_ARG when the number is too large for the series.
 */
export function spellNumber(
  value: number,
  series: NumberSeries,
  form = '',
  cardinals: NumberSeries = series,
): SpokenWord[] {
  const { numbers, rules, max = MAX_NUMBER } = series;
  if (value > max) throw invalidArgument('number', `at most ${max} for this kind of number`, value);
  const own = numbers[value] === undefined ? undefined : [numberWord(value, series)];
  return inForm(own ?? spellByRule(value, series, rules, cardinals), series, form);
}

function spellByRule(
  value: number,
  series: NumberSeries,
  rules: readonly NumberRule[],
  cardinals: NumberSeries,
): SpokenWord[] {
  const rule = rules.findLast(([from]) => from <= value);
  if (!rule) throw invalidArgument('number', 'a number that the language has a word or a rule for', value);
  const [, by, whole, rest, special = {}] = rule;
  const below = value % by;
  const pattern = below === 0 ? whole : (special[below] ?? rest);
  return pattern.split(' ').flatMap((token) => {
    const [, base = '', sign = '', named = '', joint = ''] = /^(~?)([*#=]?)([\w]*)([+-]?)$/.exec(token) ?? [];
    const of = base === '~' ? cardinals : series;
    const say = (number: number) => spellNumber(number, of, named, cardinals);
    const words =
      sign === '*'
        ? say(Math.floor(value / by))
        : sign === '#'
          ? say(below)
          : sign === '='
            ? say(value - below)
            : [wordOf(named, of)];
    return joined(words, joint);
  });
}

/** Marks the last word as joined to the next one. */
function joined(words: readonly SpokenWord[], joint: string): SpokenWord[] {
  const last = words.at(-1);
  if (!last || joint === '') return [...words];
  return [...words.slice(0, -1), { ...last, joint: joint === '-' ? '-' : '' }];
}

function inForm(words: readonly SpokenWord[], series: NumberSeries, form: string): SpokenWord[] {
  const forms = entryOf(series.forms ?? {}, form);
  if (!forms) return [...words];
  return words.map((word) => {
    const name = entryOf(forms, word.prompt.slice(word.prompt.indexOf('/') + 1));
    return name === undefined ? word : { ...word, ...wordOf(name, series) };
  });
}

function numberWord(value: number, { numbers, prompt }: NumberSeries): SpokenWord {
  return { prompt: `${prompt}/${value}`, text: numbers[value] ?? '' };
}

/** Returns a word by its name. A name of digits is the word of that number: `1` in `1 million`. */
function wordOf(name: string, series: NumberSeries): SpokenWord {
  if (/^\d+$/.test(name)) return numberWord(Number(name), series);
  return { prompt: `word/${name}`, text: entryOf(series.words, name) ?? '' };
}
