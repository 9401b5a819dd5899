import { checkArgument, rule } from '../base/check.js';
import { entryOf } from '../base/entry-of.js';
import type { ErrorNumber } from './catalogue/error-codes.js';
import { OBJECTS } from './catalogue/objects.js';
import { PARAMETERS } from './catalogue/parameters.js';
import { SEARCHES, type SearchSpec } from './catalogue/searches.js';
import { allErrors, type ObjectSpec, type PropertySpec } from './catalogue/spec.js';
import { VERBS, type VerbSpec } from './catalogue/verbs.js';
import { HISTORIES, type TargetSpec, WINDOWS } from './catalogue/windows.js';
import type { CommandMessage } from './message.js';

export type Verb = keyof typeof VERBS;

/** The first word of each kind of command. */
export const VERB_OF = {
  name: 'NAME',
  protocol: 'PROTOCOL',
  ping: 'PING',
  focus: 'FOCUS',
  minimize: 'MINIMIZE',
  'reset-idle-timer': 'RESETIDLETIMER',
  'button-pressed': 'BTN_PRESSED',
  'button-released': 'BTN_RELEASED',
  call: 'CALL',
  voicemail: 'VOICEMAIL',
  'call-voicemail': 'CALLVOICEMAIL',
  message: 'MESSAGE',
  'chat-message': 'CHATMESSAGE',
  chat: 'CHAT',
  get: 'GET',
  set: 'SET',
  alter: 'ALTER',
  'get-parameter': 'GET',
  'set-parameter': 'SET',
  search: 'SEARCH',
  create: 'CREATE',
  delete: 'DELETE',
  open: 'OPEN',
  close: 'CLOSE',
  hook: 'HOOK',
  ready: 'READY',
  transfer: 'TRANSFER',
  clear: 'CLEAR',
} as const satisfies Record<Exclude<CommandMessage['kind'], 'unknown'>, Verb>;

const COMMAND = rule(
  'a command returned by parseCommand',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    (value.kind === 'unknown' || Object.hasOwn(VERB_OF, String(value.kind))),
);

/** Every error that the reference says this command can raise, in ascending order. */
export function errorsOf(command: CommandMessage): readonly ErrorNumber[] {
  checkArgument('command', command, COMMAND);
  if (command.kind === 'unknown') return [command.error];
  const verb: VerbSpec = VERBS[VERB_OF[command.kind]];
  const general = verb.forms
    .filter(({ syntax }) =>
      command.kind !== 'create' && command.kind !== 'delete' ? true : syntax.includes(` ${command.object} `),
    )
    .flatMap(({ errors }) => errors);
  return [...new Set([...general, ...ownErrors(command)])].sort((a, b) => a - b);
}

function ownErrors(command: Exclude<CommandMessage, { kind: 'unknown' }>): readonly ErrorNumber[] {
  switch (command.kind) {
    case 'get':
    case 'set': {
      const spec: ObjectSpec = OBJECTS[command.object];
      const own = entryOf(spec.properties, command.property)?.errors?.[command.kind] ?? [];
      return [...allErrors(spec.errors[command.kind]), ...own];
    }
    case 'alter': {
      const spec: ObjectSpec = OBJECTS[command.object];
      const own = entryOf(spec.actions, command.action)?.errors ?? [];
      return [...allErrors(spec.errors.alter), ...own];
    }
    case 'get-parameter':
    case 'set-parameter': {
      const spec: PropertySpec = PARAMETERS[command.parameter];
      return spec.errors?.[command.kind === 'get-parameter' ? 'get' : 'set'] ?? [];
    }
    case 'search':
      return (SEARCHES[command.what] satisfies SearchSpec).errors;
    case 'open':
      return entryOf<TargetSpec>(WINDOWS, command.what)?.errors ?? [];
    case 'clear':
      return entryOf<TargetSpec>(HISTORIES, command.what)?.errors ?? [];
    default:
      return [];
  }
}
