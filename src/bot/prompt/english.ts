import { checkArgument } from '../../base/check.js';
import { NUMBER, type SpokenLanguage, type SpokenWord, type Vocabulary, wordsOf } from './spoken-language.js';

const VOCABULARY: Vocabulary = {
  ones: (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen ' +
    'seventeen eighteen nineteen'
  ).split(' '),
  tens: 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' '),
  minus: 'minus',
  star: 'star',
  pound: 'pound',
  months: 'January February March April May June July August September October November December'.split(' '),
};
const ORDINALS = (
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth ' +
  'fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third ' +
  'twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first'
).split(' ');
const { number: one, word, month, digit } = wordsOf(VOCABULARY);

/** English: `one hundred and five`, `March first twenty twenty-seven`. */
export const english: SpokenLanguage = {
  code: 'en',
  number,
  digit,
  date: (year, monthNumber, day) => [
    month(monthNumber),
    { prompt: `day/${day}`, text: ORDINALS[day - 1] ?? '' },
    ...yearWords(year),
  ],
};

function number(value: number): SpokenWord[] {
  checkArgument('number', value, NUMBER);
  if (value < 0) return [word('minus', VOCABULARY.minus), ...number(-value)];
  if (value < 20) return [one(value)];
  if (value < 100) return [one(value - (value % 10)), ...rest(value % 10)];
  if (value < 1000) {
    const hundreds = [one(Math.floor(value / 100)), word('hundred', 'hundred')];
    return value % 100 === 0 ? hundreds : [...hundreds, word('and', 'and'), ...number(value % 100)];
  }
  const [unit, name] = value < 1e6 ? ([1000, 'thousand'] as const) : ([1e6, 'million'] as const);
  const below = value % unit;
  const joint = below > 0 && below < 100 ? [word('and', 'and')] : [];
  return [...number(Math.floor(value / unit)), word(name, name), ...joint, ...rest(below)];
}

function rest(value: number): SpokenWord[] {
  return value === 0 ? [] : number(value);
}

/** `nineteen eighty-four`, `nineteen oh five`, `two thousand and one`, `twenty twenty-seven`. */
function yearWords(year: number): SpokenWord[] {
  const century = Math.floor(year / 100);
  const below = year % 100;
  if (year < 1000 || year > 9999 || (century % 10 === 0 && below < 10)) return number(year);
  if (below === 0) return [...number(century), word('hundred', 'hundred')];
  return [...number(century), ...(below < 10 ? [word('oh', 'oh')] : []), ...number(below)];
}
