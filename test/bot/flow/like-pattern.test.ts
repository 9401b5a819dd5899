import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLike, likePattern } from '../../../src/bot/flow/like-pattern.js';

/** The same by the engine of JavaScript, for patterns that are short. */
function asExpression(pattern: string): RegExp {
  const source = pattern.toLowerCase().replace(/\[([^\]]+)\]|[\s\S]/gu, (one, set?: string) => {
    if (set !== undefined) return `[${set.replace(/[\\^]/g, '\\$&')}]`;
    return one === '*' ? '[^]*' : one === '?' ? '[^]' : one.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'u');
}

describe('a pattern', () => {
  it.each([
    ['+49*', '+4930123', true],
    ['+49*', '4930123', false],
    ['*', '', true],
    ['?', '', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a*bc', 'abcbd', false],
    ['[0-9][0-9]?x', '42ÄX', true],
    ['[-a]', '-', true],
    ['[]', 'x', false],
  ])('%s and %s: %s', (pattern, text, holds) => {
    expect(isLike(text, pattern)).toBe(holds);
  });

  it('with an unclosed bracket is not a pattern', () => {
    for (const text of ['[', 'a[', '[]', '[]]']) expect(likePattern(text)).toBeUndefined();
  });

  it('matches as an equivalent regular expression does', () => {
    const piece = fc.constantFrom('a', 'b', '*', '?', '[ab]', '[a-b]', '.', '+');
    const patterns = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const texts = fc
      .array(fc.constantFrom('a', 'b', '.', '+', 'c'), { maxLength: 10 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(
        patterns,
        texts,
        (pattern, text) => isLike(text, pattern) === asExpression(pattern).test(text),
      ),
      { numRuns: 2000 },
    );
  });
});
