import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf } from '../../src/base/entry-of.js';
import { OBJECTS } from '../../src/protocol/catalogue/objects.js';
import type { PropertySpec } from '../../src/protocol/catalogue/spec.js';
import type { EndpointMessage } from '../../src/protocol/message.js';
import { parseCommand } from '../../src/protocol/parse-command.js';
import { parseReply } from '../../src/protocol/parse-reply.js';
import { serialize } from '../../src/protocol/serialize.js';
import { reply } from './arbitraries.js';

describe('parseCommand', () => {
  it.each([
    ['NAME my recorder', { kind: 'name', name: 'my recorder' }],
    ['PROTOCOL 9999', { kind: 'protocol', version: 9999 }],
    ['PING', { kind: 'ping' }],
    ['#50 PING', { kind: 'ping', commandId: '50' }],
    ['CALL echo123, +18005551234', { kind: 'call', targets: ['echo123', '+18005551234'] }],
    ['GET CALL 5 DURATION', { kind: 'get', object: 'CALL', id: 5, property: 'DURATION', argument: '' }],
    [
      'GET USER echo123 FULLNAME',
      { kind: 'get', object: 'USER', id: 'echo123', property: 'FULLNAME', argument: '' },
    ],
    [
      'GET PROFILE FULLNAME',
      { kind: 'get', object: 'PROFILE', id: undefined, property: 'FULLNAME', argument: '' },
    ],
    ['GET CURRENTUSERHANDLE', { kind: 'get-parameter', parameter: 'CURRENTUSERHANDLE', argument: '' }],
    [
      'SET CALL 5 STATUS FINISHED',
      { kind: 'set', object: 'CALL', id: 5, property: 'STATUS', value: 'FINISHED' },
    ],
    ['SET USERSTATUS ONLINE', { kind: 'set-parameter', parameter: 'USERSTATUS', value: 'ONLINE' }],
    ['ALTER CALL 5 END HANGUP', { kind: 'alter', object: 'CALL', id: 5, action: 'END', argument: 'HANGUP' }],
    [
      'ALTER CALL 5 SET_INPUT PORT="5001"',
      { kind: 'alter', object: 'CALL', id: 5, action: 'SET_INPUT', argument: 'PORT="5001"' },
    ],
    ['SEARCH CALLS abc', { kind: 'search', what: 'CALLS', target: 'abc' }],
    ['GRT CALL 5 DURATION', { kind: 'unknown', text: 'GRT CALL 5 DURATION', error: 2 }],
    ['#7 GET CALL x DURATION', { kind: 'unknown', text: 'GET CALL x DURATION', error: 11, commandId: '7' }],
    ['', { kind: 'unknown', text: '', error: 1 }],
  ])('reads %j and writes it back', (line, message) => {
    const parsed = parseCommand(line);
    expect(parsed).toEqual(message);
    expect(serialize(parsed)).toBe(line);
  });

  it.each([
    ['GET XZY', 7],
    ['GET CALL 5', 13],
    ['GET MESSAGE x BODY', 14],
    ['SET CALL 5', 25],
    ['SET MESSAGE x SEEN', 30],
    ['SET XZY', 18],
    ['ALTER', 526],
    ['ALTER XZY', 527],
    ['ALTER CALL x HANGUP', 555],
    ['ALTER CALL 5', 557],
    ['ALTER VOICEMAIL x DELETE', 529],
    ['SEARCH XZY', 3],
    ['CREATE', 536],
    ['CREATE XZY', 537],
    ['DELETE', 538],
    ['DELETE XZY', 539],
    ['DELETE APPLICATION', 542],
    ['OPEN', 69],
    ['CLEAR', 520],
    ['CHAT', 502],
    ['CHAT XZY', 503],
    ['CALL', 34],
    ['MESSAGE', 26],
    ['MESSAGE echo123', 43],
    ['PROTOCOL -12,9', 27],
    ['BTN_PRESSED', 74],
    ['PING PONG', 1],
  ])('answers %j with error %i', (text, error) => {
    expect(parseCommand(text)).toEqual({ kind: 'unknown', text, error });
  });

  it('recognises keywords in any case and keeps their spelling', () => {
    const parsed = parseCommand('get user echo123 fullName');
    expect(parsed).toMatchObject({ kind: 'get', object: 'USER', id: 'echo123', property: 'FULLNAME' });
    expect(serialize(parsed)).toBe('get user echo123 fullName');
  });

  it('keeps the line breaks of a text, which some transports can carry', () => {
    const line = 'CHATMESSAGE #me/$you;0123 one\r\n two';
    const parsed = parseCommand(line);
    expect(parsed).toMatchObject({ kind: 'chat-message', chat: '#me/$you;0123', text: 'one\r\n two' });
    expect(serialize(parsed, { multiline: true })).toBe(line);
    expect(parseReply('CHATMESSAGE 5 BODY a\nCALL b')).toMatchObject({
      property: 'BODY',
      value: 'a\nCALL b',
    });
  });

  it('drops blanks after keyword values but not after free text', () => {
    expect(parseCommand('SET AUTOAWAY OFF ')).toMatchObject({ value: 'OFF' });
    expect(parseCommand('MESSAGE echo123  hi ')).toMatchObject({ text: ' hi ' });
  });
});

