import { rule } from '../../base/check.js';

/** The rule of a text of keys of a phone, any number of them. */
export const KEYS = rule(
  'of 0-9, A-D, * and #',
  (value) => typeof value === 'string' && /^[0-9A-D*#]*$/.test(value),
);

/** The rule of keys that may be written as ranges: `0-9`, `1-4*#`. A range goes up, within the digits or the letters. */
export const KEY_RANGES = rule(
  'one or more keys of 0-9, A-D, * and #, or ascending ranges of keys, such as 1-4',
  (value) => typeof value === 'string' && value !== '' && keysIn(value) !== undefined,
);

/** The keys that a text of {@link KEY_RANGES} stands for; undefined for any other text. */
export function keysIn(ranges: string): ReadonlySet<string> | undefined {
  const keys = new Set<string>();
  const rest = ranges.replace(/([0-9])-([0-9])|([A-D])-([A-D])|([0-9A-D*#])/g, (...match: string[]) => {
    const [, low, high, first, last, single] = match;
    const [from, to] = [low ?? first ?? single ?? '', high ?? last ?? single ?? ''];
    if (from > to) return '-';
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) keys.add(String.fromCharCode(code));
    return '';
  });
  return rest === '' ? keys : undefined;
}
