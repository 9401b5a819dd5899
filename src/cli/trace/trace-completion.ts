import { entryOf } from '../../base/entry-of.js';
import {
  HISTORIES,
  OBJECTS,
  type ObjectSpec,
  PARAMETERS,
  type ParameterSpec,
  type PropertySpec,
  SEARCHES,
  VERBS,
  WINDOWS,
} from '../../protocol.js';

/** Commands of the console itself. */
export const CONSOLE_WORDS = ['help', 'quit'] as const;

/** Returns the known ids of an object, newest first. */
export type SeenIds = (object: string) => Iterable<string>;

const OBJECT_SPECS: Readonly<Record<string, ObjectSpec>> = OBJECTS;
const PARAMETER_SPECS: Readonly<Record<string, ParameterSpec>> = PARAMETERS;

/** Completes the last word of a line, for `readline`. */
export function completeLine(line: string, seen: SeenIds = () => []): [words: string[], typed: string] {
  const words = line.trimStart().split(/\s+/);
  const typed = words.pop() ?? '';
  const asking = words[0] === 'help' ? words.slice(1) : words;
  const candidates = words.length === 0 ? [...CONSOLE_WORDS, ...Object.keys(VERBS)] : next(asking, seen);
  const start = typed.toUpperCase();
  return [candidates.filter((word) => word.toUpperCase().startsWith(start)), typed];
}

/** Subcommands of `CHAT`. */
const CHAT_WORDS = ['CREATE', 'CREATEUSINGBLOB', 'FINDUSINGBLOB'];
/** Targets of `SEARCH GROUPS`. */
const GROUP_KINDS = ['ALL', 'CUSTOM', 'HARDWIRED'];
/** Searches with a user as target. */
const BY_USER: ReadonlySet<string> = new Set(['CALLS', 'CHATMESSAGES', 'MESSAGES', 'USERS']);
/** Actions with one or more users as argument. */
const WITH_USERS: ReadonlySet<string> = new Set([
  ...['ADDMEMBERS', 'KICK', 'KICKBAN', 'ADDUSER', 'REMOVEUSER', 'TRANSFER'],
]);

/** The possible next words. */
function next(words: readonly string[], seen: SeenIds): string[] {
  const [verb, ...rest] = words.map((word) => word.toUpperCase());
  switch (verb) {
    case undefined:
      return Object.keys(VERBS);
    case 'GET':
      return afterGet(rest, seen);
    case 'SET':
      return afterSet(rest, seen);
    case 'ALTER':
      return afterAlter(rest, seen);
    case 'SEARCH':
      if (rest.length === 0) return Object.keys(SEARCHES);
      return rest[0] === 'GROUPS' ? GROUP_KINDS : BY_USER.has(rest[0] ?? '') ? [...seen('USER')] : [];
    case 'OPEN':
      if (rest.length === 0) return Object.keys(WINDOWS);
      return rest.length === 1 ? [...seen(rest[0] === 'CHAT' ? 'CHAT' : 'USER')] : [];
    case 'CALL':
      return [...seen('USER')];
    case 'CALLVOICEMAIL':
    case 'VOICEMAIL':
    case 'MESSAGE':
      return rest.length === 0 ? [...seen('USER')] : [];
    case 'CHATMESSAGE':
      return rest.length === 0 ? [...seen('CHAT')] : [];
    case 'CHAT':
      if (rest.length === 0) return CHAT_WORDS;
      return rest[0] === 'CREATE' ? [...seen('USER')] : [];
    case 'CLEAR':
      return rest.length === 0 ? Object.keys(HISTORIES) : [];
    case 'CREATE':
    case 'DELETE':
      return rest.length === 0 ? Object.keys(OBJECTS) : [];
    default:
      return [];
  }
}

function afterGet(words: readonly string[], seen: SeenIds): string[] {
  const [object] = words;
  if (object === undefined) return [...Object.keys(OBJECTS), ...Object.keys(PARAMETERS)];
  const spec = entryOf(OBJECT_SPECS, object);
  if (!spec) return [];
  return place(spec, words, object, seen) ?? propertiesOf(spec, ['read', 'read-write']);
}

function afterSet(words: readonly string[], seen: SeenIds): string[] {
  const [object] = words;
  if (object === undefined) {
    const settable = Object.keys(PARAMETERS).filter(
      (name) => entryOf(PARAMETER_SPECS, name)?.access === 'read-write',
    );
    return [...Object.keys(OBJECTS), ...settable];
  }
  const parameter = entryOf(PARAMETER_SPECS, object);
  if (parameter) return words.length === 1 ? valuesOf(parameter) : [];
  const spec = entryOf(OBJECT_SPECS, object);
  if (!spec) return [];
  const here = place(spec, words, object, seen);
  if (here) return here;
  const named = words[spec.id === 'none' ? 1 : 2];
  if (named === undefined) return propertiesOf(spec, ['write', 'read-write']);
  const property = entryOf(spec.properties, named);
  return property ? valuesOf(property) : [];
}

function afterAlter(words: readonly string[], seen: SeenIds): string[] {
  const [object, , action] = words;
  if (object === undefined) return Object.keys(OBJECTS).filter((name) => hasActions(name));
  const spec = entryOf(OBJECT_SPECS, object);
  if (!spec) return [];
  const here = place(spec, words, object, seen);
  if (here) return here;
  if (action === undefined) return Object.keys(spec.actions);
  if (WITH_USERS.has(action)) return [...seen('USER')];
  const { argument, values = [] } = entryOf(spec.actions, action) ?? {};
  return argument === 'streams' ? ['PORT="', 'FILE="', 'SOUNDCARD="default"'] : [...values];
}

/** The ids of an object directly after its name; undefined later in the line. */
function place(
  spec: ObjectSpec,
  words: readonly string[],
  object: string,
  seen: SeenIds,
): string[] | undefined {
  return spec.id !== 'none' && words.length === 1 ? [...seen(object)] : undefined;
}

function propertiesOf(spec: ObjectSpec, access: readonly string[]): string[] {
  const names = Object.keys(spec.properties);
  return names.filter((name) => access.includes(entryOf(spec.properties, name)?.access ?? 'read'));
}

function valuesOf(spec: PropertySpec): string[] {
  if (spec.type === 'bool') return ['TRUE', 'FALSE'];
  if (spec.type === 'onoff') return ['ON', 'OFF'];
  return [...(spec.values ?? [])];
}

function hasActions(object: string): boolean {
  return Object.keys(entryOf(OBJECT_SPECS, object)?.actions ?? {}).length > 0;
}
