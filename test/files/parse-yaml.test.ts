import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/files/parse-yaml.js';

const DEEP = 100_000;

function faultsOf(text: string): string[] {
  const { document, lines } = parseYaml(text);
  return document.errors.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return `${line}:${col} ${message}`;
  });
}

describe('a text in YAML', () => {
  it.each([
    ['brackets', `a:\n  ${'['.repeat(DEEP)}`, '2:102'],
    ['brackets that are closed', `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`, '1:101'],
    ['JSON', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`, '1:501'],
    ['lists in lists', `${'- '.repeat(DEEP)}1`, '1:201'],
    ['keys of keys', `${'? '.repeat(DEEP)}1`, '1:201'],
    ['indents', Array.from({ length: 2500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), '101:101'],
  ])('with 100,000 of %s is refused with the place', (_, text, place) => {
    expect(faultsOf(text)).toEqual([`${place} Collections are nested more than 100 deep`]);
  });

  it('may be nested up to the limit', () => {
    const deep = `${'['.repeat(100)}1${']'.repeat(100)}`;
    expect(faultsOf(deep)).toEqual([]);
    expect(JSON.stringify(parseYaml(deep).document.toJS())).toBe(deep);
  });

  it('is refused with a repeated key, however it is written, and may have many different keys', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => `k${i}: 1`);
    expect(faultsOf([...keys, '"k7": 2', 'b: { c: 1, c: 2 }'].join('\n'))).toEqual([
      '5001:1 Map keys must be unique',
      '5002:12 Map keys must be unique',
    ]);
    expect(faultsOf('1: a\n"1": b\n? [1]\n: c\n? [1]\n: d\n')).toEqual([]);
  });

  it('has its errors reported in the order of the text', () => {
    expect(faultsOf('a: 1\na: 2\nb: [1\nc: 2\n').map((each) => each.split(' ')[0])).toEqual(['2:1', '4:1']);
  });
});
