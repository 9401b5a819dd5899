import { describe, expect, it } from 'vitest';
import { KEY, KEY_HEADER, keyHeaders, saidWithoutKey } from '../../../src/base/web/service-key.js';

const token = 'sk-abcdefghijklmnopqrstuvwxyz0123456789';

describe('the key of a service', () => {
  it.each([
    [undefined, { authorization: `Bearer ${token}` }],
    ['Authorization: Token', { authorization: `Token ${token}` }],
    ['xi-api-key', { 'xi-api-key': token }],
    ['X-Key:Word', { 'x-key': `Word ${token}` }],
  ])('is sent as the header %s', (tokenHeader, headers) => {
    expect(keyHeaders({ token, ...(tokenHeader !== undefined && { tokenHeader }) })).toEqual(headers);
  });

  it('is not sent when there is no key', () => {
    expect(keyHeaders({ tokenHeader: 'xi-api-key' })).toEqual({});
  });

  it('is refused where a header cannot hold it', () => {
    const none = ['', ' ', 'two\nlines', 'tab\t', 'ü', ' before', 7, 'x'.repeat(4097)];
    expect(none.filter((key) => KEY.accepts(key))).toEqual([]);
    expect(KEY.isSecret).toBe(true);
  });

  it.each(['', 'two words', 'a:b:c', 'a\r\nb: c', ': Bearer', 7])(
    'cannot be sent in the header %j',
    (header) => {
      expect(KEY_HEADER.accepts(header)).toBe(false);
    },
  );

  it.each([
    [`Incorrect key: ${token}.`, 'Incorrect key: ***.'],
    [`Incorrect key: sk-abcdefghi*****23456789.`, 'Incorrect key: ***********.'],
    ['No room.\r\n\u001b[31m Later.', 'No room. \\u001b[31m Later.'],
    ['no abcdefg', 'no abcdefg'],
    [`${'x '.repeat(2100)}${token}`, 'x '.repeat(100)],
  ])('is not in a message, whole or in part', (said, told) => {
    expect(saidWithoutKey(said, { token })).toBe(told);
  });

  it('is not in a message even if it is short', () => {
    expect(saidWithoutKey('the key is abc', { token: 'abc' })).toBe('the key is ***');
  });
});
