import { checkArgument, listOf, oneOf, rule, text, whole } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument, messageOf } from '../../base/errors.js';
import type { CountedUnit, Language } from './language.js';
import { MAX_NUMBER, type NumberSeries, spellNumber } from './number-series.js';
import { SHORT_PAUSE, type SpokenWord } from './spoken-word.js';

/** The words with which a language says numbers, digits and dates, and what else it can say. */
export interface SpokenLanguage {
  /** BCP 47 code of the language: `en`. */
  readonly code: string;
  /** A whole number from -999,999,999 to 999,999,999. */
  number(value: number): readonly SpokenWord[];
  /** One of 0-9, `*` and `#`. */
  digit(digit: string): SpokenWord;
  /** @param month 1 to 12. */
  date(year: number, month: number, day: number): readonly SpokenWord[];
  /** A number with its decimals, as text: `-3.10`. */
  decimal?(text: string): readonly SpokenWord[];
  /** A whole number from 1 on: `twenty-first`. */
  ordinal?(value: number): readonly SpokenWord[];
  /** @param hundredths All of the amount. @param currency By its code: `EUR`. */
  money?(hundredths: number, currency: string): readonly SpokenWord[];
  /** Digits, with a `+` perhaps, in groups. */
  phone?(groups: readonly string[]): readonly SpokenWord[];
  time?(hour: number, minute: number): readonly SpokenWord[];
  /** A span of whole seconds. */
  span?(seconds: number): readonly SpokenWord[];
}

/** Numbers that can be said. */
export const NUMBER = whole(-MAX_NUMBER, MAX_NUMBER);
const PARTS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/**
 * Makes a language of its words and rules, for `Prompts.open({ languages })`.
 *
 * @throws ERR_INVALID_ARG for what is missing, or does not fit together; it names the field.
 */
export function spokenLanguage(language: Language): SpokenLanguage {
  checkLanguage(language);
  const spoken = speakerOf(language);
  checkSpoken(spoken, language);
  return spoken;
}

