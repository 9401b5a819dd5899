import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smsChunks } from '../../../src/exchange/sms/sms-chunks.js';

describe('a short message is cut', () => {
  it.each([
    ['', 0, 0],
    ['x', 1, 1],
    ['x'.repeat(160), 1, 160],
    ['x'.repeat(161), 2, 8],
    ['x'.repeat(306), 2, 153],
    ['x'.repeat(307), 3, 1],
    ['€'.repeat(80), 1, 160],
    ['€'.repeat(81), 2, 10],
    // The escape is not parted from what it escapes: the first chunk has 152 units.
    [`${'x'.repeat(152)}€${'x'.repeat(7)}`, 2, 9],
    ['äöüßÄÖÜàéèìòùñ§¿', 1, 16],
    ['ç', 1, 1],
    ['ш'.repeat(70), 1, 70],
    ['ш'.repeat(71), 2, 4],
    ['ш'.repeat(134), 2, 67],
    ['😀'.repeat(35), 1, 70],
    // Nor is a surrogate from its pair: 33 of them are 66 units.
    ['😀'.repeat(36), 2, 6],
    [`${'x'.repeat(100)}ш`, 2, 34],
  ])('%j', (text, chunks, lastLength) => {
    const cut = smsChunks(text);
    expect([cut.chunks.length, cut.lastLength]).toEqual([chunks, lastLength]);
  });

  it('never within a character, into chunks of allowed length, without losing text', () => {
    const characters = fc.constantFrom(...'aä€{ш😀ç"\\ ');
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 800 }), (list) => {
        const text = list.join('');
        const { chunks, alphabet } = smsChunks(text);
        expect(chunks.join('')).toBe(text);
        for (const chunk of chunks) {
          expect(Buffer.from(chunk).toString()).toBe(chunk);
          const [one, each] = alphabet === 'gsm' ? [160, 153] : [70, 67];
          const units = [...chunk].reduce(
            (sum, c) => sum + (alphabet === 'gsm' ? ('{€\\'.includes(c) ? 2 : 1) : c.length),
            0,
          );
          expect(units).toBeLessThanOrEqual(chunks.length === 1 ? one : each);
        }
      }),
      { numRuns: 60 },
    );
  });
});
