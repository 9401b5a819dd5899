import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../../src/protocol/command-errors.js';
import { explain } from '../../../src/protocol/explain/explain.js';
import { suggest } from '../../../src/protocol/explain/suggest.js';
import { parseCommand } from '../../../src/protocol/parse-command.js';
import { serialize } from '../../../src/protocol/serialize.js';
import { command, reply } from '../arbitraries.js';

const texts = (line: string) => explain(line).parts.map(({ text }) => text);

describe('explain', () => {
  it('explains each part of a redirection, the replies and the errors', () => {
    const { from, parts, replies, errors } = explain(
      '#7 ALTER CALL 5 SET_INPUT PORT="5001", file="c:\\a b.wav"',
    );
    expect(from).toBe('client');
    expect(parts.map(({ text }) => text)).toEqual([
      '#7',
      'ALTER',
      'CALL 5',
      'SET_INPUT',
      'PORT="5001"',
      'FILE="c:\\a b.wav"',
    ]);
    expect(replies).toEqual(['ALTER CALL 5 SET_INPUT PORT="5001", file="c:\\a b.wav"']);
    expect(errors.map(({ number }) => number)).toEqual([526, 527, 555, 556, 557, 558, 559, 560, 589]);
  });

  it.each([
    ['alter cal 5 SET_INPT PORT="5001"', 'alter CALL 5 SET_INPUT PORT="5001"'],
    ['SERCH ACTIVECALS', 'SEARCH ACTIVECALLS'],
    ['#1 GET CALL 5 DURATON', '#1 GET CALL 5 DURATION'],
    ['GET PROFILE FULNAME', 'GET PROFILE FULLNAME'],
    ['SET USERSTATSU ONLINE', 'SET USERSTATUS ONLINE'],
    ['OPEN DAILPAD', 'OPEN DIALPAD'],
    ['<- CALL 14 STATSU RINGING', 'CALL 14 STATUS RINGING'],
    ['CALL 14 STATSU RINGING', 'CALL 14 STATUS RINGING'],
  ])('suggests what %j was meant to be', (line, corrected) => {
    expect(explain(line).correctedLine).toBe(corrected);
  });

  it.each([
    ['ALTER CALL 5 SET_OUTPUT SOUNDCARD="default"', 'Sound card; "default" is the only one.'],
    ['ALTER CALL 5 SET_OUTPUT FILE=""', 'Nothing: the redirection is removed.'],
    ['ALTER CALL 5 SET_OUTPUT PORT="0"', expect.stringContaining('a port from 1 to 65535')],
    ['CALLVOICEMAIL +372555', 'A phone number.'],
    ['CALL 7', 'A speed-dial code.'],
    ['SEARCH FRIENDS x', 'This search takes no target.'],
    ['SET CALL 5 FOO bar', 'Its value.'],
    ['ALTER CALL 5 FOO bar', 'Its argument.'],
    ['SET MUTE maybe', 'Should be: ON or OFF.'],
  ])('explains the end of %j', (line, note) => {
    expect(explain(`-> ${line}`).parts.at(-1)?.note).toEqual(note);
  });

  it('suggests a listed value', () => {
    const last = explain('CALL 14 STATUS FINISHD').parts.at(-1);
    expect(last).toEqual({ text: 'FINISHD', note: expect.stringContaining('Did you mean FINISHED?') });
  });

  it('has no suggestion for words that resemble nothing', () => {
    expect(explain('XYZZY plugh')).toMatchObject({ corrections: [], message: { kind: 'unknown', error: 2 } });
  });

  it.each([
    ['CALL 14 STATUS RINGING', 'endpoint'],
    ['CALL echo123, mike', 'client'],
    ['USERSTATUS ONLINE', 'endpoint'],
    ['CALLS 1, 2', 'endpoint'],
    ['ERROR 12', 'endpoint'],
    ['-> CALL 14 STATUS RINGING', 'client'],
    ['<- ALTER CALL 5 ANSWER', 'endpoint'],
    ['ALTER CALL 5 ANSWER', 'client'],
    ['PROTOCOL 8', 'client'],
  ])('takes %j to come from the %s', (line, from) => {
    expect(explain(line).from).toBe(from);
  });

  it('names the parts of replies', () => {
    expect(texts('CALLS 1, 2')).toEqual(['CALLS', '1, 2']);
    expect(texts('<- ALTER CHAT SETTOPIC')).toEqual(['ALTER', 'CHAT SETTOPIC']);
    expect(texts('ERROR 12 Unknown call')).toEqual(['ERROR 12', 'Unknown call']);
  });

  it('explains every kind of message', () => {
    const arrow = { client: '->', endpoint: '<-' };
    for (const [from, messages] of [['client', command] as const, ['endpoint', reply] as const]) {
      fc.assert(
        fc.property(messages, (message) => {
          const explanation = explain(`${arrow[from]} ${serialize(message)}`);
          expect(explanation.parts.length).toBeGreaterThan(0);
          expect(explanation.parts.every(({ note }) => note !== '')).toBe(true);
          if (message.kind in { focus: 0, alter: 0, get: 0 }) expect(explanation.replies).toHaveLength(1);
        }),
      );
    }
  });
});

describe('errorsOf', () => {
  it.each([
    ['CALL echo123', [34, 35, 36, 39, 73, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101]],
    ['GET CALL 5 CONF_PARTICIPANT 1', [7, 11, 12, 13, 71]],
    ['SET CALL 5 DTMF 1', [18, 19, 20, 21, 25, 41, 42]],
    ['SET AUTOAWAY X', [18, 53]],
    ['GET AEC', [7, 569]],
    ['SEARCH FRIENDS', [3, 67]],
    ['OPEN IM echo123', [69, 70]],
    ['CREATE GROUP x', [536, 537]],
    ['DELETE APPLICATION x', [538, 539, 541, 542]],
    ['ALTER VOICEMAIL 5 SET_INPUT', [526, 527, 528, 529, 530, 531, 532, 592]],
    ['GRT', [2]],
  ])('of %j', (line, errors) => {
    expect(errorsOf(parseCommand(line))).toEqual(errors);
  });
});

describe('suggest', () => {
  it.each([
    ['GRT', 'GET'],
    ['srach', 'SEARCH'],
    ['ALTRE', 'ALTER'],
    ['XX', undefined],
  ])('%j -> %j', (word, meant) => {
    expect(suggest(word, ['GET', 'SET', 'SEARCH', 'ALTER'])).toBe(meant);
  });
});
