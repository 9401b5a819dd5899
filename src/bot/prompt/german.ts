import { checkArgument } from '../../base/check.js';
import { NUMBER, type SpokenLanguage, type SpokenWord, type Vocabulary, wordsOf } from './spoken-language.js';

const VOCABULARY: Vocabulary = {
  ones: (
    'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn ' +
    'siebzehn achtzehn neunzehn'
  ).split(' '),
  tens: 'zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig'.split(' '),
  minus: 'minus',
  star: 'Stern',
  pound: 'Raute',
  months: 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'.split(' '),
};
const ORDINALS =
  'erster zweiter dritter vierter fünfter sechster siebter achter neunter zehnter elfter zwölfter'.split(' ');
const { number: one, word, month, digit } = wordsOf(VOCABULARY);
const EIN = word('ein', 'ein');
const UND = word('and', 'und');

/** German: `drei und zwanzig`, `erster März zwei tausend sieben und zwanzig`. */
export const german: SpokenLanguage = {
  code: 'de',
  number,
  digit,
  date: (year, monthNumber, day) => [
    { prompt: `day/${day}`, text: ordinal(day) },
    month(monthNumber),
    ...yearWords(year),
  ],
};

function number(value: number): SpokenWord[] {
  checkArgument('number', value, NUMBER);
  if (value < 0) return [word('minus', VOCABULARY.minus), ...number(-value)];
  if (value < 20) return [one(value)];
  if (value < 100) {
    const unit = value % 10;
    const ten = one(value - unit);
    return unit === 0 ? [ten] : [before(unit), UND, ten];
  }
  if (value < 1000) return scaled(value, 100, word('hundred', 'hundert'));
  if (value < 1e6) return scaled(value, 1000, word('thousand', 'tausend'));
  const millions = Math.floor(value / 1e6);
  const head =
    millions === 1
      ? [word('eine', 'eine'), word('million', 'Million')]
      : [...number(millions), word('millions', 'Millionen')];
  return [...head, ...rest(value % 1e6)];
}

/** `ein` instead of `eins` before another word. */
function before(value: number): SpokenWord {
  return value === 1 ? EIN : one(value);
}

function scaled(value: number, unit: number, name: SpokenWord): SpokenWord[] {
  const count = number(Math.floor(value / unit));
  const head = count.at(-1)?.prompt === 'number/1' ? [...count.slice(0, -1), EIN] : count;
  return [...head, name, ...rest(value % unit)];
}

function rest(value: number): SpokenWord[] {
  return value === 0 ? [] : number(value);
}

function ordinal(day: number): string {
  const small = ORDINALS[day - 1];
  if (small) return small;
  const stem = number(day)
    .map(({ text }) => text)
    .join('');
  return `${stem}${day < 20 ? 'ter' : 'ster'}`;
}

/** `neunzehn hundert vier und achtzig` up to 1999, then as a number. */
function yearWords(year: number): SpokenWord[] {
  if (year < 1100 || year > 1999) return number(year);
  return [...number(Math.floor(year / 100)), word('hundred', 'hundert'), ...rest(year % 100)];
}
