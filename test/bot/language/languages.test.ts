import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENGLISH, english } from '../../../src/bot/language/english.js';
import { ESTONIAN, estonian } from '../../../src/bot/language/estonian.js';
import { FRENCH, french } from '../../../src/bot/language/french.js';
import { GERMAN, german } from '../../../src/bot/language/german.js';
import type { Language } from '../../../src/bot/language/language.js';
import { SPANISH, spanish } from '../../../src/bot/language/spanish.js';
import { type SpokenLanguage, spokenLanguage } from '../../../src/bot/language/spoken-language.js';
import { textOf } from '../../../src/bot/language/spoken-word.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import type { SpokenPart } from '../../../src/bot/prompt/speakable.js';
import { wordsOfPart } from '../../../src/bot/prompt/words-of-part.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';

const LANGUAGES: readonly SpokenLanguage[] = [english, german, french, spanish, estonian];
const DATA: readonly Language[] = [ENGLISH, GERMAN, FRENCH, SPANISH, ESTONIAN];
const byCode = (code: string) => LANGUAGES.find((each) => each.code === code)!;
const HOUR_MS = 3_600_000;
const said = (code: string, part: SpokenPart) => textOf(wordsOfPart(part, () => byCode(code)) ?? []);

/** Words and what they are worth, written down from grammars, not from the data that is tested. */
const WORTH: Readonly<Record<string, string>> = {
  en:
    'zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 twelve 12 thirteen 13 ' +
    'fourteen 14 fifteen 15 sixteen 16 seventeen 17 eighteen 18 nineteen 19 twenty 20 thirty 30 forty 40 fifty 50 ' +
    'sixty 60 seventy 70 eighty 80 ninety 90 hundred 100 thousand 1000 million 1000000 and -1',
  de:
    'null 0 eins 1 eine 1 ein 1 zwei 2 drei 3 vier 4 fünf 5 sechs 6 sieben 7 acht 8 neun 9 zehn 10 elf 11 zwölf 12 ' +
    'dreizehn 13 vierzehn 14 fünfzehn 15 sechzehn 16 siebzehn 17 achtzehn 18 neunzehn 19 zwanzig 20 dreißig 30 ' +
    'vierzig 40 fünfzig 50 sechzig 60 siebzig 70 achtzig 80 neunzig 90 hundert 100 tausend 1000 Millionen 1000000 ' +
    'Million 1000000 und -1',
  fr:
    'zéro 0 un 1 deux 2 trois 3 quatre 4 cinq 5 six 6 sept 7 huit 8 neuf 9 dix 10 onze 11 douze 12 treize 13 ' +
    'quatorze 14 quinze 15 seize 16 vingt 20 trente 30 quarante 40 cinquante 50 soixante 60 quatre-vingts 80 ' +
    'quatre-vingt 80 cents 100 cent 100 mille 1000 millions 1000000 million 1000000 et -1',
  es:
    'cero 0 uno 1 un 1 dos 2 tres 3 cuatro 4 cinco 5 seis 6 siete 7 ocho 8 nueve 9 diez 10 once 11 doce 12 trece 13 ' +
    'catorce 14 quince 15 dieciséis 16 diecisiete 17 dieciocho 18 diecinueve 19 veinte 20 veintiuno 21 veintiún 21 ' +
    'veintidós 22 veintitrés 23 veinticuatro 24 veinticinco 25 veintiséis 26 veintisiete 27 veintiocho 28 ' +
    'veintinueve 29 treinta 30 cuarenta 40 cincuenta 50 sesenta 60 setenta 70 ochenta 80 noventa 90 cien 100 ' +
    'ciento 100 doscientos 200 trescientos 300 cuatrocientos 400 quinientos 500 seiscientos 600 setecientos 700 ' +
    'ochocientos 800 novecientos 900 mil 1000 millones 1000000 millón 1000000 y -1',
  et:
    'null 0 üks 1 kaks 2 kolm 3 neli 4 viis 5 kuus 6 seitse 7 kaheksa 8 üheksa 9 kümme 10 üksteist 11 kaksteist 12 ' +
    'kolmteist 13 neliteist 14 viisteist 15 kuusteist 16 seitseteist 17 kaheksateist 18 üheksateist 19 ' +
    'kakskümmend 20 kolmkümmend 30 nelikümmend 40 viiskümmend 50 kuuskümmend 60 seitsekümmend 70 ' +
    'kaheksakümmend 80 üheksakümmend 90 sada 100 tuhat 1000 miljonit 1000000 miljon 1000000',
};

