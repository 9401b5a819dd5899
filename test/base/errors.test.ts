import { expect, it } from 'vitest';
import { asError, JackfieldError, messageOf } from '../../src/base/errors.js';

it('makes an error of anything that was thrown', () => {
  const error = new JackfieldError('ERR_FILE', 'full');
  expect(asError(error)).toBe(error);
  for (const thrown of ['text', 5, undefined, null]) {
    expect(asError(thrown)).toBeInstanceOf(Error);
    expect(asError(thrown).message).toBe(messageOf(thrown));
  }
});
