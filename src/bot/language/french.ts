import type { Language } from './language.js';
import { makeLanguage } from './spoken-language.js';
import { numbered } from './word-list.js';

const SMALL = 'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize';
const TENS = 'vingt trente quarante cinquante soixante';
const SMALL_ORDINALS =
  'zéroième premier deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième onzième douzième treizième quatorzième quinzième seizième';
const ordinalTens = 'vingtième trentième quarantième cinquantième soixantième';

/** French, as data: `soixante et onze`, `quatre-vingt-un`, `deux cents`, `deux cent mille`. */
export const FRENCH: Language = {
  code: 'fr',
  cardinals: {
    prompt: 'number',
    numbers: { ...numbered(SMALL), ...numbered(TENS, 20, 10), 80: 'quatre-vingts' },
    words: {
      ...{ une: 'une', et: 'et', quatrevingt: 'quatre-vingt', cent: 'cent', cents: 'cents', mille: 'mille' },
      ...{ million: 'million', millions: 'millions' },
    },
    // Form `b` drops the plural before thousands; form `f` is feminine, as for hours.
    forms: { b: { 80: 'quatrevingt', cents: 'cent' }, f: { 1: 'une' } },
    rules: [
      [17, 10, '=', '=- #'],
      [20, 10, '=', '=- #', { 1: '= et #' }],
      [60, 20, '=', '=- #', { 1: '= et #', 11: '= et #' }],
      [80, 20, '=', 'quatrevingt- #'],
      [100, 100, 'cent', 'cent #'],
      [200, 100, '* cents', '* cent #'],
      [1000, 1000, 'mille', 'mille #'],
      [2000, 1000, '*b mille', '*b mille #'],
      [1_000_000, 1_000_000, '1 million', '1 million #'],
      [2_000_000, 1_000_000, '* millions', '* millions #'],
    ],
  },
  ordinals: {
    prompt: 'ordinal',
    numbers: { ...numbered(SMALL_ORDINALS), ...numbered(ordinalTens, 20, 10), 80: 'quatre-vingtième' },
    words: {
      ...{ unieme: 'unième', centieme: 'centième', millieme: 'millième', millionieme: 'millionième' },
    },
    forms: { u: { 1: 'unieme' } },
    rules: [
      [17, 10, '=', '~=- #'],
      [20, 10, '=', '~=- #u', { 1: '~= ~et #u' }],
      [60, 20, '=', '~=- #u', { 1: '~= ~et #u', 11: '~= ~et #' }],
      [80, 20, '=', '~quatrevingt- #u'],
      [100, 100, 'centieme', '~cent #u'],
      [200, 100, '~* centieme', '~* ~cent #u'],
      [1000, 1000, 'millieme', '~mille #u'],
      [2000, 1000, '~*b millieme', '~*b ~mille #u'],
      [1_000_000, 1_000_000, 'millionieme', '~1 ~million #u'],
      [2_000_000, 1_000_000, '~* millionieme', '~* ~millions #u'],
    ],
  },
  minus: 'moins',
  point: 'virgule',
  star: 'étoile',
  pound: 'dièse',
  plus: 'plus',
  and: 'et',
  months: 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre'.split(' '),
  days: (
    'premier,deux,trois,quatre,cinq,six,sept,huit,neuf,dix,onze,douze,treize,quatorze,quinze,seize,dix-sept,dix-huit,' +
    'dix-neuf,vingt,vingt et un,vingt-deux,vingt-trois,vingt-quatre,vingt-cinq,vingt-six,vingt-sept,vingt-huit,' +
    'vingt-neuf,trente,trente et un'
  ).split(','),
  date: 'day month year',
  years: 'number',
  time: { whole: '@', rest: '@ #' },
  words: {},
  units: {
    day: { plurals: { one: 'jour', other: 'jours' } },
    hour: { plurals: { one: 'heure', other: 'heures' }, form: 'f' },
    minute: { plurals: { one: 'minute', other: 'minutes' }, form: 'f' },
    second: { plurals: { one: 'seconde', other: 'secondes' }, form: 'f' },
  },
  currencies: {
    EUR: {
      major: { plurals: { one: 'euro', many: 'd’euros', other: 'euros' } },
      minor: { plurals: { one: 'centime', other: 'centimes' } },
    },
    USD: {
      major: { plurals: { one: 'dollar', many: 'de dollars', other: 'dollars' } },
      minor: { plurals: { one: 'cent', other: 'cents' } },
    },
    GBP: {
      major: { plurals: { one: 'livre', many: 'de livres', other: 'livres' }, form: 'f' },
      minor: { plurals: { one: 'penny', other: 'pence' } },
    },
    CHF: {
      major: { plurals: { one: 'franc', many: 'de francs', other: 'francs' } },
      minor: { plurals: { one: 'centime', other: 'centimes' } },
    },
  },
};

export const french = makeLanguage(FRENCH);
