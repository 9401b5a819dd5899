import { describe, expect, expectTypeOf, it } from 'vitest';
import { OBJECTS } from '../../src/protocol/catalogue/objects.js';
import type { ObjectSpec } from '../../src/protocol/catalogue/spec.js';
import type { StreamTarget } from '../../src/protocol/catalogue/value-type.js';
import { commands } from '../../src/protocol/commands.js';
import type { CommandMessage, EndpointMessage } from '../../src/protocol/message.js';
import {
  decodeParameter,
  decodeProperty,
  encodeParameter,
  encodeProperty,
  type PropertyValue,
} from '../../src/protocol/values.js';

describe('values', () => {
  it.each([
    ['CALL', 'DURATION', '53', 53],
    ['CALL', 'TIMESTAMP', '1078958218', 1078958218],
    ['CALL', 'STATUS', 'INPROGRESS', 'INPROGRESS'],
    ['CALL', 'PSTN_STATUS', '6500 PSTN connection creation timeout', '6500 PSTN connection creation timeout'],
    ['CALL', 'VAA_INPUT_STATUS', 'FALSE', false],
    ['CALL', 'INPUT', 'SOUNDCARD="default"', [{ kind: 'soundcard', device: 'default' }]],
    ['CALL', 'CAN_TRANSFER', 'test2 TRUE', { subject: 'test2', verdict: true }],
    [
      'CALL',
      'CONF_PARTICIPANT',
      '1 echo123 INCOMING_P2P INPROGRESS Echo Test Service',
      {
        index: 1,
        handle: 'echo123',
        type: 'INCOMING_P2P',
        status: 'INPROGRESS',
        displayName: 'Echo Test Service',
      },
    ],
    ['USER', 'BIRTHDAY', '19780329', { year: 1978, month: 3, day: 29 }],
    ['USER', 'BIRTHDAY', '0', undefined],
    ['USER', 'COUNTRY', 'ee Estonia', { code: 'ee', name: 'Estonia' }],
    ['USER', 'COUNTRY', 'United Kingdom', { name: 'United Kingdom' }],
    ['PROFILE', 'LANGUAGES', 'en de et', ['en', 'de', 'et']],
    [
      'PROFILE',
      'CALL_FORWARD_RULES',
      '0,15,+37251 15,30,mike',
      [
        { startSec: 0, endSec: 15, target: '+37251' },
        { startSec: 15, endSec: 30, target: 'mike' },
      ],
    ],
    ['CHAT', 'MEMBERS', 'anappo anappo2', ['anappo', 'anappo2']],
    ['CHAT', 'MEMBEROBJECTS', '453, 454, 1465', [453, 454, 1465]],
    ['CHAT', 'PASSWORDHINT', '"password is test"', 'password is test'],
    ['GROUP', 'USERS', 'tim, joe', ['tim', 'joe']],
    ['SMS', 'PRICE', '-1', -1],
    ['SMS', 'BODY', '"test 123"', 'test 123'],
    ['SMS', 'CHUNKING', '2 17', { chunks: 2, lastLength: 17 }],
    ['SMS', 'CHUNK', '2 and so on', { index: 2, text: 'and so on' }],
    ['SMS', 'TARGET_STATUSES', '+1=TARGET_ACCEPTABLE', new Map([['+1', 'TARGET_ACCEPTABLE']])],
    [
      'APPLICATION',
      'STREAMS',
      'a:1 b:2',
      [
        { handle: 'a', stream: 1 },
        { handle: 'b', stream: 2 },
      ],
    ],
    ['APPLICATION', 'SENDING', 'a:1=14', [{ handle: 'a', stream: 1, bytes: 14 }]],
    ['APPLICATION', 'DATAGRAM', 'a:1 hi there', { handle: 'a', stream: 1, text: 'hi there' }],
    ['FILETRANSFER', 'FILESIZE', '9007199254', 9007199254],
    ['MENU_ITEM', 'CLICKED', 'CONTEXT myself', { context: 'myself' }],
    [
      'MENU_ITEM',
      'CLICKED',
      'echo123 CONTEXT chat CONTEXT_ID #t/$e;5',
      { handle: 'echo123', context: 'chat', contextId: '#t/$e;5' },
    ],
  ] as const)('decode and encode %s %s', (object, property, text, value) => {
    const decoded: unknown = decodeProperty(object, property as never, text);
    expect(decoded).toEqual(value);
    expect(encodeProperty(object, property as never, decoded as never)).toBe(text);
  });

  it('reads the forms of early releases and other programs', () => {
    expect(decodeProperty('APPLICATION', 'SENDING', 'a:1 14')).toEqual([
      { handle: 'a', stream: 1, bytes: 14 },
    ]);
    expect(decodeProperty('USER', 'IS_VIDEO_CAPABLE', 'True')).toBe(true);
    expect(decodeProperty('CALL', 'STATUS', 'inprogress')).toBe('INPROGRESS');
    expect(decodeProperty('CALL', 'STATUS', 'SOMETHING_NEW')).toBe('SOMETHING_NEW');
    expect(decodeParameter('MUTE', 'on ')).toBe(true);
    expect(encodeParameter('MUTE', false)).toBe('OFF');
  });

  it.each([
    ['CALL', 'DURATION', 'soon'],
    ['CALL', 'VAA_INPUT_STATUS', 'maybe'],
    ['CALL', 'CONF_PARTICIPANT', 'x y'],
    ['SMS', 'CHUNKING', '1'],
    ['CHAT', 'MEMBEROBJECTS', '1, x'],
    ['APPLICATION', 'STREAMS', 'a'],
    ['APPLICATION', 'SENDING', '14'],
    ['PROFILE', 'CALL_FORWARD_RULES', '0,15'],
    ['MENU_ITEM', 'CLICKED', 'echo123'],
  ] as const)('refuse %s %s %j', (object, property, text) => {
    expect(() => decodeProperty(object, property as never, text)).toThrow(
      expect.objectContaining({ code: 'ERR_SYNTAX', message: expect.stringContaining(property) }),
    );
  });

  it.each([
    ['a fraction', () => encodeProperty('CALL', 'DURATION', 1.5), 'ERR_INVALID_ARG'],
    ['a blank in a word', () => encodeProperty('CALL', 'PARTNER_HANDLE', 'a b'), 'ERR_INVALID_ARG'],
    ['a comma in a list', () => encodeProperty('GROUP', 'USERS', ['a,b']), 'ERR_INVALID_ARG'],
    [
      'month 13',
      () => encodeProperty('USER', 'BIRTHDAY', { year: 1978, month: 13, day: 1 }),
      'ERR_INVALID_ARG',
    ],
    ['a line break', () => encodeProperty('USER', 'ABOUT', 'a\nb'), 'ERR_LINE_BREAK'],
  ])('refuse to encode %s', (_, encode, code) => {
    expect(encode).toThrow(expect.objectContaining({ code }));
  });

  it('have a codec that accepts its own words for every enumeration', () => {
    for (const spec of Object.values<ObjectSpec>(OBJECTS)) {
      for (const { type, values } of Object.values(spec.properties)) {
        expect(values === undefined).toBe(type !== 'enum' && type !== 'targets');
      }
    }
  });
});

