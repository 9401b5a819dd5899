import { expect, it } from 'vitest';
import { editsBetween, type Keyword, KeywordWatch } from '../../../src/analysis/words/keyword-watch.js';
import { tokensIn } from '../../../src/analysis/words/word-tokens.js';

function found(text: string, keyword: Keyword, pieces = 1): string[] {
  const watch = new KeywordWatch(0, [keyword]);
  const tokens = tokensIn(text);
  const size = Math.ceil(tokens.length / pieces);
  return Array.from({ length: pieces }, (_, at) => tokens.slice(at * size, (at + 1) * size)).flatMap((part) =>
    watch.take(part).map((alert) => `${alert.text} ${alert.edits} ${alert.apart}`),
  );
}

it.each<[string, Keyword, string[]]>([
  ['I want a REFUND, now', { phrase: 'refund' }, ['REFUND 0 0']],
  ['refunds are refunds', { phrase: 'refund' }, []],
  ['refunds are refunds', { phrase: 'refund', edits: 1 }, ['refunds 1 0', 'refunds 1 0']],
  ['my café is closed', { phrase: 'CAFE' }, ['café 0 0']],
  ['cancel the contract', { phrase: 'cancel contract' }, []],
  ['cancel the contract', { phrase: 'cancel contract', apart: 1 }, ['cancel contract 0 1']],
  ['cancel it and then the contract', { phrase: 'cancel contract', apart: 3 }, []],
  ['cancel it and then the contract', { phrase: 'cancel contract', apart: 4 }, ['cancel contract 0 4']],
  ['cancel cancel the contract', { phrase: 'cancel contract', apart: 1 }, ['cancel contract 0 1']],
  ['go go go go', { phrase: 'go go' }, ['go go 0 0', 'go go 0 0']],
  ['a to b', { phrase: 'to', edits: 3 }, ['to 0 0']],
  ['I will soo you', { phrase: 'sue you', edits: 2 }, ['soo you 2 0']],
  ['', { phrase: 'x' }, []],
  ['don’t call', { phrase: "don't" }, ['don’t 0 0']],
  ['a legal matter', { phrase: 'legal', leg: 1 }, []],
  ['我要退款', { phrase: '退款' }, ['退款 0 0']],
])('in "%s" %j is %j, in whatever pieces it comes', (text, keyword, expected) => {
  for (const pieces of [1, 2, 5]) expect(found(text, keyword, pieces)).toEqual(expected);
});

it('counts the letters that differ', () => {
  expect(editsBetween('kitten', 'sitting', 3)).toBe(3);
  expect(editsBetween('kitten', 'sitting', 2)).toBeUndefined();
  expect(editsBetween('', 'ab', 5)).toBe(2);
});
