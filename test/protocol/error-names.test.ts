import { expect, it } from 'vitest';
import { ERROR_NUMBERS } from '../../src/protocol/catalogue/error-names.js';

it('each error has one name', () => {
  const numbers = Object.values(ERROR_NUMBERS);
  expect(new Set(numbers).size).toBe(numbers.length);
});