function readerOf(code: string): (text: string) => number {
  const pairs = (WORTH[code] ?? '').split(' ');
  const worth = new Map<string, number>();
  for (let index = 0; index < pairs.length; index += 2) worth.set(pairs[index]!, Number(pairs[index + 1]));
  const longestFirst = [...worth.keys()].sort((a, b) => b.length - a.length);
  const token = new RegExp(`^[ -]*(${longestFirst.join('|')})`, 'u');
  return (text) => {
    let [total, group] = [0, 0];
    for (let rest = text; rest !== ''; ) {
      const match = token.exec(rest);
      if (!match) return Number.NaN;
      rest = rest.slice(match[0].length);
      const value = worth.get(match[1]!)!;
      if (value === -1) continue;
      if (value >= 1000) {
        total += Math.max(group, 1) * value;
        group = 0;
      } else if (value === 100) group = Math.max(group, 1) * 100;
      else group += value;
    }
    return total + group;
  };
}

describe.each(LANGUAGES.map((language) => [language.code, language] as const))('%s', (code, language) => {
  const read = readerOf(code);

  // `npm run numbers` takes all, one language after the other: that lasts minutes.
  const isAll = process.env['JACKFIELD_NUMBERS'] === code;
  const limit = isAll ? { timeout: HOUR_MS } : {};

  it('says each number so that it is understood: up to 10,000, and all kinds up to a million', limit, () => {
    const values = isAll
      ? Array.from({ length: 1_000_001 }, (_, value) => value)
      : [
          ...Array(10_001).keys(),
          ...Array.from({ length: 1000 }, (_, thousands) => thousands * 1000),
          ...Array.from({ length: 2000 }, (_, index) => (index * 7919 * 31) % 1_000_000),
          1_000_000,
        ];
    expect(values.filter((value) => read(textOf(language.number(value))) !== value)).toEqual([]);
  });

  it('says large numbers so that they are understood', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999 }),
        (value) => read(textOf(language.number(value))) === value,
      ),
      { numRuns: 1000 },
    );
  });

  it('has another ordinal for each number up to a thousand', () => {
    const ordinals = Array.from({ length: 1000 }, (_, index) => textOf(language.ordinal!(index + 1)));
    expect(new Set(ordinals).size).toBe(1000);
  });
});

it.each([
  ['de', 21, 'einundzwanzig'],
  ['de', 101, 'einhunderteins'],
  ['de', 1_001_000, 'eine Million eintausend'],
  ['de', 77_777, 'siebenundsiebzigtausendsiebenhundertsiebenundsiebzig'],
  ['fr', 21, 'vingt et un'],
  ['fr', 22, 'vingt-deux'],
  ['fr', 70, 'soixante-dix'],
  ['fr', 71, 'soixante et onze'],
  ['fr', 77, 'soixante-dix-sept'],
  ['fr', 80, 'quatre-vingts'],
  ['fr', 81, 'quatre-vingt-un'],
  ['fr', 91, 'quatre-vingt-onze'],
  ['fr', 99, 'quatre-vingt-dix-neuf'],
  ['fr', 200, 'deux cents'],
  ['fr', 201, 'deux cent un'],
  ['fr', 80_000, 'quatre-vingt mille'],
  ['fr', 200_000, 'deux cent mille'],
  ['fr', 1000, 'mille'],
  ['es', 16, 'dieciséis'],
  ['es', 21, 'veintiuno'],
  ['es', 31, 'treinta y uno'],
  ['es', 100, 'cien'],
  ['es', 101, 'ciento uno'],
  ['es', 500, 'quinientos'],
  ['es', 21_000, 'veintiún mil'],
  ['es', 31_000_000, 'treinta y un millones'],
  ['et', 11, 'üksteist'],
  ['et', 21, 'kakskümmend üks'],
  ['et', 205, 'kakssada viis'],
  ['et', 1_000_000, 'üks miljon'],
  ['et', 2_000_000, 'kaks miljonit'],
  ['en', 1001, 'one thousand and one'],
])('%s: %d is %s', (code, value, words) => expect(textOf(byCode(code).number(value))).toBe(words));