describe('types', () => {
  it('derive from the catalogue', () => {
    expectTypeOf<PropertyValue<'CALL', 'DURATION'>>().toEqualTypeOf<number>();
    expectTypeOf<PropertyValue<'CALL', 'VAA_INPUT_STATUS'>>().toEqualTypeOf<boolean>();
    expectTypeOf<PropertyValue<'CALL', 'INPUT'>>().toEqualTypeOf<readonly StreamTarget[]>();
    expectTypeOf<'RINGING'>().toExtend<PropertyValue<'CALL', 'STATUS'>>();
    expectTypeOf(decodeProperty('SMS', 'PRICE', '78')).toEqualTypeOf<number>();
    const mistakes = [
      // @ts-expect-error -- there is no such property
      () => decodeProperty('CALL', 'DURATIN', '1'),
      // @ts-expect-error -- a user has no duration
      () => decodeProperty('USER', 'DURATION', '1'),
      // @ts-expect-error -- a subject is text
      () => encodeProperty('CALL', 'SUBJECT', 5),
      // @ts-expect-error -- a call is named by a number
      () => commands.get('CALL', '5', 'DURATION'),
      // @ts-expect-error -- a call cannot be uploaded
      () => commands.alter('CALL', 5, 'UPLOAD'),
    ];
    expect(mistakes).toHaveLength(5);
  });

  it('give the type of the id of each object', () => {
    const take = (message: CommandMessage | EndpointMessage) => {
      if (message.kind !== 'property') return;
      if (message.object === 'CALL') expectTypeOf(message.id).toEqualTypeOf<number>();
      if (message.object === 'CHAT') expectTypeOf(message.id).toEqualTypeOf<string>();
      if (message.object === 'PROFILE') expectTypeOf(message.id).toEqualTypeOf<undefined>();
    };
    expect(take).toBeTypeOf('function');
  });
});