describe('parseReply', () => {
  it.each([
    ['OK', { kind: 'ok' }],
    ['#0 OK', { kind: 'ok', commandId: '0' }],
    ['PONG', { kind: 'pong' }],
    ['PROTOCOL 8', { kind: 'protocol', version: 8 }],
    ['USERSTATUS ONLINE', { kind: 'parameter', parameter: 'USERSTATUS', value: 'ONLINE' }],
    [
      'CALL 14 STATUS RINGING',
      { kind: 'property', object: 'CALL', id: 14, property: 'STATUS', value: 'RINGING' },
    ],
    ['CALL 14 FOO a  b', { kind: 'property', object: 'CALL', id: 14, property: 'FOO', value: 'a  b' }],
    [
      'PROFILE FULLNAME Jane Doe',
      { kind: 'property', object: 'PROFILE', property: 'FULLNAME', value: 'Jane Doe' },
    ],
    ['CALLS 1, 2', { kind: 'list', list: 'CALLS', ids: [1, 2] }],
    ['USERS ', { kind: 'list', list: 'USERS', ids: [] }],
    ['WALLPAPER ', { kind: 'parameter', parameter: 'WALLPAPER', value: '' }],
    ['CONTACTS FOCUSED ', { kind: 'contacts-focused', handle: '' }],
    [
      'USER bob PHONE_HOME ',
      { kind: 'property', object: 'USER', id: 'bob', property: 'PHONE_HOME', value: '' },
    ],
    [
      '#9 CHAT #a/$b TOPIC ',
      { kind: 'property', object: 'CHAT', id: '#a/$b', property: 'TOPIC', value: '', commandId: '9' },
    ],
    ['PROFILE FOO ', { kind: 'property', object: 'PROFILE', property: 'FOO', value: '' }],
    [
      'EVENT test1 CREATED',
      { kind: 'property', object: 'EVENT', id: 'test1', property: 'CREATED', value: '' },
    ],
    ['ERROR 68', { kind: 'error', number: 68, text: '' }],
    ['ERROR 7 GET: invalid WHAT', { kind: 'error', number: 7, text: 'GET: invalid WHAT' }],
    ['ALTER CHAT SETTOPIC', { kind: 'altered', object: 'CHAT', action: 'SETTOPIC', value: '' }],
    [
      '#1 ALTER CALL 1 SET_INPUT PORT="5"',
      {
        kind: 'echo',
        commandId: '1',
        command: {
          kind: 'alter',
          object: 'CALL',
          id: 1,
          action: 'SET_INPUT',
          argument: 'PORT="5"',
          commandId: '1',
        },
      },
    ],
    ['CALLS 1, x', { kind: 'unknown', text: 'CALLS 1, x' }],
  ])('reads %j and writes it back', (line, message) => {
    const parsed = parseReply(line);
    expect(parsed).toEqual(message);
    expect(serialize(parsed)).toBe(line);
  });
});

describe('an empty value or list', () => {
  const saysAllWithItsName = (m: EndpointMessage) =>
    m.kind === 'property' && entryOf<PropertySpec>(OBJECTS[m.object].properties, m.property)?.type === 'none';
  const empty = fc.oneof(
    reply.filter((m) => m.kind === 'property' || m.kind === 'parameter').map((m) => ({ ...m, value: '' })),
    reply.filter((m) => m.kind === 'list').map((m) => ({ ...m, ids: [] })),
  ) as fc.Arbitrary<EndpointMessage>;

  it('keeps the blank behind its name in every reply and notification, and is read without it, too', () => {
    fc.assert(
      fc.property(empty, (message) => {
        const line = serialize(message);
        expect(line).toMatch(saysAllWithItsName(message) ? /[^ ]$/ : /[^ ] $/);
        expect(parseReply(line)).toEqual(message);
        expect(parseReply(line.replace(/ $/, ''))).toEqual(message);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('serialize', () => {
  it('can replace line breaks by blanks', () => {
    const mood = {
      kind: 'property',
      object: 'USER',
      id: 'bob',
      property: 'MOOD_TEXT',
      value: 'a\r\nb\0c',
    } as const;
    expect(serialize(mood, { breaks: 'blank' })).toBe('USER bob MOOD_TEXT a b c');
    expect(serialize(mood, { breaks: 'blank', multiline: true })).toBe('USER bob MOOD_TEXT a\r\nb c');
    const command = { kind: 'set-parameter', parameter: 'WALLPAPER', value: 'a\nb' } as const;
    expect(serialize({ kind: 'echo', command }, { breaks: 'blank' })).toBe('SET WALLPAPER a b');
  });

  it('refuses a value that would begin a second command, naming the parameter', () => {
    expect(() => serialize({ kind: 'name', name: 'a\nCALL b' })).toThrow(
      expect.objectContaining({ code: 'ERR_LINE_BREAK', message: expect.stringContaining('name must') }),
    );
    const body = { kind: 'message', target: 'b', text: 'one\ntwo' } as const;
    expect(() => serialize(body)).toThrow(expect.objectContaining({ code: 'ERR_LINE_BREAK' }));
    expect(serialize(body, { multiline: true })).toBe('MESSAGE b one\ntwo');
    expect(() => serialize({ ...body, target: 'b\nc' }, { multiline: true })).toThrow(/target must/);
  });
});
