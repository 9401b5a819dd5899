import { expect, it } from 'vitest';
import { escapeXml } from '../../src/base/xml.js';

it('keeps text from being markup, in elements and in attributes', () => {
  expect(escapeXml('a & b <c> "d" &amp;')).toBe('a &amp; b &lt;c&gt; &quot;d&quot; &amp;amp;');
});

it('replaces characters that XML forbids, and keeps the others', () => {
  expect(escapeXml('a\u0000b\u001bc\ufffed\ud800e')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde');
  expect(escapeXml('\t\n\r é 😀')).toBe('\t\n\r é 😀');
});
