import type { Span } from '../speech-units.js';
import { digitWord } from './digit-words.js';
import type { Token } from './word-tokens.js';

/** Possible part of a number: a spoken word, a pressed key, or speech that was not understood. */
export type NumberPart = Token & { readonly isKey?: boolean; readonly isUnknown?: boolean };

/** Sequence of digits. */
export interface DigitRun extends Span {
  readonly digits: string;
  readonly how: 'spoken' | 'pressed';
  /** True when the digits contain a card number with a correct check digit. */
  readonly isLuhn: boolean;
}

/** Fewest digits of a card number. */
export const CARD_DIGITS = 13;
const MOST_CARD_DIGITS = 19;
/** Stands for a digit in speech that was not understood. */
export const UNKNOWN_DIGIT = '?';
/** Most other words between two digits. */
const MAX_FILLERS = 3;

interface Open {
  from: number;
  to: number;
  digits: string;
  keys: number;
  parts: number;
  fillers: number;
  times: number;
  tens: boolean;
}

/**
 * Finds runs of digits that are long enough for a card number, spoken or pressed, even with a few other words between
 * them.
 *
 * @param parts In order of time.
 * @param maxGap Longest time between two digits of a run.
 * @param least Fewest digits of a run.
 */
export function digitRuns(
  parts: Iterable<NumberPart>,
  maxGap: number,
  least: number = CARD_DIGITS,
): DigitRun[] {
  const { ended, open } = runsIn(parts, maxGap);
  return [...ended, ...(open ? [open] : [])]
    .filter(({ digits }) => digits.length >= least)
    .map((run) => runOf(run));
}

/** Returns the run that the next part may continue, however short it is. @param maxGap As of {@link digitRuns}. */
export function begunRun(parts: Iterable<NumberPart>, maxGap: number): DigitRun | undefined {
  const { open } = runsIn(parts, maxGap);
  return open && runOf(open);
}

/** True when some words may be digits of a number, also of one that began before them. */
export function mayHaveDigits(words: Iterable<Token>): boolean {
  let fillers = 0;
  for (const { token } of words) {
    if (digitWord(token, fillers <= MAX_FILLERS)) return true;
    fillers++;
  }
  return false;
}

function runsIn(
  parts: Iterable<NumberPart>,
  maxGap: number,
): { readonly ended: readonly Open[]; readonly open: Open | undefined } {
  const ended: Open[] = [];
  let open: Open | undefined;
  const end = () => {
    if (open) ended.push(open);
    open = undefined;
  };
  for (const part of parts) {
    if (open && part.from - open.to > maxGap) end();
    const word = wordOf(part, open !== undefined);
    if (!word) {
      if (open && !part.isKey && ++open.fillers > MAX_FILLERS) end();
      continue;
    }
    open ??= {
      from: part.from,
      to: part.to,
      digits: '',
      keys: 0,
      parts: 0,
      fillers: 0,
      times: 1,
      tens: false,
    };
    open.to = Math.max(open.to, part.to);
    open.fillers = 0;
    open.parts++;
    if (part.isKey) open.keys++;
    if (word.kind === 'times') {
      open.times = word.times;
      continue;
    }
    const joins = open.tens && word.kind === 'digits' && /^[1-9]$/.test(word.digits);
    if (joins) open.digits = open.digits.slice(0, -1);
    open.digits += word.digits.repeat(open.times);
    open.times = 1;
    open.tens = word.kind === 'tens';
  }
  return { ended, open };
}

/** Speech that was not understood may be a whole card number. */
const UNKNOWN = { kind: 'digits', digits: UNKNOWN_DIGIT.repeat(CARD_DIGITS) } as const;

function wordOf(part: NumberPart, isWithin: boolean) {
  if (part.isUnknown) return UNKNOWN;
  return part.isKey ? keyWord(part.token) : digitWord(part.token, isWithin);
}

function keyWord(key: string): { readonly kind: 'digits'; readonly digits: string } | undefined {
  return /^\d$/.test(key) ? { kind: 'digits', digits: key } : undefined;
}

function runOf({ from, to, digits, keys, parts }: Open): DigitRun {
  return { from, to, digits, how: keys === parts ? 'pressed' : 'spoken', isLuhn: hasCard(digits) };
}

/** True when some of the digits are a card number with a correct check digit. */
function hasCard(digits: string): boolean {
  for (let from = 0; from + CARD_DIGITS <= digits.length; from++)
    for (let length = CARD_DIGITS; length <= MOST_CARD_DIGITS && from + length <= digits.length; length++)
      if (isLuhn(digits.slice(from, from + length))) return true;
  return false;
}

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
