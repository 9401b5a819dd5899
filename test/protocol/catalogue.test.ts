import { describe, expect, it } from 'vitest';
import { ApiError, errorText } from '../../src/protocol/api-error.js';
import { ERROR_TEXTS } from '../../src/protocol/catalogue/error-codes.js';
import { NOTIFICATIONS } from '../../src/protocol/catalogue/notifications.js';
import { OBJECTS } from '../../src/protocol/catalogue/objects.js';
import { PARAMETERS } from '../../src/protocol/catalogue/parameters.js';
import { SEARCHES } from '../../src/protocol/catalogue/searches.js';
import { VERBS } from '../../src/protocol/catalogue/verbs.js';
import { HISTORIES, WINDOWS } from '../../src/protocol/catalogue/windows.js';
import { commands } from '../../src/protocol/commands.js';
import { parseCommand } from '../../src/protocol/parse-command.js';
import { parseReply } from '../../src/protocol/parse-reply.js';
import { answering, replies } from '../../src/protocol/replies.js';
import { serialize } from '../../src/protocol/serialize.js';
import {
  CALL_STATUSES,
  CALL_TRANSITIONS,
  canCallMove,
  isTerminalCallStatus,
} from '../../src/protocol/status/call-status.js';
import { CALL_FAILURE_REASONS } from '../../src/protocol/status/failure-reasons.js';
import { canVoicemailMove, VOICEMAIL_STATUSES } from '../../src/protocol/status/voicemail-status.js';

describe('the catalogue', () => {
  it('has all objects, commands, errors and reasons of the reference', () => {
    expect(Object.keys(OBJECTS)).toHaveLength(14);
    expect(Object.keys(VERBS)).toHaveLength(26);
    expect(Object.keys(CALL_FAILURE_REASONS)).toHaveLength(14);
    const besidesTheTable = [117, 589, 592, 615];
    expect(Object.keys(ERROR_TEXTS)).toHaveLength(148 + besidesTheTable.length);
    for (const number of besidesTheTable) expect(errorText(number)).toBeTypeOf('string');
    expect(errorText(102)).toBeUndefined();
  });

  it('lists for every error the commands that can raise it', () => {
    const raised = new Set<number>();
    const collect = (value: unknown, inErrors: boolean) => {
      if (typeof value === 'number' && inErrors) raised.add(value);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) collect(inner, inErrors || key === 'errors');
    };
    collect([VERBS, OBJECTS, PARAMETERS, SEARCHES, WINDOWS, HISTORIES], false);
    const unraised = Object.keys(ERROR_TEXTS).filter((number) => !raised.has(Number(number)));
    // Any command (1, 2, 66), none (17), and two that the reference leaves open.
    expect(unraised.map(Number)).toEqual([1, 2, 17, 37, 38, 66]);
    expect([...raised].filter((number) => errorText(number) === undefined)).toEqual([]);
  });

  it('knows which statuses end a call', () => {
    expect(CALL_STATUSES.filter(isTerminalCallStatus)).toEqual([
      'FAILED',
      'FINISHED',
      'MISSED',
      'REFUSED',
      'BUSY',
      'CANCELLED',
      'TRANSFERRED',
      'VM_SENT',
      'VM_CANCELLED',
      'VM_FAILED',
    ]);
    expect(isTerminalCallStatus('SOMETHING_NEW')).toBe(false);
    expect(isTerminalCallStatus('constructor')).toBe(false);
  });

  it('has a way to the end from every status, and none from an end', () => {
    for (const status of CALL_STATUSES) {
      expect(CALL_TRANSITIONS[status].some(isTerminalCallStatus)).toBe(!isTerminalCallStatus(status));
      expect(canCallMove(status, status)).toBe(true);
    }
    expect(canCallMove('FINISHED', 'INPROGRESS')).toBe(false);
    expect(canCallMove('RINGING', 'LOCALHOLD')).toBe(false);
    expect(canCallMove('SOMETHING_NEW', 'FINISHED')).toBe(true);
    expect(canCallMove('RINGING', 'SOMETHING_NEW')).toBe(true);
  });

  it('knows the life of a voicemail', () => {
    expect(canVoicemailMove('BLANK', 'RECORDING')).toBe(true);
    expect(canVoicemailMove('RECORDING', 'PLAYED')).toBe(false);
    expect(canVoicemailMove('PLAYED', 'UNPLAYED')).toBe(true);
    for (const status of VOICEMAIL_STATUSES) expect(canVoicemailMove('UNKNOWN', status)).toBe(true);
  });
});

describe('ApiError', () => {
  it('carries the number, the text and the command, and keeps the body of a message out of its message', () => {
    const error = new ApiError(43, '', 'MESSAGE echo123 a secret');
    expect(error).toMatchObject({
      code: 'ERR_API',
      number: 43,
      text: 'cannot send empty message',
      command: 'MESSAGE echo123 a secret',
    });
    expect(error.message).not.toContain('secret');
    expect(new ApiError(4711, '', 'PING').text).toBe('no description');
  });
});

