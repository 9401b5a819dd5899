import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/protocol/parse-command.js';
import { parseReply } from '../../src/protocol/parse-reply.js';
import { serialize } from '../../src/protocol/serialize.js';
import { anyText } from '../any-text.js';
import { command, reply } from './arbitraries.js';

const RUNS = { numRuns: 2000 };
/** Commands and replies made of the language's own words, in any order: what random text rarely hits. */
const wordy = fc
  .array(
    fc.constantFrom(
      'GET',
      'set',
      'ALTER',
      'CALL',
      'chat',
      'PROFILE',
      'STATUS',
      '5',
      '#7',
      '',
      '=',
      '"',
      ',',
      'ERROR',
    ),
  )
  .map((words) => words.join(' '));
const anyLine = fc.oneof(anyText(), wordy);

describe('parse and serialize', () => {
  it('give back every kind of command', () => {
    fc.assert(
      fc.property(command, (message) => {
        expect(parseCommand(serialize(message))).toEqual(message);
      }),
      RUNS,
    );
  });

  it('give back every kind of reply', () => {
    fc.assert(
      fc.property(reply, (message) => {
        expect(parseReply(serialize(message))).toEqual(message);
      }),
      RUNS,
    );
  });

  it('read any line without throwing, and the same again when it was written', () => {
    fc.assert(
      fc.property(anyLine, (line) => {
        for (const parse of [parseCommand, parseReply]) {
          const message = parse(line);
          const again = writable(line) ? parse(serialize(message)) : message;
          expect(again).toEqual(message);
        }
      }),
      RUNS,
    );
  });

  it('never write a parameter that breaks its line', () => {
    const bad = fc.constantFrom('\r', '\n', '\0');
    fc.assert(
      fc.property(command, bad, fc.nat(), (message, character, seed) => {
        const texts = Object.entries(message).filter(
          ([field, value]) => field !== 'kind' && typeof value === 'string',
        );
        fc.pre(texts.length > 0);
        const [field, value] = texts[seed % texts.length] as [string, string];
        const at = seed % (value.length + 1);
        const broken = { ...message, [field]: value.slice(0, at) + character + value.slice(at) };
        expect(() => serialize(broken)).toThrow(
          expect.objectContaining({
            code: 'ERR_LINE_BREAK',
            message: expect.stringContaining(`${field} must`),
          }),
        );
      }),
      RUNS,
    );
  });
});

function writable(line: string): boolean {
  return !/[\0\r\n]/.test(line);
}