it.each([
  ['en', { number: -3.14 }, 'minus three point one four'],
  ['en', { number: '3.10' }, 'three point one zero'],
  ['de', { number: 0.5 }, 'null Komma fünf'],
  ['fr', { number: 2.05 }, 'deux virgule zéro cinq'],
  ['es', { number: '-0.7' }, 'menos cero coma siete'],
  ['et', { number: 3.14 }, 'kolm koma üks neli'],
  ['en', { ordinal: 21 }, 'twenty-first'],
  ['en', { ordinal: 112 }, 'one hundred and twelfth'],
  ['en', { ordinal: 1000 }, 'one thousandth'],
  ['de', { ordinal: 21 }, 'einundzwanzigste'],
  ['de', { ordinal: 103 }, 'einhundertdritte'],
  ['fr', { ordinal: 1 }, 'premier'],
  ['fr', { ordinal: 21 }, 'vingt et unième'],
  ['fr', { ordinal: 81 }, 'quatre-vingt-unième'],
  ['fr', { ordinal: 71 }, 'soixante et onzième'],
  ['es', { ordinal: 21 }, 'vigésimo primero'],
  ['et', { ordinal: 21 }, 'kahekümne esimene'],
  ['et', { ordinal: 3 }, 'kolmas'],
  ['en', { money: 1, currency: 'EUR' }, 'one euro'],
  ['en', { money: 12.5, currency: 'EUR' }, 'twelve euros and fifty cents'],
  ['en', { money: -0.01, currency: 'GBP' }, 'minus one penny'],
  ['en', { money: 0, currency: 'USD' }, 'zero dollars'],
  ['de', { money: 1.01, currency: 'EUR' }, 'ein Euro und ein Cent'],
  ['de', { money: 21, currency: 'CHF' }, 'einundzwanzig Franken'],
  ['fr', { money: 1_000_000, currency: 'EUR' }, 'un million d’euros'],
  ['fr', { money: 1, currency: 'GBP' }, 'une livre'],
  ['es', { money: 21, currency: 'EUR' }, 'veintiún euros'],
  ['es', { money: 201, currency: 'GBP' }, 'doscientas una libras'],
  ['et', { money: 1, currency: 'EUR' }, 'üks euro'],
  ['et', { money: 2, currency: 'EUR' }, 'kaks eurot'],
  ['et', { money: 2.01, currency: 'EUR' }, 'kaks eurot ja üks sent'],
  ['en', { phone: '+49 (30) 12-3' }, 'plus four nine, three zero, one two, three'],
  ['en', { time: '14:05' }, 'two oh five p.m.'],
  ['en', { time: '0:00' }, 'twelve a.m.'],
  ['de', { time: '1:30' }, 'ein Uhr dreißig'],
  ['fr', { time: '01:00' }, 'une heure'],
  ['fr', { time: '21:15' }, 'vingt et une heures quinze'],
  ['es', { time: '21:30' }, 'veintiuna horas y treinta'],
  ['et', { time: '15:45' }, 'kell viisteist nelikümmend viis'],
  ['en', { span: 3_725_000 }, 'one hour two minutes and five seconds'],
  ['de', { span: 61_000 }, 'eine Minute und eine Sekunde'],
  ['et', { span: 7_200_000 }, 'kaks tundi'],
  ['en', { span: 0 }, 'zero seconds'],
  ['es', { date: '2027-03-01' }, 'primero de marzo de dos mil veintisiete'],
  ['fr', { date: '2027-08-02' }, 'deux août deux mille vingt-sept'],
  ['et', { date: '2027-01-21' }, 'kahekümne esimene jaanuar kaks tuhat kakskümmend seitse'],
] as [string, SpokenPart, string][])('%s: %j is “%s”', (code, part, words) =>
  expect(said(code, part)).toBe(words),
);

