import fc from 'fast-check';
import { OBJECTS } from '../../src/protocol/catalogue/objects.js';
import { PARAMETERS } from '../../src/protocol/catalogue/parameters.js';
import { LISTS, SEARCHES } from '../../src/protocol/catalogue/searches.js';
import type { ObjectSpec, PropertySpec } from '../../src/protocol/catalogue/spec.js';
import { HISTORIES, WINDOWS } from '../../src/protocol/catalogue/windows.js';
import type { CommandMessage, EndpointMessage } from '../../src/protocol/message.js';

/** Any character that does not end a message. */
const character = fc
  .string({ minLength: 1, maxLength: 1, unit: 'grapheme' })
  .filter((c) => !/[\0\r\n]/.test(c));

/** Free text, blanks on either side included. */
export const freeText = fc.string({ unit: character });

/** Text without blanks on either side. */
const phrase = freeText.map((text) => text.replace(/^ +| +$/g, ''));
const given = phrase.filter((text) => text !== '');
const word = given.filter((text) => !text.includes(' '));
const item = given.filter((text) => !text.includes(','));
const number = fc.integer({ min: 0, max: 999_999_999_999_999 });
const commandId = fc.option(fc.stringMatching(/^[a-zA-Z0-9]{1,8}$/), { nil: undefined });

function nameOf<K extends string>(table: Readonly<Record<K, unknown>>): fc.Arbitrary<K> {
  return fc.constantFrom(...(Object.keys(table) as K[]));
}

/** An object, its id, and its row in the catalogue. */
const reference = nameOf(OBJECTS).chain((object) => {
  const spec: ObjectSpec = OBJECTS[object];
  const id: fc.Arbitrary<number | string | undefined> =
    spec.id === 'number' ? number : spec.id === 'string' ? word : fc.constant(undefined);
  return id.map((value) => ({ object, id: value, spec }));
});

function wireValue(spec: PropertySpec | undefined): fc.Arbitrary<string> {
  return spec === undefined || spec.type === 'text' ? freeText : phrase;
}

/** A property of the catalogue or an unknown word, with a value that it can have on the wire. */
const assignment = reference.chain(({ object, id, spec }) =>
  fc
    .oneof(
      fc.constantFrom(...Object.keys(spec.properties)),
      fc.constantFrom('SOMETHING_NEW', 'constructor', '__proto__'),
    )
    .chain((property) =>
      wireValue(Object.hasOwn(spec.properties, property) ? spec.properties[property] : undefined).map(
        (value) => ({ object, id, property, value }),
      ),
    ),
);

const alteration = reference
  .filter(({ spec }) => Object.keys(spec.actions).length > 0)
  .chain(({ object, id, spec }) =>
    fc.constantFrom(...Object.keys(spec.actions)).chain((action) =>
      (spec.actions[action]?.argument === 'text' ? freeText : phrase).map((argument) => ({
        object,
        id,
        action,
        argument,
      })),
    ),
  );

const parameterValue = nameOf(PARAMETERS).chain((parameter) =>
  wireValue(PARAMETERS[parameter]).map((value) => ({ parameter, value })),
);

function tagged<K extends string>(
  kind: K,
  fields: fc.Arbitrary<object> = fc.constant({}),
): fc.Arbitrary<object> {
  return fc.tuple(fields, commandId).map(([rest, id]) => ({ kind, ...rest, commandId: id }));
}

const chat = fc.record({
  action: fc.constantFrom('CREATE', 'CREATEUSINGBLOB', 'FINDUSINGBLOB'),
  argument: phrase,
});
const sent = freeText.filter((text) => text !== '');

/** Every kind of command. */
export const command = fc.oneof(
  tagged('name', fc.record({ name: phrase })),
  tagged('protocol', fc.record({ version: number })),
  ...(['ping', 'focus', 'minimize', 'reset-idle-timer'] as const).map((kind) => tagged(kind)),
  ...(['button-pressed', 'button-released'] as const).map((kind) => tagged(kind, fc.record({ key: given }))),
  tagged('call', fc.record({ targets: fc.array(item, { minLength: 1 }) })),
  ...(['voicemail', 'call-voicemail'] as const).map((kind) => tagged(kind, fc.record({ target: given }))),
  tagged('message', fc.record({ target: word, text: sent })),
  tagged('chat-message', fc.record({ chat: word, text: sent })),
  tagged('chat', chat),
  tagged(
    'get',
    fc.tuple(assignment, phrase).map(([{ value: _, ...rest }, argument]) => ({ ...rest, argument })),
  ),
  tagged('set', assignment),
  tagged('alter', alteration),
  tagged('get-parameter', fc.record({ parameter: nameOf(PARAMETERS), argument: phrase })),
  tagged('set-parameter', parameterValue),
  tagged('search', fc.record({ what: nameOf(SEARCHES), target: phrase })),
  tagged('create', fc.record({ object: nameOf(OBJECTS), argument: phrase })),
  tagged(
    'delete',
    reference.map(({ object, id }) => ({ object, id })),
  ),
  tagged('open', fc.record({ what: nameOf(WINDOWS), argument: phrase })),
  tagged('close', fc.record({ what: nameOf(WINDOWS), argument: phrase })),
  tagged('hook', fc.record({ value: fc.constantFrom('ON', 'OFF') })),
  tagged('ready', fc.record({ value: fc.constantFrom('YES', 'NO') })),
  tagged('transfer', fc.record({ argument: phrase })),
  tagged('clear', fc.record({ what: nameOf(HISTORIES), argument: phrase })),
) as fc.Arbitrary<CommandMessage>;

/** What an endpoint gives back; `ALTER CHAT ...` comes back without its id and is another kind. */
const ECHOED = ['set', 'set-parameter', 'alter', 'create', 'delete', 'open', 'clear', 'focus', 'minimize'];
const echo = command
  .filter((message) => ECHOED.includes(message.kind) && !isAmbiguousEcho(message))
  .map((message) => ({ kind: 'echo', command: message, commandId: message.commandId }));

/** An id that reads as an action: `ALTER CHAT LEAVE`. */
function isAmbiguousEcho(message: CommandMessage): boolean {
  return (
    message.kind === 'alter' && message.object === 'CHAT' && message.id.toUpperCase() in OBJECTS.CHAT.actions
  );
}

const list = nameOf(LISTS).chain((name) =>
  fc
    .array<string | number>(OBJECTS[LISTS[name]].id === 'number' ? number : item)
    .map((ids) => ({ list: name, ids })),
);

const altered = fc.oneof(
  fc.record({ object: fc.constant('CHAT'), action: nameOf(OBJECTS.CHAT.actions), value: phrase }),
  fc.record({ object: fc.constant('CHATMEMBER'), action: nameOf(OBJECTS.CHATMEMBER.actions), value: phrase }),
);

/** Every kind of reply and notification. */
export const reply = fc.oneof(
  ...(['ok', 'pong', 'call-history-changed', 'im-history-changed'] as const).map((kind) => tagged(kind)),
  tagged('protocol', fc.record({ version: number })),
  tagged('error', fc.record({ number, text: freeText })),
  tagged('property', assignment),
  tagged('parameter', parameterValue),
  tagged('list', list),
  echo,
  tagged('altered', altered),
  tagged('contacts-focused', fc.record({ handle: phrase })),
  tagged(
    'deleted',
    reference.map(({ object, id }) => ({ object, id })),
  ),
) as fc.Arbitrary<EndpointMessage>;
