import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitRuns } from '../../../src/analysis/words/digit-runs.js';
import { MASKED, MaskFinder } from '../../../src/analysis/words/mask-finder.js';
import type { SaidPart } from '../../../src/analysis/words/said-part.js';
import { tokensIn } from '../../../src/analysis/words/word-tokens.js';

const finder = new MaskFinder({ cards: true, phrases: [{ phrase: 'open sesame', apart: 1 }] });

describe('card numbers in texts', () => {
  it.each([
    ['4111111111111111', '4111111111111111'],
    ['call 4111-1111-1111-1111 now', '4111111111111111'],
    ['4111 1111 1111 1111', '4111111111111111'],
    ['４１１１１１１１１１１１１１１１', '4111111111111111'],
    ['٤١١١١١١١١١١١١١١١', '4111111111111111'],
    ['four one one one, uh, one one one one. one one one one. one one one one', '4111111111111111'],
    ['forty one eleven eleven eleven eleven eleven eleven eleven', '4111111111111111'],
    ['fifty five hundred double zero fifty five fifty five fifty five fifty five', '55000055555555'],
    ['four triple one triple one triple one triple one triple one', '4111111111111111'],
    ['four for to too ate one oh oh oh one two three four', '4422810001234'],
    [
      'Vier eins eins eins, eins eins eins eins, eins eins eins eins, eins eins eins eins',
      '4111111111111111',
    ],
    ['einundvierzig elf elf elf elf elf elf elf', '4111111111111111'],
    ['cuatro uno uno uno uno uno uno uno uno uno uno uno uno', '4111111111111'],
    ['quatre un un un un un un un un un un un un', '4111111111111'],
    ['my number is 4111 okay 1111 yes 1111 and 1111 thank you', '4111111111111111'],
    ['one 2 three 4 five 6 seven 8 nine 0 one 2 three', '1234567890123'],
  ])('%s', (text, digits) => {
    expect(digitRuns(tokensIn(text), Number.POSITIVE_INFINITY).map((run) => run.digits)).toEqual([digits]);
    const masked = finder.text(text);
    expect(masked).toContain(MASKED);
    expect(finder.isIn(masked)).toBe(false);
  });

  it.each([
    'call me at 555 0100 or at any time',
    'one two three four five six seven eight nine ten',
    'we ordered 12 for 30 dollars on the fifth of May, and then a whole 24 more came by mail',
    '',
    MASKED,
  ])('%j stays', (text) => {
    expect(finder.text(text)).toBe(text);
  });

  it('are labelled by their check digit, and masked with any', () => {
    const run = (text: string) => digitRuns(tokensIn(text), Number.POSITIVE_INFINITY)[0];
    expect(run('4111111111111111')?.isLuhn).toBe(true);
    expect(run('4111111111111112 12')?.digits).toHaveLength(18);
    expect(run('1000000000000')?.isLuhn).toBe(false);
  });

  it('leave nothing that is found again, for any text', () => {
    const word = fc.constantFrom(
      'one',
      '4',
      '1111',
      'for',
      'uh',
      'open',
      'sesame',
      'double',
      'twenty',
      '-',
      '. ',
      'the',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => !finder.isIn(finder.text(words.join(' ')))),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe('a text without a part of a secret', () => {
  it.each([
    ['well I would like to pay for it', false],
    ['to be honest I would not', true],
    ['so we pay by card, and double', true],
    ['it was a hundred I think', true],
    ['for my card ends with oh', true],
    ['I come at 5', true],
    ['now open the door please', true],
    ['', false],
  ])('%s: %s', (text, may) => {
    expect(finder.mayHavePart(text)).toBe(may);
  });

  it('may be replaced by any other words: what is found around it stays the same', () => {
    const words = 'one four 41 double for to too oh well hello the door open sesame hundred und eins'.split(
      ' ',
    );
    const list = (most: number) => fc.array(fc.constantFrom(...words), { maxLength: most });
    const found = (parts: readonly (readonly string[])[]) => {
      const said = parts.flat().map((word, at) => ({ word, from: at * 100, to: at * 100 + 90 }));
      const part = { leg: 0, text: '', from: 0, to: said.length * 100, words: said } as const;
      return finder.inCall([part], [[], []], 1000);
    };
    let harmless = 0;
    fc.assert(
      fc.property(list(20), list(6), list(20), (before, middle, after) => {
        if (finder.mayHavePart(middle.join(' '))) return;
        harmless += middle.length;
        const others = middle.map(() => 'lorem');
        expect(found([before, middle, after])).toEqual(found([before, others, after]));
      }),
      { numRuns: 3000, seed: 5 },
    );
    expect(harmless).toBeGreaterThan(100);
  });
});

describe('what was said and pressed', () => {
  const RATE = 16_000;
  const key = (digit: string, at: number) => ({
    digit: digit as '1',
    from: at * RATE,
    to: (at + 0.1) * RATE,
  });
  const part = (leg: 0 | 1, text: string, from: number, step = 0.3): SaidPart => {
    const words = text.split(' ').map((word, at) => ({
      word,
      from: Math.round((from + at * step) * RATE),
      to: Math.round((from + (at + 1) * step) * RATE),
    }));
    return { leg, text, words, from: words[0]!.from, to: words.at(-1)!.to };
  };
  const seconds = ({ from, to, rule, leg }: { from: number; to: number; rule: string; leg: number }) =>
    `${leg} ${rule} ${(from / RATE).toFixed(1)}-${(to / RATE).toFixed(1)}`;

  it('is found across parts, pauses and the words of the other party', () => {
    const said = [
      part(1, 'it is four one one one', 1),
      part(0, 'yes', 3),
      part(1, 'one one one one', 4),
      part(0, 'uh huh go on', 6),
      part(1, 'and one one one one one one one one', 8),
    ];
    expect(finder.inCall(said, [], RATE).map(seconds)).toEqual(['1 card-spoken 1.6-10.7']);
  });

  it('is two things where the pause is long', () => {
    const said = [
      part(1, 'four one one one one one one one', 1),
      part(1, 'one one one one one one one one', 30),
    ];
    expect(finder.inCall(said, [], RATE)).toEqual([]);
  });

  it('may be said for a part and pressed for a part', () => {
    const keys = [[], Array.from({ length: 8 }, (_, at) => key('1', 4 + at * 0.2))];
    const said = [part(1, 'four one one one one one one one', 1)];
    expect(finder.inCall(said, keys, RATE).map(seconds)).toEqual(['1 card-spoken 1.0-5.5']);
    expect(finder.inCall([], keys, RATE)).toEqual([]);
  });

  it('is masked as a whole part where its words have no places or are incomplete', () => {
    const text = 'card 4111 1111 1111 1111 open the sesame';
    const whole = { leg: 0 as const, text, from: RATE, to: 5 * RATE, words: [] };
    expect(finder.inCall([whole], [], RATE).map(seconds)).toEqual([
      '0 card-spoken 1.0-5.0',
      '0 phrase 1.0-5.0',
    ]);
    const other = { ...part(0, 'card', 1), text };
    expect(finder.inCall([other], [], RATE).map(({ from, to }) => [from, to])).toEqual([
      [other.from, other.to],
    ]);
  });

  it('has the keys beside it, where an engine hears more digits than were said', () => {
    const said = part(0, 'four four oh two two oh oh two one oh two two oh', 1);
    const keys = [8, 8.3, 8.6].map((at) => ({ digit: '1' as const, from: at * RATE, to: (at + 0.1) * RATE }));
    const found = finder.inCall([said], [keys, []], RATE);
    expect(Math.max(...found.map(({ to }) => to))).toBe(8.7 * RATE);
  });

  it('may be in speech that was not understood, with the digits near it', () => {
    const unknown = [{ from: 4 * RATE, to: 6 * RATE }];
    const beside = (text: string, at: number) =>
      finder.besideUnknown(1, [part(1, text, at)], [], { unknown }, RATE).map(seconds);
    expect(beside('nine two', 7)).toEqual(['1 undecided 4.0-7.6']);
    expect(beside('four one', 1)).toEqual(['1 undecided 1.0-6.0']);
    expect(beside('no number', 7)).toEqual([]);
    expect(beside('that is all I have for one', 7)).toEqual([]);
    expect(beside('one', 22)).toEqual([]);
    expect(finder.besideUnknown(1, [part(1, 'one two', 7)], [], {}, RATE)).toEqual([]);
  });

  it('may be where voice is lost, together with more than three digits beside it', () => {
    const lost = [{ from: 4 * RATE, to: 6 * RATE }];
    const beside = (before: string, behind: string, unknown: typeof lost = []) =>
      finder
        .besideUnknown(1, [part(1, before, 1), part(1, behind, 7)], [], { lost, unknown }, RATE)
        .map(seconds);
    expect(beside('four one', 'nine two')).toEqual(['1 undecided 1.0-7.6']);
    expect(beside('four one', 'nine')).toEqual([]);
    expect(beside('four one two three', 'hello')).toEqual(['1 undecided 1.0-6.0']);
    expect(beside('well', 'nine', [{ from: 9 * RATE, to: 10 * RATE }])).toEqual(['1 undecided 7.0-10.0']);
  });
});
