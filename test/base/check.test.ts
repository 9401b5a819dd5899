import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callback,
  checkArgument,
  checkOptions,
  either,
  flag,
  having,
  instance,
  line,
  listOf,
  needed,
  object,
  oneOf,
  path,
  type Rule,
  type Rules,
  text,
  whole,
  within,
} from '../../src/base/check.js';

const cases: [string, Rule, readonly unknown[], readonly unknown[], string][] = [
  ['within', within(-3, 3, 'dB'), [-3, 0.5, 3], [3.1, Number.NaN, '1', null, Infinity], 'from -3 to 3 dB'],
  ['within, open above', within(0, Infinity, 'ms'), [0, Infinity], [-1, Number.NaN], '0 or more ms'],
  ['within, open below', within(-Infinity, 0, 'dB'), [-Infinity, 0], [1, Number.NaN], 'a number up to 0 dB'],
  ['whole', whole(1, 9), [1, 9], [0, 1.5, 10, '1', Infinity], 'a whole number from 1 to 9'],
  ['oneOf', oneOf('a', 'b', 3), ['a', 3], ['c', '3', undefined], "'a', 'b' or 3"],
  [
    'line',
    line(1, 3),
    ['a', 'abc'],
    ['', 'abcd', 'a\nb', 'a\0', 7],
    'a string of 1 to 3 characters in one line',
  ],
  ['text', text(0, 3), ['', 'a\nb'], ['abcd', undefined], 'a string of 0 to 3 characters'],
  ['path', path, ['a', '/b/c'], ['', 'a\0b', 7, 'x'.repeat(5000)], 'the path of a file or folder'],
  ['flag', flag, [true, false], [0, 'true', null], 'true or false'],
  ['callback', callback, [() => 1], [{}, 'x'], 'a function'],
  ['having', having('push'), [{ push: () => 1 }], [{}, null, [], { push: 1 }], 'an object with push()'],
  [
    'instance',
    instance(Int16Array),
    [new Int16Array(1)],
    [[1], new Uint8Array(1)],
    'of the class Int16Array',
  ],
  [
    'listOf',
    listOf(flag, 1, 2),
    [[true]],
    [[], [1], [true, true, true], 'x'],
    'a list of 1 to 2, each true or false',
  ],
  ['either', either(flag, whole(1, 2)), [true, 1], [3], 'true or false, or a whole number from 1 to 2'],
  ['object', object, [{}, new Map()], [[], null, 'x', () => 1], 'an object'],
];

describe.each(cases)('%s', (_name, rule, good, bad, expected) => {
  it.each(good.map((value) => [value]))('takes %j', (value) =>
    expect(() => checkArgument('x', value, rule)).not.toThrow(),
  );
  it.each(bad.map((value) => [value]))('refuses %j with what was expected', (value) => {
    expect(() => checkArgument('x', value, rule)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG',
        message: expect.stringContaining(`x must be ${expected}; got`),
      }),
    );
  });
});

describe('checkOptions', () => {
  interface Tone {
    readonly frequency: number;
    readonly levelDbfs?: number;
  }
  const RULES: Rules<Tone> = { frequency: needed(within(1, 4000, 'Hz')), levelDbfs: within(-60, 0, 'dBFS') };

  it.each([
    [{ frequency: 1 }],
    [{ frequency: 1, levelDbfs: undefined }],
    [{ frequency: 4000, levelDbfs: -3 }],
  ])('takes %j', (given) => expect(() => checkOptions(given, RULES)).not.toThrow());

  it.each<[unknown, string]>([
    [{}, 'frequency must be from 1 to 4000 Hz; got undefined.'],
    [{ frequency: 1, levelDbfs: 1 }, 'levelDbfs must be from -60 to 0 dBFS; got 1.'],
    [{ frequncy: 1 }, 'frequncy must be left out: the only options are frequency, levelDbfs; got 1.'],
    [
      { frequency: 1, constructor: 1 },
      'constructor must be left out: the only options are frequency, levelDbfs; got 1.',
    ],
    [null, 'options must be an object of frequency, levelDbfs; got null.'],
    [7, 'options must be an object of frequency, levelDbfs; got 7.'],
    [[], 'options must be an object of frequency, levelDbfs; got Array.'],
  ])('refuses %j', (given, message) => {
    expect(() => checkOptions(given, RULES)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG', message }),
    );
  });

  it('throws ERR_INVALID_ARG or nothing, for any value', () => {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        try {
          checkOptions(given, RULES);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_INVALID_ARG' });
        }
      }),
    );
  });
});
