import type { Language } from './language.js';
import { makeLanguage } from './spoken-language.js';
import { numbered } from './word-list.js';

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const SMALL_ORDINALS =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth';
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety';
const ordinalTens = TENS.replace(/y\b/g, 'ieth');

/** English, as data: `one hundred and five`, `March first twenty twenty-seven`. */
export const ENGLISH: Language = {
  code: 'en',
  cardinals: {
    prompt: 'number',
    numbers: { ...numbered(SMALL), ...numbered(TENS, 20, 10) },
    words: { hundred: 'hundred', thousand: 'thousand', million: 'million', and: 'and' },
    rules: [
      [20, 10, '=', '= #'],
      [100, 100, '* hundred', '* hundred and #'],
      [1000, 1000, '* thousand', '* thousand #', smallRests('thousand', '#')],
      [1_000_000, 1_000_000, '* million', '* million #', smallRests('million', '#')],
    ],
  },
  ordinals: {
    prompt: 'ordinal',
    numbers: { ...numbered(SMALL_ORDINALS), ...numbered(ordinalTens, 20, 10) },
    words: { hundredth: 'hundredth', thousandth: 'thousandth', millionth: 'millionth' },
    rules: [
      [20, 10, '=', '~=- #'],
      [100, 100, '~* hundredth', '~* ~hundred ~and #'],
      [1000, 1000, '~* thousandth', '~* ~thousand #', smallRests('~thousand', '#', '~')],
      [1_000_000, 1_000_000, '~* millionth', '~* ~million #', smallRests('~million', '#', '~')],
    ],
  },
  minus: 'minus',
  point: 'point',
  star: 'star',
  pound: 'pound',
  plus: 'plus',
  and: 'and',
  months: 'January February March April May June July August September October November December'.split(' '),
  days: (
    'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth ' +
    'fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third ' +
    'twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first'
  ).split(' '),
  date: 'month day year',
  years: 'pairs',
  time: { whole: '* half', rest: '* # half', oh: 'oh', twelve: true },
  words: { am: 'a.m.', pm: 'p.m.' },
  units: {
    day: { plurals: { one: 'day', other: 'days' } },
    hour: { plurals: { one: 'hour', other: 'hours' } },
    minute: { plurals: { one: 'minute', other: 'minutes' } },
    second: { plurals: { one: 'second', other: 'seconds' } },
  },
  currencies: {
    EUR: {
      major: { plurals: { one: 'euro', other: 'euros' } },
      minor: { plurals: { one: 'cent', other: 'cents' } },
    },
    USD: {
      major: { plurals: { one: 'dollar', other: 'dollars' } },
      minor: { plurals: { one: 'cent', other: 'cents' } },
    },
    GBP: {
      major: { plurals: { one: 'pound', other: 'pounds' } },
      minor: { plurals: { one: 'penny', other: 'pence' } },
    },
    CHF: {
      major: { plurals: { one: 'franc', other: 'francs' } },
      minor: { plurals: { one: 'centime', other: 'centimes' } },
    },
  },
};

export const english = makeLanguage(ENGLISH);

/** Makes the patterns of rests below a hundred, which have `and` before them: `one thousand and one`. */
function smallRests(name: string, rest: string, cardinal = ''): Record<number, string> {
  const pattern = `${cardinal}* ${name} ${cardinal}and ${rest}`;
  return Object.fromEntries(Array.from({ length: 99 }, (_, index) => [index + 1, pattern]));
}
