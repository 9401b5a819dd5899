import { invalidArgument, JackfieldError } from '../../base/errors.js';
import type { SpokenLanguage } from '../language/spoken-language.js';
import type { SpokenWord } from '../language/spoken-word.js';
import type { SpokenPart } from './speakable.js';

/**
 * Returns the words of a number, an amount, a phone number, digits, a date, a time or a span; undefined for other
 * parts.
 *
 * @throws ERR_INVALID_ARG for a value that cannot be said; ERR_UNSUPPORTED when the language has no words for it.
 */
export function wordsOfPart(
  part: SpokenPart,
  spoken: () => SpokenLanguage,
): readonly SpokenWord[] | undefined {
  if (typeof part === 'string') return [{ prompt: part, text: '' }];
  if ('digits' in part) return checkedDigits(part.digits).map((digit) => spoken().digit(digit));
  if ('number' in part) return numberWords(part.number, spoken());
  if ('date' in part) return spoken().date(...checkedDate(part.date));
  if ('ordinal' in part) return able(spoken(), 'ordinal')(part.ordinal);
  if ('money' in part) return able(spoken(), 'money')(hundredthsOf(part.money), part.currency);
  if ('phone' in part) return able(spoken(), 'phone')(groupsOf(part.phone));
  if ('time' in part) return able(spoken(), 'time')(...checkedTime(part.time));
  if ('span' in part) return able(spoken(), 'span')(secondsOf(part.span));
  return undefined;
}

function numberWords(value: number | string, spoken: SpokenLanguage): readonly SpokenWord[] {
  const isWhole = typeof value === 'number' ? Number.isInteger(value) : /^-?\d{1,9}$/.test(value);
  if (isWhole && Math.abs(Number(value)) <= MAX_NUMBER) return spoken.number(Number(value));
  const text = String(value);
  if (/^-?\d{1,9}\.\d{1,10}$/.test(text)) return able(spoken, 'decimal')(text);
  throw invalidArgument(
    'number',
    `a number from -${MAX_NUMBER} to ${MAX_NUMBER}, with at most ten decimals`,
    value,
  );
}

const MAX_NUMBER = 999_999_999;

/** Returns a method that not every language has. @throws ERR_UNSUPPORTED */
function able<K extends 'decimal' | 'ordinal' | 'money' | 'phone' | 'time' | 'span'>(
  spoken: SpokenLanguage,
  what: K,
): NonNullable<SpokenLanguage[K]> {
  const say = spoken[what];
  if (say) return say.bind(spoken) as NonNullable<SpokenLanguage[K]>;
  const text = `The language ${spoken.code} has no words for ${what}: give it a method of that name.`;
  throw new JackfieldError('ERR_UNSUPPORTED', text);
}

function hundredthsOf(amount: number): number {
  const hundredths = Math.round(amount * 100);
  if (Number.isSafeInteger(hundredths) && Math.abs(hundredths / 100 - amount) < 1e-9) return hundredths;
  throw invalidArgument('money', 'an amount with at most two decimals', amount);
}

function groupsOf(phone: string): string[] {
  const groups = typeof phone === 'string' ? phone.split(/[ ()./-]+/).filter(Boolean) : [];
  const [first = '', ...others] = groups;
  if (
    /^\+?[0-9*#]+$/.test(first) &&
    others.every((group) => /^[0-9*#]+$/.test(group)) &&
    groups.join('').length <= 40
  )
    return groups;
  throw invalidArgument('phone', 'a phone number of up to 40 digits, such as +49 30 123456', phone);
}

function checkedTime(time: string): [hour: number, minute: number] {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(String(time)) ?? [];
  if (hour === undefined || minute === undefined) throw invalidArgument('time', 'a time such as 14:30', time);
  return [Number(hour), Number(minute)];
}

function secondsOf(ms: number): number {
  const seconds = Math.round(ms / 1000);
  if (ms >= 0 && seconds <= MAX_NUMBER) return seconds;
  throw invalidArgument('span', `from 0 ms to ${MAX_NUMBER} s`, ms);
}

function checkedDigits(digits: string): string[] {
  if (typeof digits === 'string' && /^[0-9*#]{1,100}$/.test(digits)) return [...digits];
  throw invalidArgument('digits', '1 to 100 of 0-9, * and #', digits);
}

function checkedDate(date: string | Date): [year: number, month: number, day: number] {
  const time = date instanceof Date ? date.getTime() : Date.parse(`${date}T00:00:00Z`);
  const text = Number.isNaN(time) ? '' : new Date(time).toISOString().slice(0, 10);
  // `Date.parse` reads 2027-02-30 as March 2; it is not a date.
  if (/^\d{4}-/.test(text) && (date instanceof Date || text === date)) {
    const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
    return [year, month, day];
  }
  throw invalidArgument('date', 'a day such as 2027-03-01, or a valid Date', date);
}
