import { checkArgument, listOf, oneOf, rule, whole } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument } from '../../base/errors.js';
import { checkLanguage } from './check-language.js';
import type { Language } from './language.js';
import { MAX_NUMBER, spellNumber } from './number-series.js';
import { SHORT_PAUSE, type SpokenWord } from './spoken-word.js';
import { Vocabulary } from './vocabulary.js';

/** Says numbers, digits, dates and more in one language, as words. */
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
  /** @param hundredths The whole amount, in hundredths. @param currency Its code: `EUR`. */
  money?(hundredths: number, currency: string): readonly SpokenWord[];
  /** Digits in groups, with an optional `+`. */
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
 * Makes a language from its words and rules, for `Prompts.open({ languages })`.
 *
 * @throws ERR_INVALID_ARG for data that is missing or inconsistent; it names the field.
 */
export function spokenLanguage(language: Language): SpokenLanguage {
  checkLanguage(language);
  const spoken = makeLanguage(language);
  checkSpoken(spoken, language);
  return spoken;
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

/**
 * Makes a language without checking it, for those of the package, which a test checks. Checking all five would take 0.1
 * s at each start of a bot.
 */
export function makeLanguage(language: Language): SpokenLanguage {
  const { code, days, months } = language;
  const words = new Vocabulary(language);
  return {
    code,
    number(value) {
      checkArgument('number', value, NUMBER);
      return words.signed(value < 0, words.cardinal(Math.abs(value)));
    },
    digit: (digit) => words.digit(digit),
    date(year, month, day) {
      const parts = {
        day: [{ prompt: `day/${day}`, text: days[day - 1] ?? '' }],
        month: [{ prompt: `month/${month}`, text: months[month - 1] ?? '' }],
        year: words.year(year),
      };
      return language.date
        .split(' ')
        .flatMap((part) => entryOf<readonly SpokenWord[]>(parts, part) ?? [words.own(part)]);
    },
    decimal(given) {
      checkArgument('number', given, DECIMAL);
      const [, sign = '', integer = '', decimals = ''] = DECIMAL_PARTS.exec(given) ?? [];
      const after = [...decimals].map((each) => words.digit(each));
      const rest = decimals === '' ? [] : [words.word('point', language.point), ...after];
      return words.signed(sign !== '', [...words.cardinal(Number(integer)), ...rest]);
    },
    ...ordinalsOf(language),
    money: (hundredths, currency) => amount(hundredths, currency, language, words),
    phone(groups) {
      checkArgument('groups', groups, GROUPS);
      return groups.flatMap((group, index) => [
        ...(index > 0 ? [SHORT_PAUSE] : []),
        ...[...group].map((each) => words.digit(each)),
      ]);
    },
    time: (hour, minute) => timeOfDay(hour, minute, language, words),
    span: (seconds) => span(seconds, language, words),
  };
}

function ordinalsOf({ ordinals, cardinals }: Language): Pick<SpokenLanguage, 'ordinal'> {
  if (!ordinals) return {};
  return {
    ordinal(value: number) {
      checkArgument('ordinal', value, whole(1, ordinals.max ?? MAX_NUMBER));
      return spellNumber(value, ordinals, '', cardinals);
    },
  };
}

function amount(
  hundredths: number,
  currency: string,
  { currencies, and }: Language,
  words: Vocabulary,
): readonly SpokenWord[] {
  checkArgument('currency', currency, oneOf(...Object.keys(currencies)));
  checkArgument('money', hundredths, NUMBER_OF_HUNDREDTHS);
  const units = entryOf(currencies, currency);
  if (!units) return [];
  const all = Math.abs(hundredths);
  const [major, minor] = [Math.floor(all / 100), all % 100];
  const name = currency.toLowerCase();
  const some = [
    ...(major > 0 || minor === 0 ? [words.counted(major, name, units.major)] : []),
    ...(minor > 0 ? [words.counted(minor, `${name}-minor`, units.minor)] : []),
  ];
  return words.signed(hundredths < 0, listed(some, words.word('and', and)));
}

function timeOfDay(
  hour: number,
  minute: number,
  { time, units }: Language,
  words: Vocabulary,
): readonly SpokenWord[] {
  checkArgument('hour', hour, whole(0, 23));
  checkArgument('minute', minute, whole(0, 59));
  const half = time.twelve ? ((hour + 11) % 12) + 1 : hour;
  const pattern = minute === 0 ? time.whole : time.rest;
  return pattern.split(' ').flatMap((token) => {
    const [, sign = '', name = ''] = /^([*#]?)(\w*)$/.exec(token) ?? [];
    if (token === '@') return words.counted(hour, 'hour', units.hour);
    if (sign === '*') return words.cardinal(half, name);
    if (sign === '#') return [...words.oh(minute), ...words.cardinal(minute, name)];
    return [words.own(name === 'half' ? (hour < 12 ? 'am' : 'pm') : name)];
  });
}

function span(seconds: number, { units, and }: Language, words: Vocabulary): readonly SpokenWord[] {
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
    said.map(({ name, count }) => words.counted(count, name, units[name])),
    words.word('and', and),
  );
}

/** Concatenates parts, with a word before the last. */
function listed(parts: readonly (readonly SpokenWord[])[], and: SpokenWord): SpokenWord[] {
  return parts.flatMap((part, index) => (index > 0 && index === parts.length - 1 ? [and, ...part] : part));
}

/** Finds words of dates and times that are missing. @throws ERR_INVALID_ARG */
function checkSpoken(spoken: SpokenLanguage, { code }: Language): void {
  const said = [spoken.date(2027, 12, 31), spoken.time?.(9, 0), spoken.time?.(14, 5), spoken.time?.(23, 45)];
  const missing = said.flatMap((words) => words ?? []).find(({ text }) => text === '');
  if (missing)
    throw invalidArgument('language.words', `all words of dates and times in ${code}`, missing.prompt);
}
