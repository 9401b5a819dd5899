import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatStreamTargets,
  parseStreamTargets,
  type StreamTarget,
} from '../../src/protocol/stream-target.js';

const soundcard = { kind: 'soundcard', device: 'default' } as const;
const port = { kind: 'port', port: 5001 } as const;

describe('parseStreamTargets', () => {
  it.each<[string, StreamTarget[]]>([
    ['SOUNDCARD="default"', [soundcard]],
    ['SOUNDCARD="default", PORT="5001"', [soundcard, port]],
    ['SOUNDCARD="default",PORT="5001"', [soundcard, port]],
    ['SOUNDCARD="default" PORT="5001"', [soundcard, port]],
    ['soundcard="default", Port="5001"', [soundcard, port]],
    ['PORT=5001', [port]],
    ['PORT=5001,SOUNDCARD=default ', [port, soundcard]],
    ['file="c:\\test.wav"', [{ kind: 'file', path: 'c:\\test.wav' }]],
    [
      'FILE="C:\\my calls, old\\a=b.wav" PORT="5001"',
      [{ kind: 'file', path: 'C:\\my calls, old\\a=b.wav' }, port],
    ],
    ['FILE="C:\\dir\\"', [{ kind: 'file', path: 'C:\\dir\\' }]],
    ['FILE=""', []],
    ['SOUNDCARD="" PORT="5001"', [port]],
    ['PORT=', []],
    ['', []],
    [' , ', []],
  ])('reads %j', (text, targets) => {
    expect(parseStreamTargets(text)).toEqual(targets);
  });

  it.each([
    ['PORT', /"="/],
    ['PORTS="5"', /SOUNDCARD, PORT or FILE/],
    ['PORT="5001', /closing quotation mark/],
    ['PORT="0"', /port from 1 to 65535/],
    ['PORT="65536"', /port from 1 to 65535/],
    ['PORT="-1"', /port from 1 to 65535/],
    ['PORT="5 01"', /port from 1 to 65535/],
    ['="x"', /SOUNDCARD, PORT or FILE/],
  ])('refuses %j', (text, message) => {
    expect(() => parseStreamTargets(text)).toThrow(expect.objectContaining({ code: 'ERR_SYNTAX' }));
    expect(() => parseStreamTargets(text)).toThrow(message);
  });

  it('throws nothing but a syntax error', () => {
    const pieces = fc.constantFrom('PORT', 'file', '=', '"', ',', ' ', '5', '\\', 'x');
    fc.assert(
      fc.property(fc.array(pieces), (words) => {
        try {
          parseStreamTargets(words.join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_SYNTAX' });
        }
      }),
    );
  });
});

describe('formatStreamTargets', () => {
  it('writes texts that parse to the same value', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((value) => !/["\r\n\0]/.test(value));
    const target = fc.oneof<fc.Arbitrary<StreamTarget>[]>(
      fc.record({ kind: fc.constant('soundcard'), device: text }),
      fc.record({ kind: fc.constant('port'), port: fc.integer({ min: 1, max: 65_535 }) }),
      fc.record({ kind: fc.constant('file'), path: text }),
    );
    fc.assert(
      fc.property(fc.array(target), (targets) => {
        expect(parseStreamTargets(formatStreamTargets(targets))).toEqual(targets);
      }),
    );
  });

  it('writes the spelling of the wire', () => {
    expect(formatStreamTargets([soundcard, port])).toBe('SOUNDCARD="default", PORT="5001"');
    expect(formatStreamTargets([])).toBe('');
  });

  it.each([
    [{ kind: 'port', port: 0 } as const, 'ERR_INVALID_ARG'],
    [{ kind: 'port', port: 1.5 } as const, 'ERR_INVALID_ARG'],
    [{ kind: 'file', path: '' } as const, 'ERR_INVALID_ARG'],
    [{ kind: 'file', path: 'a" PORT="1' } as const, 'ERR_INVALID_ARG'],
    [{ kind: 'file', path: 'a\nCALL b' } as const, 'ERR_LINE_BREAK'],
    [{ kind: 'soundcard', device: 'a\0' } as const, 'ERR_LINE_BREAK'],
  ])('refuses %j', (target, code) => {
    expect(() => formatStreamTargets([target])).toThrow(expect.objectContaining({ code }));
  });
});