function speakerOf(language: Language): SpokenLanguage {
  const { code, cardinals, ordinals, months, days, years, time, units, currencies } = language;
  const plurals = new Intl.PluralRules(code);
  const word = (name: string, of: string): SpokenWord => ({ prompt: `word/${name}`, text: of });
  const own = (name: string) => word(name, entryOf(language.words, name) ?? '');
  const cardinal = (value: number, form = '') => spellNumber(value, cardinals, form);
  const signed = (isNegative: boolean, words: readonly SpokenWord[]) =>
    isNegative ? [word('minus', language.minus), ...words] : [...words];
  const digit = (each: string): SpokenWord => {
    if (each === '*') return { prompt: 'digit/star', text: language.star };
    if (each === '#') return { prompt: 'digit/pound', text: language.pound };
    if (each === '+') return word('plus', language.plus);
    return { prompt: `digit/${each}`, text: cardinals.numbers[Number(each)] ?? '' };
  };
  const counted = (count: number, name: string, { plurals: words, form }: CountedUnit) => [
    ...cardinal(count, form),
    { prompt: `unit/${name}-${plurals.select(count)}`, text: words[plurals.select(count)] ?? words.other },
  ];
  const year = (value: number): SpokenWord[] => {
    const [century, below] = [Math.floor(value / 100), value % 100];
    const hundred = cardinal(200).slice(-1);
    if (years === 'hundreds' && value >= 1100 && value <= 1999)
      return together([...cardinal(century), ...hundred, ...(below === 0 ? [] : cardinal(below))]);
    const isPair = value >= 1000 && value <= 9999 && (century % 10 > 0 || below >= 10);
    if (years !== 'pairs' || !isPair) return cardinal(value);
    if (below === 0) return [...cardinal(century), ...hundred];
    const oh = below < 10 && time.oh !== undefined ? [word('oh', time.oh)] : [];
    return [...cardinal(century), ...oh, ...cardinal(below)];
  };
  return {
    code,
    number(value) {
      checkArgument('number', value, NUMBER);
      return signed(value < 0, cardinal(Math.abs(value)));
    },
    digit,
    date(ofYear, month, day) {
      const parts = {
        day: [{ prompt: `day/${day}`, text: days[day - 1] ?? '' }],
        month: [{ prompt: `month/${month}`, text: months[month - 1] ?? '' }],
        year: year(ofYear),
      };
      return language.date.split(' ').flatMap((part) => entryOf<SpokenWord[]>(parts, part) ?? [own(part)]);
    },
    decimal(given) {
      checkArgument('number', given, DECIMAL);
      const [, sign = '', integer = '', decimals = ''] = DECIMAL_PARTS.exec(given) ?? [];
      const rest = decimals === '' ? [] : [word('point', language.point), ...[...decimals].map(digit)];
      return signed(sign !== '', [...cardinal(Number(integer)), ...rest]);
    },
    ...(ordinals && {
      ordinal(value: number) {
        checkArgument('ordinal', value, whole(1, ordinals.max ?? MAX_NUMBER));
        return spellNumber(value, ordinals, '', cardinals);
      },
    }),
    money(hundredths, currency) {
      checkArgument('currency', currency, oneOf(...Object.keys(currencies)));
      checkArgument('money', hundredths, NUMBER_OF_HUNDREDTHS);
      const units = entryOf(currencies, currency);
      const amount = Math.abs(hundredths);
      const [major, minor] = [Math.floor(amount / 100), amount % 100];
      if (!units) return [];
      const some = [
        ...(major > 0 || minor === 0 ? [counted(major, currency.toLowerCase(), units.major)] : []),
        ...(minor > 0 ? [counted(minor, `${currency.toLowerCase()}-minor`, units.minor)] : []),
      ];
      return signed(hundredths < 0, listed(some, word('and', language.and)));
    },
    phone(groups) {
      checkArgument('groups', groups, GROUPS);
      return groups.flatMap((group, index) => [
        ...(index > 0 ? [SHORT_PAUSE] : []),
        ...[...group].map(digit),
      ]);
    },
    time(hour, minute) {
      checkArgument('hour', hour, whole(0, 23));
      checkArgument('minute', minute, whole(0, 59));
      const half = time.twelve ? ((hour + 11) % 12) + 1 : hour;
      const pattern = minute === 0 ? time.whole : time.rest;
      return pattern.split(' ').flatMap((token) => {
        const [, sign = '', name = ''] = /^([*#]?)(\w*)$/.exec(token) ?? [];
        if (token === '@') return counted(hour, 'hour', units.hour);
        if (sign === '*') return cardinal(half, name);
        if (sign === '#')
          return [
            ...(minute < 10 && time.oh !== undefined ? [word('oh', time.oh)] : []),
            ...cardinal(minute, name),
          ];
        return [own(name === 'half' ? (hour < 12 ? 'am' : 'pm') : name)];
      });
    },
    span(seconds) {
      checkArgument('span', seconds, whole(0, MAX_NUMBER, 's'));
      let left = seconds;
      const all = PARTS.map(([name, length]) => {
        const count = Math.floor(left / length);
        left %= length;
        return { name, count };
      });
      const some = all.filter(({ count }) => count > 0);
      const said = some.length > 0 ? some : [{ name: 'second' as const, count: 0 }];
      return listed(
        said.map(({ name, count }) => counted(count, name, units[name])),
        word('and', language.and),
      );
    },
  };
}

const DECIMAL_PARTS = /^(-?)(\d{1,9})(?:\.(\d{1,10}))?$/;
const DECIMAL = rule(
  'a number such as -3.14, with at most nine digits and ten decimals',
  (value) => typeof value === 'string' && DECIMAL_PARTS.test(value),
);
const GROUPS = listOf(
  rule('of digits, * and #', (value) => typeof value === 'string' && /^\+?[0-9*#]+$/.test(value)),
  1,
);
const NUMBER_OF_HUNDREDTHS = whole(-MAX_NUMBER * 100, MAX_NUMBER * 100, 'hundredths');

/** All words of a number as one. */
function together(words: readonly SpokenWord[]): SpokenWord[] {
  return words.map((word, index) => (index < words.length - 1 ? { ...word, joint: '' } : word));
}

/** Parts one after the other, with a word before the last. */
function listed(parts: readonly (readonly SpokenWord[])[], and: SpokenWord): SpokenWord[] {
  return parts.flatMap((part, index) => (index > 0 && index === parts.length - 1 ? [and, ...part] : part));
}

/** Numbers that every language has to be able to say: all kinds of rows are in them. */
const SAMPLES = [
  ...Array(131).keys(),
  ...[199, 200, 201, 300, 400, 500, 600, 700, 800, 900, 999, 1000, 1001, 1100, 2000, 2001, 21_000, 100_000],
  ...[999_999, 1_000_000, 1_000_001, 2_000_000, 21_000_021, MAX_NUMBER],
];

/** @throws ERR_INVALID_ARG that names the field. */
function checkLanguage(language: Language): void {
  const refuse = (field: string, expected: string, value: unknown) =>
    invalidArgument(`language.${field}`, expected, value);
  checkArgument(
    'language',
    language,
    rule('an object of words and rules', (value) => Object(value) === value),
  );
  const { code, cardinals, ordinals, months, days, currencies, units } = language;
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
  for (const name of ['whole', 'rest'] as const)
    checkArgument(`language.time.${name}`, language.time?.[name], text(1, 200));
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

/** Finds words of dates and times that are missing. @throws ERR_INVALID_ARG */
function checkSpoken(spoken: SpokenLanguage, { code }: Language): void {
  const said = [spoken.date(2027, 12, 31), spoken.time?.(9, 0), spoken.time?.(14, 5), spoken.time?.(23, 45)];
  const missing = said.flatMap((words) => words ?? []).find(({ text }) => text === '');
  if (missing)
    throw invalidArgument('language.words', `all words of dates and times in ${code}`, missing.prompt);
}
