import { entryOf } from '../../base/entry-of.js';
import { messageOf } from '../../base/errors.js';
import { errorText } from '../api-error.js';
import { NOTIFICATIONS } from '../catalogue/notifications.js';
import { OBJECTS } from '../catalogue/objects.js';
import { PARAMETERS } from '../catalogue/parameters.js';
import { LISTS, SEARCHES, type SearchSpec } from '../catalogue/searches.js';
import type { ActionSpec, ObjectSpec, PropertySpec, Since } from '../catalogue/spec.js';
import type { StreamTarget } from '../catalogue/value-type.js';
import { VERBS } from '../catalogue/verbs.js';
import { HISTORIES, type TargetSpec, WINDOWS } from '../catalogue/windows.js';
import { VERB_OF } from '../command-errors.js';
import type { CommandMessage, EndpointMessage, ObjectName } from '../message.js';
import { serialize } from '../serialize.js';
import { parseStreamTargets } from '../stream-target.js';
import { CODECS } from '../value-codecs.js';
import { suggest } from './suggest.js';

/** One piece of a line with its meaning. */
export interface ExplainedPart {
  readonly text: string;
  readonly note: string;
}

/** Explains each part of a message. */
export function explainParts(message: CommandMessage | EndpointMessage): ExplainedPart[] {
  return [...identifierParts(message), ...partsOf(message)];
}

function identifierParts({ commandId }: CommandMessage | EndpointMessage): ExplainedPart[] {
  if (commandId === undefined) return [];
  return [{ text: `#${commandId}`, note: 'Identifies the command; its reply has the same id.' }];
}

function partsOf(m: CommandMessage | EndpointMessage): ExplainedPart[] {
  switch (m.kind) {
    case 'unknown':
      return [{ text: m.text, note: 'Not a line of the reference.' }];
    case 'echo':
      return [
        {
          text: serialize({ ...m.command, commandId: undefined }),
          note: 'The command is echoed: accepted.',
        },
      ];
    case 'ok':
      return [{ text: 'OK', note: 'Accepted.' }];
    case 'pong':
      return [{ text: 'PONG', note: 'The endpoint is reachable.' }];
    case 'call-history-changed':
      return [{ text: 'CALLHISTORYCHANGED', note: NOTIFICATIONS.CALLHISTORYCHANGED.note }];
    case 'im-history-changed':
      return [{ text: 'IMHISTORYCHANGED', note: NOTIFICATIONS.IMHISTORYCHANGED.note }];
    case 'contacts-focused':
      return [
        { text: 'CONTACTS FOCUSED', note: 'The focus of the contact list moved.' },
        ...given(m.handle, 'The contact; none when the focus was lost.'),
      ];
    case 'error':
      return [
        {
          text: `ERROR ${m.number}`,
          note: errorText(m.number) ?? 'A number that the reference does not list.',
        },
        ...given(m.text, 'Text of the endpoint for the error.'),
      ];
    case 'list':
      return [
        { text: m.list, note: `Ids of ${LISTS[m.list]} objects: ${m.ids.length}.` },
        ...given(m.ids.join(', '), 'The ids.'),
      ];
    case 'deleted':
      return [{ text: `DELETED ${m.object} ${m.id}`, note: 'The object was deleted.' }];
    case 'altered':
      return [
        { text: 'ALTER', note: 'Accepted; the id of the object is omitted.' },
        { text: `${m.object} ${m.action}`, note: actionSpec(m.object, m.action)?.note ?? NOT_LISTED },
        ...given(m.value, 'The answer.'),
      ];
    case 'property':
      return [referencePart(m), ...propertyParts(m.object, m.property, m.value)];
    case 'parameter':
      return valueParts(m.parameter, PARAMETERS[m.parameter], m.value);
    default:
      return commandParts(m);
  }
}

const NOT_LISTED = 'Not in the catalogue; passed on unchanged.';

function commandParts(m: Exclude<CommandMessage, { kind: 'unknown' }>): ExplainedPart[] {
  const name = VERB_OF[m.kind];
  return [{ text: name, note: withSince(VERBS[name]) }, ...commandArguments(m)];
}