it.each([
  { number: 1e21 },
  { number: Number.NaN },
  { number: '1e3' },
  { number: '12345678901' },
  { ordinal: 0 },
  { ordinal: 1.5 },
  { money: 1.234, currency: 'EUR' },
  { money: 1, currency: 'XXX' },
  { money: 1, currency: 'constructor' },
  { phone: 'none' },
  { phone: '' },
  { time: '24:00' },
  { time: 'noon' },
  { span: -1 },
])('%j cannot be said', (part) => {
  for (const { code } of LANGUAGES) expect(() => said(code, part as SpokenPart)).toThrow(/must be/);
});

describe('a language of data', () => {
  it('can be added, and says what it has words for', async () => {
    const words = Object.fromEntries(
      [...'abcdefghijklmnopqrst'].map((letter, value) => [value, letter.repeat(2)]),
    );
    const tens = Object.fromEntries([20, 30, 40, 50, 60, 70, 80, 90].map((value) => [value, `x${value}`]));
    const { ordinals: _, ...rest } = ENGLISH;
    const own = spokenLanguage({
      ...rest,
      code: 'tlh',
      cardinals: { ...ENGLISH.cardinals, numbers: { ...words, ...tens } },
    });
    expect(textOf(own.number(21))).toBe('x20 bb');
    expect(own.ordinal).toBeUndefined();
    const prompts = await Prompts.open({ languages: [own] });
    await expect(prompts.ready([{ ordinal: 3 }], { language: 'tlh' })).rejects.toThrow(
      /tlh has no words for ordinal/,
    );
  });

  it.each(DATA)('that comes with the package is complete: $code', (language) => {
    expect(spokenLanguage(language).code).toBe(language.code);
  });

  const broken: [string, (language: Language) => unknown, RegExp][] = [
    ['code', (language) => ({ ...language, code: 'no such code' }), /language.code/],
    ['months', (language) => ({ ...language, months: language.months.slice(1) }), /language.months/],
    ['days', (language) => ({ ...language, days: [] }), /language.days/],
    ['date', (language) => ({ ...language, date: 'day month' }), /language.date/],
    ['point', ({ point: _, ...rest }) => rest, /language.point/],
    ['units', (language) => ({ ...language, units: {} }), /language.units.day/],
    [
      'form',
      (language) => ({
        ...language,
        units: { ...language.units, day: { plurals: { other: 'x' }, form: 'none' } },
      }),
      /units.day.form/,
    ],
    [
      'a number',
      (language) => ({ ...language, cardinals: { ...language.cardinals, numbers: { 0: 'o' } } }),
      /language.cardinals/,
    ],
    [
      'a rule',
      (language) => ({ ...language, cardinals: { ...language.cardinals, rules: [] } }),
      /language.cardinals/,
    ],
    [
      'a word',
      (language) => ({ ...language, cardinals: { ...language.cardinals, words: {} } }),
      /language.cardinals/,
    ],
    ['nothing', () => undefined, /language must be/],
  ];
  it.each(broken)('without %s is refused', (_, bend, message) => {
    for (const language of DATA) expect(() => spokenLanguage(bend(language) as Language)).toThrow(message);
  });
});

it('is read out of prompt files, with a pause between the groups of a phone number', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-words-'));
  try {
    for (const name of ['digit/1', 'digit/2', 'number/12', 'unit/eur-other', 'word/point']) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await using wav = await WavWriter.create(join(folder, `${name}.wav`));
      await wav.write(new Int16Array(1600).fill(1000));
    }
    const prompts = await Prompts.open({ folder });
    expect(await prompts.samples({ phone: '12 1' })).toHaveLength(3 * 1600 + 4000);
    expect(await prompts.samples({ money: 12, currency: 'EUR' })).toHaveLength(2 * 1600);
    expect(await prompts.samples({ number: 12.1 })).toHaveLength(3 * 1600);
  } finally {
    await rm(folder, { recursive: true });
  }
});
