import type { Language } from './language.js';
import { makeLanguage } from './spoken-language.js';
import { numbered } from './word-list.js';

const SMALL =
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete ' +
  'dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete ' +
  'veintiocho veintinueve';
const TENS = 'treinta cuarenta cincuenta sesenta setenta ochenta noventa';
const HUNDREDS =
  'doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos';

/** Spanish, as data: `veintiuno`, `cien`, `ciento uno`, `veintiún mil`, `treinta y una horas`. */
export const SPANISH: Language = {
  code: 'es',
  cardinals: {
    prompt: 'number',
    numbers: { ...numbered(SMALL), ...numbered(TENS, 30, 10), ...numbered(HUNDREDS, 200, 100) },
    words: {
      ...{
        y: 'y',
        cien: 'cien',
        ciento: 'ciento',
        mil: 'mil',
        un: 'un',
        una: 'una',
        millon: 'millón',
        millones: 'millones',
      },
      ...{
        veintiun: 'veintiún',
        veintiuna: 'veintiuna',
        doscientas: 'doscientas',
        trescientas: 'trescientas',
      },
      ...{ cuatrocientas: 'cuatrocientas', quinientas: 'quinientas', seiscientas: 'seiscientas' },
      ...{ setecientas: 'setecientas', ochocientas: 'ochocientas', novecientas: 'novecientas' },
    },
    forms: {
      u: { 1: 'un', 21: 'veintiun' },
      f: {
        ...{ 1: 'una', 21: 'veintiuna', 200: 'doscientas', 300: 'trescientas', 400: 'cuatrocientas' },
        ...{
          500: 'quinientas',
          600: 'seiscientas',
          700: 'setecientas',
          800: 'ochocientas',
          900: 'novecientas',
        },
      },
    },
    rules: [
      [30, 10, '=', '= y #'],
      [100, 100, 'cien', 'ciento #'],
      [200, 100, '=', '= #'],
      [1000, 1000, 'mil', 'mil #'],
      [2000, 1000, '*u mil', '*u mil #'],
      [1_000_000, 1_000_000, 'un millon', 'un millon #'],
      [2_000_000, 1_000_000, '*u millones', '*u millones #'],
    ],
  },
  ordinals: {
    prompt: 'ordinal',
    numbers: {
      ...numbered(
        'cero primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo undécimo duodécimo',
      ),
      ...numbered(
        'decimotercero decimocuarto decimoquinto decimosexto decimoséptimo decimoctavo decimonoveno vigésimo',
        13,
      ),
      ...numbered(
        'trigésimo cuadragésimo quincuagésimo sexagésimo septuagésimo octogésimo nonagésimo centésimo',
        30,
        10,
      ),
      ...numbered(
        'ducentésimo tricentésimo cuadringentésimo quingentésimo sexcentésimo septingentésimo octingentésimo noningentésimo milésimo',
        200,
        100,
      ),
    },
    words: {},
    rules: [
      [20, 10, '=', '= #'],
      [100, 100, '=', '= #'],
    ],
    max: 1000,
  },
  minus: 'menos',
  point: 'coma',
  star: 'asterisco',
  pound: 'almohadilla',
  plus: 'más',
  and: 'y',
  months: 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'.split(
    ' ',
  ),
  days: (
    'primero,dos,tres,cuatro,cinco,seis,siete,ocho,nueve,diez,once,doce,trece,catorce,quince,dieciséis,diecisiete,' +
    'dieciocho,diecinueve,veinte,veintiuno,veintidós,veintitrés,veinticuatro,veinticinco,veintiséis,veintisiete,' +
    'veintiocho,veintinueve,treinta,treinta y uno'
  ).split(','),
  date: 'day de month de year',
  years: 'number',
  time: { whole: '@', rest: '@ y #' },
  words: { y: 'y', de: 'de' },
  units: {
    day: { plurals: { one: 'día', other: 'días' }, form: 'u' },
    hour: { plurals: { one: 'hora', other: 'horas' }, form: 'f' },
    minute: { plurals: { one: 'minuto', other: 'minutos' }, form: 'u' },
    second: { plurals: { one: 'segundo', other: 'segundos' }, form: 'u' },
  },
  currencies: {
    EUR: {
      major: { plurals: { one: 'euro', many: 'de euros', other: 'euros' }, form: 'u' },
      minor: { plurals: { one: 'céntimo', other: 'céntimos' }, form: 'u' },
    },
    USD: {
      major: { plurals: { one: 'dólar', many: 'de dólares', other: 'dólares' }, form: 'u' },
      minor: { plurals: { one: 'centavo', other: 'centavos' }, form: 'u' },
    },
    GBP: {
      major: { plurals: { one: 'libra', many: 'de libras', other: 'libras' }, form: 'f' },
      minor: { plurals: { one: 'penique', other: 'peniques' }, form: 'u' },
    },
    CHF: {
      major: { plurals: { one: 'franco', many: 'de francos', other: 'francos' }, form: 'u' },
      minor: { plurals: { one: 'céntimo', other: 'céntimos' }, form: 'u' },
    },
  },
};

export const spanish = makeLanguage(SPANISH);
