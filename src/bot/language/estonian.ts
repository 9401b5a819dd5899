import type { CountedUnit, Language } from './language.js';
import { makeLanguage } from './spoken-language.js';
import { numbered } from './word-list.js';

const ONES = 'null üks kaks kolm neli viis kuus seitse kaheksa üheksa kümme';
const TEENS =
  'üksteist kaksteist kolmteist neliteist viisteist kuusteist seitseteist kaheksateist üheksateist';
const TENS =
  'kakskümmend kolmkümmend nelikümmend viiskümmend kuuskümmend seitsekümmend kaheksakümmend üheksakümmend';
const ORDINALS =
  'nullis esimene teine kolmas neljas viies kuues seitsmes kaheksas üheksas kümnes üheteistkümnes kaheteistkümnes ' +
  'kolmeteistkümnes neljateistkümnes viieteistkümnes kuueteistkümnes seitsmeteistkümnes kaheksateistkümnes ' +
  'üheksateistkümnes';
const ORDINAL_TENS =
  'kahekümnes kolmekümnes neljakümnes viiekümnes kuuekümnes seitsmekümnes kaheksakümnes üheksakümnes';
const ORDINAL_HUNDREDS =
  'sajas kahesajas kolmesajas neljasajas viiesajas kuuesajas seitsmesajas kaheksasajas üheksasajas tuhandes';
/** Genitives, used before another ordinal: `kahekümne esimene`. */
const GENITIVES = {
  20: 'kahekümne',
  30: 'kolmekümne',
  40: 'neljakümne',
  50: 'viiekümne',
  60: 'kuuekümne',
  70: 'seitsmekümne',
  80: 'kaheksakümne',
  90: 'üheksakümne',
  100: 'saja',
  200: 'kahesaja',
  300: 'kolmesaja',
  400: 'neljasaja',
  500: 'viiesaja',
  600: 'kuuesaja',
  700: 'seitsmesaja',
  800: 'kaheksasaja',
  900: 'üheksasaja',
};
const genitive = (letter: string) =>
  Object.keys(GENITIVES).map((value) => [value, `${letter}${value}`] as const);

/** Makes a unit. After a number other than one it is in the partitive: `üks euro`, `kaks eurot`. */
function unit(one: string, other: string): CountedUnit {
  return { plurals: { one, other } };
}

/** Estonian, as data: `kakskümmend üks`, `kakssada viis`, `kaks miljonit`, `kaks eurot`. */
export const ESTONIAN: Language = {
  code: 'et',
  cardinals: {
    prompt: 'number',
    numbers: { ...numbered(ONES), ...numbered(TEENS, 11), ...numbered(TENS, 20, 10) },
    words: { sada: 'sada', tuhat: 'tuhat', miljon: 'miljon', miljonit: 'miljonit' },
    rules: [
      [20, 10, '=', '= #'],
      [100, 100, 'sada', 'sada #'],
      [200, 100, '*+ sada', '*+ sada #'],
      [1000, 1000, 'tuhat', 'tuhat #'],
      [2000, 1000, '* tuhat', '* tuhat #'],
      [1_000_000, 1_000_000, '1 miljon', '1 miljon #'],
      [2_000_000, 1_000_000, '* miljonit', '* miljonit #'],
    ],
  },
  ordinals: {
    prompt: 'ordinal',
    numbers: {
      ...{ ...numbered(ORDINALS), ...numbered(ORDINAL_TENS, 20, 10) },
      ...numbered(ORDINAL_HUNDREDS, 100, 100),
    },
    words: Object.fromEntries(Object.entries(GENITIVES).map(([value, word]) => [`g${value}`, word])),
    forms: { g: Object.fromEntries(genitive('g')) },
    rules: [
      [20, 10, '=', '=g #'],
      [100, 100, '=', '=g #'],
    ],
    max: 1000,
  },
  minus: 'miinus',
  point: 'koma',
  star: 'tärn',
  pound: 'trellid',
  plus: 'pluss',
  and: 'ja',
  months: 'jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember'.split(
    ' ',
  ),
  days: [
    ...ORDINALS.split(' ').slice(1),
    'kahekümnes',
    ...ORDINALS.split(' ')
      .slice(1, 10)
      .map((day) => `kahekümne ${day}`),
    ...['kolmekümnes', 'kolmekümne esimene'],
  ],
  date: 'day month year',
  years: 'number',
  time: { whole: 'kell *', rest: 'kell * #', oh: 'null' },
  words: { kell: 'kell' },
  units: {
    day: unit('päev', 'päeva'),
    hour: unit('tund', 'tundi'),
    minute: unit('minut', 'minutit'),
    second: unit('sekund', 'sekundit'),
  },
  currencies: {
    EUR: { major: unit('euro', 'eurot'), minor: unit('sent', 'senti') },
    USD: { major: unit('dollar', 'dollarit'), minor: unit('sent', 'senti') },
    GBP: { major: unit('nael', 'naela'), minor: unit('penn', 'penni') },
    CHF: { major: unit('frank', 'franki'), minor: unit('rapp', 'rappi') },
  },
};

export const estonian = makeLanguage(ESTONIAN);