function commandArguments(m: Exclude<CommandMessage, { kind: 'unknown' }>): ExplainedPart[] {
  switch (m.kind) {
    case 'get':
      return [
        referencePart(m),
        ...propertyParts(m.object, m.property, ''),
        ...given(m.argument, 'Which one.'),
      ];
    case 'set':
      return [referencePart(m), ...propertyParts(m.object, m.property, m.value)];
    case 'alter':
      return [referencePart(m), ...actionParts(m.object, m.action, m.argument)];
    case 'get-parameter':
      return [...valueParts(m.parameter, PARAMETERS[m.parameter], ''), ...given(m.argument, 'Which one.')];
    case 'set-parameter':
      return [...valueParts(m.parameter, PARAMETERS[m.parameter], m.value)];
    case 'search':
      return [{ text: m.what, note: withSince(SEARCHES[m.what]) }, ...given(m.target, targetNote(m.what))];
    case 'open':
    case 'close':
    case 'clear': {
      const spec = entryOf<TargetSpec>(m.kind === 'clear' ? HISTORIES : WINDOWS, m.what);
      return [{ text: m.what, note: spec ? withSince(spec) : NOT_LISTED }, ...given(m.argument, 'For this.')];
    }
    case 'create':
      return [{ text: m.object, note: OBJECTS[m.object].note }, ...given(m.argument, 'Object to create.')];
    case 'delete':
      return [referencePart(m)];
    case 'call':
      return [...m.targets.map((text) => ({ text, note: targetKind(text) }))];
    case 'voicemail':
    case 'call-voicemail':
      return [{ text: m.target, note: targetKind(m.target) }];
    case 'message':
      return [{ text: m.target, note: 'Recipients.' }, textPart(m)];
    case 'chat-message':
      return [{ text: m.chat, note: 'The chat it goes to.' }, textPart(m)];
    case 'chat':
      return [{ text: m.action, note: 'Action.' }, ...given(m.argument, 'With this.')];
    case 'hook':
    case 'ready':
      return [{ text: m.value, note: 'Has no effect any more.' }];
    case 'transfer':
      return given(m.argument, 'Recipients, and the folder.');
    case 'name':
      return [{ text: m.name, note: 'The name of the client.' }];
    case 'protocol':
      return [{ text: String(m.version), note: 'The requested version; the newest is 8.' }];
    case 'button-pressed':
    case 'button-released':
      return [{ text: m.key, note: 'The key.' }];
    case 'ping':
    case 'focus':
    case 'minimize':
    case 'reset-idle-timer':
      return [];
    default:
      return m satisfies never;
  }
}

function textPart({ text }: { readonly text: string }): ExplainedPart {
  return { text, note: 'The text.' };
}

function referencePart(of: { object: ObjectName; id: string | number | undefined }): ExplainedPart {
  const { note } = OBJECTS[of.object];
  return of.id === undefined ? { text: of.object, note } : { text: `${of.object} ${of.id}`, note };
}

function propertyParts(object: ObjectName, property: string, value: string): ExplainedPart[] {
  const spec: ObjectSpec = OBJECTS[object];
  return valueParts(property, entryOf(spec.properties, property), value);
}

function valueParts(name: string, spec: PropertySpec | undefined, value: string): ExplainedPart[] {
  if (spec === undefined) return [{ text: name, note: NOT_LISTED }, ...given(value, 'Its value.')];
  return [{ text: name, note: withSince(spec) }, ...argumentParts(spec.type, value, spec.values)];
}

/** The catalogue's entry for an action. */
export function actionSpec(object: ObjectName, action: string): ActionSpec | undefined {
  const spec: ObjectSpec = OBJECTS[object];
  return entryOf(spec.actions, action);
}

function actionParts(object: ObjectName, action: string, argument: string): ExplainedPart[] {
  const spec = actionSpec(object, action);
  if (spec === undefined) return [{ text: action, note: NOT_LISTED }, ...given(argument, 'Its argument.')];
  return [
    { text: action, note: withSince(spec) },
    ...argumentParts(spec.argument ?? 'none', argument, spec.values),
  ];
}

function argumentParts(
  type: keyof typeof CODECS,
  text: string,
  values: readonly string[] = [],
): ExplainedPart[] {
  if (type === 'streams' && text !== '') return streamParts(text);
  if (type === 'enum') return given(text, enumNote(text, values));
  const fits = type === 'none' ? text === '' : type === 'date' || CODECS[type].decode(text) !== undefined;
  return given(text, `${fits ? 'The value' : 'Should be'}: ${CODECS[type].syntax}.`);
}

function enumNote(word: string, values: readonly string[]): string {
  if (values.some((value) => value.toUpperCase() === word.toUpperCase())) return 'The value.';
  const meant = suggest(word, values);
  return `Not in the catalogue. ${meant ? `Did you mean ${meant}?` : `It lists ${values.join(', ')}.`}`;
}

function streamParts(text: string): ExplainedPart[] {
  try {
    const targets = parseStreamTargets(text);
    if (targets.length === 0) return [{ text, note: 'Nothing: the redirection is removed.' }];
    return targets.map(streamPart);
  } catch (error) {
    return [{ text, note: messageOf(error) }];
  }
}

function streamPart(target: StreamTarget): ExplainedPart {
  switch (target.kind) {
    case 'port':
      return {
        text: `PORT="${target.port}"`,
        note: 'TCP port that you listen on. The endpoint connects to it; the audio is raw 16 kHz s16le mono.',
      };
    case 'file':
      return {
        text: `FILE="${target.path}"`,
        note: 'WAV file (PCM, 16 kHz, 16 bits, mono) on the machine of the endpoint.',
      };
    case 'soundcard':
      return {
        text: `SOUNDCARD="${target.device}"`,
        note: 'Sound card; "default" is the only one.',
      };
    default:
      return target satisfies never;
  }
}

function targetNote(what: keyof typeof SEARCHES): string {
  const spec: SearchSpec = SEARCHES[what];
  return spec.target ? `The target: ${spec.target.name}.` : 'This search takes no target.';
}

function targetKind(target: string): string {
  if (/^(\+|00)\d/.test(target)) return 'A phone number.';
  return target.length <= 2 ? 'A speed-dial code.' : 'A handle.';
}

function given(text: string, note: string): ExplainedPart[] {
  return text === '' ? [] : [{ text, note }];
}

function withSince(spec: { readonly note: string; readonly since?: Since }): string {
  const { protocol, release } = spec.since ?? {};
  const words = [protocol !== undefined && `protocol ${protocol}`, release].filter((word) => word);
  return words.length === 0 ? spec.note : `${spec.note} (since ${words.join(', ')})`;
}