describe('command builders', () => {
  it.each([
    [commands.name('my recorder'), 'NAME my recorder'],
    [commands.protocol(8), 'PROTOCOL 8'],
    [commands.call('echo123', '+372555'), 'CALL echo123, +372555'],
    [commands.get('CALL', 5, 'CONF_PARTICIPANT', '1'), 'GET CALL 5 CONF_PARTICIPANT 1'],
    [commands.getProfile('FULLNAME'), 'GET PROFILE FULLNAME'],
    [commands.getParameter('PRIVILEGE', 'SkypeOut'), 'GET PRIVILEGE SkypeOut'],
    [commands.set('CALL', 5, 'STATUS', 'FINISHED'), 'SET CALL 5 STATUS FINISHED'],
    [commands.setProfile('MOOD_TEXT', 'fine'), 'SET PROFILE MOOD_TEXT fine'],
    [commands.setParameter('MUTE', 'ON'), 'SET MUTE ON'],
    [commands.alter('CALL', 5, 'END', 'HANGUP'), 'ALTER CALL 5 END HANGUP'],
    [
      commands.redirect('CALL', 5, 'SET_INPUT', [{ kind: 'port', port: 5001 }]),
      'ALTER CALL 5 SET_INPUT PORT="5001"',
    ],
    [commands.redirect('VOICEMAIL', 5, 'SET_OUTPUT', []), 'ALTER VOICEMAIL 5 SET_OUTPUT'],
    [commands.search('CALLS', 'abc'), 'SEARCH CALLS abc'],
    [commands.chatMessage('#a/$b;1', 'hi there'), 'CHATMESSAGE #a/$b;1 hi there'],
    [commands.createChat('a', 'b'), 'CHAT CREATE a, b'],
    [commands.callVoicemail('testuser'), 'CALLVOICEMAIL testuser'],
    [commands.message('echo123', 'Please call me'), 'MESSAGE echo123 Please call me'],
    [commands.create('APPLICATION', 'toru'), 'CREATE APPLICATION toru'],
    [commands.delete('SMS', 233), 'DELETE SMS 233'],
    [commands.open('IM', 'echo123 hi'), 'OPEN IM echo123 hi'],
    [commands.clear('CALLHISTORY', 'ALL'), 'CLEAR CALLHISTORY ALL'],
    [replies.error(7), 'ERROR 7 GET: invalid WHAT'],
    [replies.list('CALLS', [1, 2]), 'CALLS 1, 2'],
    [replies.property('PROFILE', undefined, 'FULLNAME', 'Jane Doe'), 'PROFILE FULLNAME Jane Doe'],
    [replies.echo(parseCommand('#1 alter call 5 end hangup')), '#1 alter call 5 end hangup'],
    [answering(parseCommand('#1 PING'), replies.pong()), '#1 PONG'],
    [answering(parseCommand('PING'), replies.pong()), 'PONG'],
  ])('%j is %j', (message, line) => {
    expect(serialize(message)).toBe(line);
  });

  it.each([
    ['a line break', () => commands.name('a\rb'), 'ERR_LINE_BREAK', 'name'],
    ['a second command', () => commands.call('echo123\nCALL +1900'), 'ERR_LINE_BREAK', 'target'],
    ['a NUL', () => commands.set('USER', 'a', 'DISPLAYNAME', 'x\0'), 'ERR_LINE_BREAK', 'value'],
    ['a handle with a blank', () => commands.get('USER', 'a b', 'FULLNAME'), 'ERR_INVALID_ARG', 'id'],
    ['a target with a comma', () => commands.call('a,b'), 'ERR_INVALID_ARG', 'target'],
    ['no target', () => commands.call(), 'ERR_INVALID_ARG', 'targets'],
    ['an empty name', () => commands.name(''), 'ERR_INVALID_ARG', 'name'],
    ['a negative id', () => commands.alter('CALL', -1, 'ANSWER'), 'ERR_INVALID_ARG', 'id'],
    ['text as an id', () => commands.alter('CALL', '5' as never, 'ANSWER'), 'ERR_INVALID_ARG', 'id'],
    ['a number as text', () => commands.name(5 as never), 'ERR_INVALID_ARG', 'name'],
    ['a version that is no number', () => commands.protocol(Number.NaN), 'ERR_INVALID_ARG', 'version'],
  ])('refuse %s, naming the parameter', (_, build, code, parameter) => {
    expect(build).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(`^${parameter} must`) }),
    );
  });
});

it('the notifications of the catalogue are parsed as such', () => {
  const values = {
    '<status>': 'ONLINE',
    '<handle>': 'bob',
    '<iso2>': 'et',
    '<path>': 'a.bmp',
    '<state>': 'HIDDEN',
  };
  for (const text of Object.keys(NOTIFICATIONS)) {
    const line = Object.entries(values).reduce((all, [name, value]) => all.replace(name, value), text);
    const message = parseReply(line.replace(/[[\]]/g, ''));
    expect(message.kind, text).not.toBe('unknown');
    expect(serialize(message)).toBe(line.replace(/[[\]]/g, ''));
  }
});
