import { entryOf } from '../../base/entry-of.js';
import { invalidArgument } from '../../base/errors.js';
import type { SpokenWord } from './spoken-word.js';

/**
 * One row of how a language builds its numbers. `[from, by, whole, rest, special]`: from `from` to the next row, a number
 * is so many `by` and a rest. `whole` says it where there is no rest, `rest` where there is one, `special` for some rests.
 *
 * A pattern is a list of words with blanks between: `*` the count, `#` the rest, `=` the number without its rest, which has
 * a word of its own; anything else is one of the vocabulary's words. `*f` and `#f` are in the form `f`; `~` in front takes
 * the cardinal. A word that ends in `+` is written together with the next, in `-` with a hyphen.
 */
export type NumberRule = readonly [
  from: number,
  by: number,
  whole: string,
  rest: string,
  special?: Readonly<Record<number, string>>,
];

/** The words of a language for one kind of number, and the rules that put them together. */
export interface NumberSeries {
  /** Words of numbers that are not put together: 0 to 19, 20, 30, ... */
  readonly numbers: Readonly<Record<number, string>>;
  /** Other words of the rules, by names of your own: `hundred`, `and`. */
  readonly words: Readonly<Record<string, string>>;
  /** Ordered by `from`; the last whose `from` is not above a number says it. A number without a word has to have one. */
  readonly rules: readonly NumberRule[];
  /** Words that stand for others in a form: `{ a: { 1: 'ein' } }`, by number or name, each a name in `words`. */
  readonly forms?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Largest number. Default 999,999,999. */
  readonly max?: number;
  /** First part of its prompts' names: `number/7`. */
  readonly prompt: string;
}

export const MAX_NUMBER = 999_999_999;

/**
 * The words of a whole number from 0 on.
 *
 * @param cardinals The series of `~`.
 * @throws ERR_INVALID_ARG where it is larger than the language goes.
 */
export function spellNumber(
  value: number,
  series: NumberSeries,
  form = '',
  cardinals: NumberSeries = series,
): SpokenWord[] {
  const { numbers, rules, max = MAX_NUMBER } = series;
  if (value > max) throw invalidArgument('number', `${max} or less for this kind of number`, value);
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
  if (!rule) throw invalidArgument('number', 'one that the language has a word or a rule for', value);
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

/** Marks the last word as written together with what follows. */
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

/** A number by its digits is a word of its own: `1` in `1 million`. */
function wordOf(name: string, series: NumberSeries): SpokenWord {
  if (/^\d+$/.test(name)) return numberWord(Number(name), series);
  return { prompt: `word/${name}`, text: entryOf(series.words, name) ?? '' };
}
