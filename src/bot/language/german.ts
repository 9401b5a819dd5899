import type { Language } from './language.js';
import { makeLanguage } from './spoken-language.js';
import { numbered } from './word-list.js';

const SMALL =
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn';
const SMALL_ORDINALS =
  'nullte erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte dreizehnte vierzehnte fünfzehnte sechzehnte siebzehnte achtzehnte neunzehnte';
const TENS = 'zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig';
const ordinalTens = TENS.replace(/zig|ßig/g, '$&ste');

/** German, as data: `dreiundzwanzig`, `erster März zweitausendsiebenundzwanzig`. */
export const GERMAN: Language = {
  code: 'de',
  cardinals: {
    prompt: 'number',
    numbers: { ...numbered(SMALL), ...numbered(TENS, 20, 10) },
    words: {
      ...{ ein: 'ein', eine: 'eine', and: 'und' },
      ...{ hundred: 'hundert', thousand: 'tausend', million: 'Million', millions: 'Millionen' },
    },
    forms: { a: { 1: 'ein' }, f: { 1: 'eine' } },
    rules: [
      [20, 10, '=', '#a+ and+ ='],
      [100, 100, '*a+ hundred', '*a+ hundred+ #'],
      [1000, 1000, '*a+ thousand', '*a+ thousand+ #'],
      [1_000_000, 1_000_000, 'eine million', 'eine million #'],
      [2_000_000, 1_000_000, '* millions', '* millions #'],
    ],
  },
  ordinals: {
    prompt: 'ordinal',
    numbers: { ...numbered(SMALL_ORDINALS), ...numbered(ordinalTens, 20, 10) },
    words: { hundredth: 'hundertste', thousandth: 'tausendste', millionth: 'millionste' },
    rules: [
      [20, 10, '=', '~#a+ ~and+ ='],
      [100, 100, '~*a+ hundredth', '~*a+ ~hundred+ #'],
      [1000, 1000, '~*a+ thousandth', '~*a+ ~thousand+ #'],
      [1_000_000, 1_000_000, 'millionth', '~eine ~million #'],
      [2_000_000, 1_000_000, '~*+ millionth', '~* ~millions #'],
    ],
  },
  minus: 'minus',
  point: 'Komma',
  star: 'Stern',
  pound: 'Raute',
  plus: 'plus',
  and: 'und',
  months: 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'.split(' '),
  days: (
    'erster zweiter dritter vierter fünfter sechster siebter achter neunter zehnter elfter zwölfter dreizehnter ' +
    'vierzehnter fünfzehnter sechzehnter siebzehnter achtzehnter neunzehnter zwanzigster einundzwanzigster ' +
    'zweiundzwanzigster dreiundzwanzigster vierundzwanzigster fünfundzwanzigster sechsundzwanzigster ' +
    'siebenundzwanzigster achtundzwanzigster neunundzwanzigster dreißigster einunddreißigster'
  ).split(' '),
  date: 'day month year',
  years: 'hundreds',
  time: { whole: '*a uhr', rest: '*a uhr #' },
  words: { uhr: 'Uhr' },
  units: {
    day: { plurals: { one: 'Tag', other: 'Tage' }, form: 'a' },
    hour: { plurals: { one: 'Stunde', other: 'Stunden' }, form: 'f' },
    minute: { plurals: { one: 'Minute', other: 'Minuten' }, form: 'f' },
    second: { plurals: { one: 'Sekunde', other: 'Sekunden' }, form: 'f' },
  },
  currencies: {
    EUR: {
      major: { plurals: { other: 'Euro' }, form: 'a' },
      minor: { plurals: { other: 'Cent' }, form: 'a' },
    },
    USD: {
      major: { plurals: { other: 'Dollar' }, form: 'a' },
      minor: { plurals: { other: 'Cent' }, form: 'a' },
    },
    GBP: {
      major: { plurals: { other: 'Pfund' }, form: 'a' },
      minor: { plurals: { one: 'Penny', other: 'Pence' }, form: 'a' },
    },
    CHF: {
      major: { plurals: { other: 'Franken' }, form: 'a' },
      minor: { plurals: { other: 'Rappen' }, form: 'a' },
    },
  },
};

export const german = makeLanguage(GERMAN);
