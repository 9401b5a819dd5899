import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText, richOf } from '../../../src/protocol/account/rich-text.js';

describe('a text of the desktop', () => {
  it.each([
    [
      'see https://example.net/a?b=1&c=2.',
      'see <a href="https://example.net/a?b=1&amp;c=2">https://example.net/a?b=1&amp;c=2</a>.',
    ],
    ['(HTTP://x.y/) <b>', '(<a href="HTTP://x.y/">HTTP://x.y/</a>) &lt;b&gt;'],
    ['hello :)\n(heart)', 'hello <ss type="smile">:)</ss>\n<ss type="heart">(heart)</ss>'],
    [
      '[12:01:59] Bob "B": one\ntwo & :)\n\n<<< yes',
      '<quote authorname="Bob &quot;B&quot;"><legacyquote>[12:01:59] Bob &quot;B&quot;: </legacyquote>one\ntwo &amp; ' +
        '<ss type="smile">:)</ss><legacyquote>\n\n&lt;&lt;&lt; </legacyquote></quote>yes',
    ],
  ])('%j has links, emoticons and quotations as markup', (text, rich) => {
    expect(richOf(text)).toBe(rich);
    expect(plainText(rich)).toBe(text);
  });

  it.each(['a < b', 'javascript:alert(1)', 'http://', 'x:)y', '(constructor)', '[12:00] x: y', ''])(
    '%j needs no markup',
    (text) => {
      expect(richOf(text)).toBe(undefined);
    },
  );

  it('is unchanged after adding and removing markup, for any content', () => {
    const bits = fc.constantFrom(
      '<b>',
      '&lt;',
      ':)',
      ' ',
      '\n',
      'https://x.y/z',
      '"',
      '>',
      '[12:00] a: b\n\n<<< ',
      '(sun)',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(bits, fc.string({ unit: 'grapheme' }))), (parts) => {
        const text = parts.join('').replace(/[\p{Cc}\p{Surrogate}\ufffe\uffff]/gu, '');
        const rich = richOf(text);
        if (rich !== undefined) expect(plainText(rich)).toBe(text);
      }),
    );
  });
});
