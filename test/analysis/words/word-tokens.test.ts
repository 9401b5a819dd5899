import { expect, it } from 'vitest';
import { tokensIn } from '../../../src/analysis/words/word-tokens.js';

const PARTS = [
  "can't",
  '4111.1111',
  'Größe',
  '今日は',
  '\u{1f600}\u200d',
  ' ',
  '\n',
  ', ',
  'x_y',
  'สวัสดี',
  '\ufffd',
  '\0',
  'e\u0301',
];

it('finds the same words in a long text as in one piece', () => {
  let text = '';
  for (let i = 0; text.length < 3000; i++)
    text += `${PARTS[(i * i + (i >> 2)) % PARTS.length]}${i % 3 === 0 ? ' ' : ''}`;
  const whole = Array.from(new Intl.Segmenter('und', { granularity: 'word' }).segment(text))
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment, index }) => [segment, index]);
  expect(tokensIn(text).map((token) => [token.text, token.from])).toEqual(whole);
  expect(
    tokensIn('a'.repeat(5000))
      .map(({ text: word }) => word)
      .join(''),
  ).toBe('a'.repeat(5000));
});

it('takes time in proportion to the length of the text', () => {
  const tokens = tokensIn('\u0001a\0b\u00e9\ufffd\u4e00 '.repeat(20_000));
  expect(tokens.length).toBeGreaterThan(40_000);
  expect(tokens.at(-1)?.to).toBe(8 * 20_000 - 1);
});
