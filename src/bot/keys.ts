import { rule } from '../base/check.js';

/** The rule of a text of keys of a phone, any number of them. */
export const KEYS = rule(
  'of 0-9, A-D, * and #',
  (value) => typeof value === 'string' && /^[0-9A-D*#]*$/.test(value),
);
