import { checkArgument, oneOf, rule, text } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument, type JackfieldError, messageOf } from '../../base/errors.js';
import type { CountedUnit, Language } from './language.js';
import { MAX_NUMBER, type NumberSeries, spellNumber } from './number-series.js';
import type { SpokenWord } from './spoken-word.js';

/** Numbers that every language must be able to say. They cover all kinds of rules. */
const SAMPLES = [
  ...Array(131).keys(),
  ...[199, 200, 201, 300, 400, 500, 600, 700, 800, 900, 999, 1000, 1001, 1100, 2000, 2001, 21_000, 100_000],
  ...[999_999, 1_000_000, 1_000_001, 2_000_000, 21_000_021, MAX_NUMBER],
];

/**
 * Checks that a language is complete and consistent.
 *
 * @throws ERR_INVALID_ARG that names the field.
 */
export function checkLanguage(language: Language): void {
  checkArgument(
    'language',
    language,
    rule('an object of words and rules', (value) => Object(value) === value),
  );
  const { code, cardinals, ordinals, months, days } = language;
  checkArgument(
    'language.code',
    code,
    rule('a BCP 47 code', (value) => typeof value === 'string' && isCode(value)),
  );
  for (const name of ['minus', 'point', 'star', 'pound', 'plus', 'and'] as const)
    checkArgument(`language.${name}`, language[name], text(1, 100));
  for (const [name, list, count] of [['months', months, 12] as const, ['days', days, 31] as const]) {
    if (
      !Array.isArray(list) ||
      list.length !== count ||
      list.some((each) => typeof each !== 'string' || each === '')
    )
      throw refuse(name, `a list of ${count} words`, list);
  }
  checkArgument(
    'language.date',
    language.date,
    rule(
      'a pattern with day, month and year',
      (value) =>
        typeof value === 'string' &&
        ['day', 'month', 'year'].every((part) => value.split(' ').includes(part)),
    ),
  );
  checkArgument('language.years', language.years, oneOf('number', 'pairs', 'hundreds'));
  for (const [name, series] of [['cardinals', cardinals] as const, ['ordinals', ordinals] as const]) {
    if (series) checkSeries(`language.${name}`, series, cardinals, name === 'ordinals');
    else if (name === 'cardinals') throw refuse(name, 'numbers, words and rules', series);
  }
  checkUnits(language);
  for (const name of ['whole', 'rest'] as const)
    checkArgument(`language.time.${name}`, language.time?.[name], text(1, 200));
}

/** Checks units of time and of currencies. Each needs a plural, and its form must be one of the cardinals. */
function checkUnits({ units, currencies, cardinals }: Language): void {
  const all = {
    ...units,
    ...Object.fromEntries(
      Object.entries(currencies ?? {}).flatMap(([each, { major, minor }]) => [
        [each, major],
        [`${each} minor`, minor],
      ]),
    ),
  };
  for (const name of ['day', 'hour', 'minute', 'second', ...Object.keys(all)]) {
    const unit = entryOf<CountedUnit>(all, name);
    if (typeof unit?.plurals?.other !== 'string' || unit.plurals.other === '')
      throw refuse(`units.${name}`, '{ plurals: { other: … } }', unit);
    if (unit.form !== undefined && !Object.hasOwn(cardinals.forms ?? {}, unit.form))
      throw refuse(
        `units.${name}.form`,
        `one of ${Object.keys(cardinals.forms ?? {}).join(', ')}`,
        unit.form,
      );
  }
}

function checkSeries(
  field: string,
  series: NumberSeries,
  cardinals: NumberSeries,
  areOrdinals: boolean,
): void {
  const fault = (value: unknown, why: string) =>
    invalidArgument(field, 'words and rules for every number', `${value}: ${why}`);
  const samples = SAMPLES.filter(
    (value) => value <= (series.max ?? MAX_NUMBER) && (!areOrdinals || value > 0),
  );
  for (const value of samples) {
    let words: readonly SpokenWord[];
    try {
      words = spellNumber(value, series, '', cardinals);
    } catch (error) {
      throw fault(value, messageOf(error));
    }
    const missing = words.find((word) => word.text === '');
    if (missing) throw fault(value, `there is no word for ${missing.prompt}`);
  }
}

function isCode(code: string): boolean {
  try {
    return Intl.getCanonicalLocales(code).length === 1;
  } catch {
    return false;
  }
}

function refuse(field: string, expected: string, value: unknown): JackfieldError {
  return invalidArgument(`language.${field}`, expected, value);
}
