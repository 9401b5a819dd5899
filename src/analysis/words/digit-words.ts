import { entryOf } from '../../base/entry-of.js';

/** Words for 0 to 9 by language. A word that is in several lists has the meaning of the first. */
const ONES: Readonly<Record<string, string>> = {
  en: 'zero one two three four five six seven eight nine',
  de: 'null eins zwei drei vier funf sechs sieben acht neun',
  fr: 'zero un deux trois quatre cinq six sept huit neuf',
  es: 'cero uno dos tres cuatro cinco seis siete ocho nueve',
  it: 'zero uno due tre quattro cinque sei sette otto nove',
  nl: 'nul een twee drie vier vijf zes zeven acht negen',
  pt: 'zero um dois tres quatro cinco seis sete oito nove',
};
const TEENS: Readonly<Record<string, string>> = {
  en: 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
  de: 'zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn',
  fr: 'dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf',
  es: 'diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve',
  it: 'dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
  nl: 'tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien',
  pt: 'dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove',
};
const TENS: Readonly<Record<string, string>> = {
  en: 'twenty thirty forty fifty sixty seventy eighty ninety',
  de: 'zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig',
  fr: 'vingt trente quarante cinquante soixante septante huitante nonante',
  es: 'veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa',
  it: 'venti trenta quaranta cinquanta sessanta settanta ottanta novanta',
  nl: 'twintig dertig veertig vijftig zestig zeventig tachtig negentig',
  pt: 'vinte trinta quarenta cinquenta sessenta setenta oitenta noventa',
};
/** Other words for a digit. */
const MORE: readonly (readonly [digit: string, words: string])[] = [
  ['0', 'oh o nought naught nil'],
  ['1', 'ein eine una uma'],
  ['2', 'zwo duas'],
  ['6', 'meia'],
  ['9', 'niner'],
];
/** Words that sound like a digit. They count as that digit only within a run of digits. */
const SOUNDS: readonly (readonly [digit: string, words: string])[] = [
  ['1', 'won wun juan'],
  ['2', 'to too tu'],
  ['3', 'tree free'],
  ['4', 'for fore'],
  ['5', 'fife'],
  ['6', 'sicks sex'],
  ['8', 'ate ait'],
  ['9', 'nein line'],
];
const TIMES: Readonly<Record<string, number>> = { double: 2, triple: 3, treble: 3, quadruple: 4 };
const ZEROES: Readonly<Record<string, string>> = { hundred: '00', thousand: '000' };

/** Meaning of a word in a number that is spoken digit by digit or in small groups. */
export type DigitWord =
  /** Digits. Those of `tens` end with a 0 that the next word may replace. */
  | { readonly kind: 'digits' | 'tens'; readonly digits: string }
  /** Repeats the next digit. */
  | { readonly kind: 'times'; readonly times: number };

const WORDS = new Map<string, DigitWord>();
const digits = (word: string, value: string) => {
  if (!WORDS.has(word)) WORDS.set(word, { kind: 'digits', digits: value });
};
for (const list of Object.values(ONES))
  for (const [at, word] of list.split(' ').entries()) digits(word, `${at}`);
for (const list of Object.values(TEENS))
  for (const [at, word] of list.split(' ').entries()) digits(word, `${10 + at}`);
for (const [digit, words] of MORE) for (const word of words.split(' ')) digits(word, digit);
for (const list of Object.values(TENS))
  for (const [at, word] of list.split(' ').entries())
    if (!WORDS.has(word)) WORDS.set(word, { kind: 'tens', digits: `${at + 2}0` });
for (const [word, value] of Object.entries(ZEROES)) digits(word, value);
for (const [word, times] of Object.entries(TIMES)) WORDS.set(word, { kind: 'times', times });
addJoined('de', 'und', ['ein']);
addJoined('nl', 'en', ['een']);

/** Adds numbers such as "one and twenty" that are written as one word. */
function addJoined(language: 'de' | 'nl', and: string, first: readonly string[]): void {
  const ones = (entryOf(ONES, language) ?? '').split(' ');
  for (const [ten, tens] of (entryOf(TENS, language) ?? '').split(' ').entries())
    for (let one = 1; one < 10; one++)
      digits(`${one === 1 ? first[0] : ones[one]}${and}${tens}`, `${ten + 2}${one}`);
}

const SOUNDING = new Map(SOUNDS.flatMap(([digit, words]) => words.split(' ').map((word) => [word, digit])));

/**
 * Returns the digits of a word in its compared form (see `Token`); undefined for a word without digits.
 *
 * @param isWithin True within a run of digits, where `for` may mean four.
 */
export function digitWord(token: string, isWithin: boolean): DigitWord | undefined {
  const numerals = Array.from(token).filter((char) => /\p{Nd}/u.test(char));
  if (numerals.length > 0) return { kind: 'digits', digits: numerals.map(digitOf).join('') };
  const known = WORDS.get(token);
  if (known) return known;
  const sounding = isWithin ? SOUNDING.get(token) : undefined;
  return sounding === undefined ? undefined : { kind: 'digits', digits: sounding };
}

/** Converts a decimal digit of any script. The digits of a script are ten consecutive characters from 0 on. */
function digitOf(char: string): string {
  if (char >= '0' && char <= '9') return char;
  let zero = char.codePointAt(0) ?? 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String(((char.codePointAt(0) ?? 0) - zero) % 10);
}
