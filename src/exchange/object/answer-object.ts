import { entryOf } from '../../base/entry-of.js';
import { errorText } from '../../protocol/api-error.js';
import { ERROR_NUMBERS } from '../../protocol/catalogue/error-names.js';
import { OBJECTS } from '../../protocol/catalogue/objects.js';
import { LISTS, SEARCHES, type SearchSpec } from '../../protocol/catalogue/searches.js';
import type { ObjectSpec } from '../../protocol/catalogue/spec.js';
import { HISTORIES, type HistorySpec } from '../../protocol/catalogue/windows.js';
import type {
  AlterCommand,
  ClearCommand,
  CreateCommand,
  DeleteCommand,
  EndpointMessage,
  GetCommand,
  ListReply,
  ObjectId,
  ObjectName,
  PropertyReply,
  SearchCommand,
  SetCommand,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import { Refusal, taking } from '../api/refusal.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectOwner } from './api-object.js';
import type { AnyKind, Asking } from './object-kind.js';

/** Commands about objects. */
export type ObjectCommand =
  | GetCommand
  | SetCommand
  | AlterCommand
  | CreateCommand
  | DeleteCommand
  | SearchCommand
  | ClearCommand;

type Answer = EndpointMessage | Promise<EndpointMessage>;

/** Answers commands about objects. The module of each kind defines the answers. */
export class ObjectAnswerer {
  readonly #kinds: ReadonlyMap<ObjectName, AnyKind>;
  /** Names of the properties that each kind has. */
  readonly #properties: ReadonlyMap<ObjectName, ReadonlySet<string>>;

  constructor(kinds: readonly AnyKind[]) {
    this.#kinds = new Map(kinds.map((kind) => [kind.object, kind]));
    this.#properties = new Map(kinds.map((kind) => [kind.object, new Set(propertiesOf(kind))]));
  }

  /** Answers a command. @throws Refusal */
  answer(command: ObjectCommand, asking: Asking): Answer {
    switch (command.kind) {
      case 'get':
        return this.#get(command, asking);
      case 'set':
        return this.#set(command, asking);
      case 'alter':
        return this.#alter(command, asking);
      case 'create':
        return this.#create(command, asking);
      case 'delete':
        return this.#delete(command, asking);
      case 'search':
        return this.#search(command, asking);
      case 'clear':
        return this.#clear(command, asking);
      default:
        return command satisfies never;
    }
  }

  /** Forgets the objects of a client that has left. */
  leave(client: ObjectOwner): void {
    for (const kind of this.#kinds.values()) kind.leave?.(client);
  }

  /** Restores the stored objects after a restart. */
  restore(userOf: (handle: string) => ExchangeUser | undefined): void {
    for (const kind of this.#kinds.values()) kind.restore?.(userOf);
  }

  #create(command: CreateCommand, asking: Asking): EndpointMessage {
    const kind = this.#kinds.get(command.object);
    if (!kind?.create) throw new Refusal('create-type');
    return kind.create(asking, command.argument) ?? replies.echo(command);
  }

  #delete(command: DeleteCommand, asking: Asking): EndpointMessage {
    const kind = this.#kinds.get(command.object);
    if (!kind?.delete) throw new Refusal('delete-unknown');
    kind.delete(asking, command.id);
    return replies.echo(command);
  }

  #get(command: GetCommand, asking: Asking): Answer {
    const { property, argument } = command;
    const kind = this.#kinds.get(command.object);
    if (!kind) throw new Refusal('get-what');
    const found = find(kind, asking, command.id);
    if (!this.#properties.get(kind.object)?.has(property)) throw new Refusal('unknown-what');
    const getter = kind.get && entryOf(kind.get, property);
    const value = getter ? getter(asking, found, argument) : kept(kind, found, property);
    if (value === undefined) throw new Refusal('unknown-what');
    return value instanceof Promise
      ? value.then((text) => propertyReply(command, text))
      : propertyReply(command, value);
  }

  #set(command: SetCommand, asking: Asking): EndpointMessage {
    const kind = this.#kinds.get(command.object);
    if (!kind?.set) throw new Refusal('set-what');
    const found = find(kind, asking, command.id);
    const setter = entryOf(kind.set, command.property);
    if (!setter) throw new Refusal('unknown-what');
    const answer = taking('invalid-argument', () => setter(asking, found, command.value));
    if (answer === undefined) return replies.echo(command);
    return typeof answer === 'string' ? propertyReply(command, answer) : answer;
  }

  #alter(command: AlterCommand, asking: Asking): Answer {
    const kind = this.#kinds.get(command.object);
    if (!kind?.alter) throw new Refusal('alter-object');
    const found = find(kind, asking, command.id);
    const action = entryOf(kind.alter, command.action);
    if (!action) throw new Refusal('unknown-what');
    const done = action(asking, found, command.argument);
    return done instanceof Promise ? done.then((is) => altered(command, is)) : altered(command, done);
  }

  #search({ what, target }: SearchCommand, asking: Asking): EndpointMessage {
    const spec: SearchSpec = SEARCHES[what];
    checkTarget(what, spec, target);
    asking.services.found.begin(asking.user);
    const search = this.#kinds.get(LISTS[spec.list])?.search;
    const ids = search && entryOf(search, what)?.(asking, target);
    return { kind: 'list', list: spec.list, ids: ids ? [...ids] : [] } as ListReply;
  }

  #clear(command: ClearCommand, asking: Asking): EndpointMessage {
    const spec = entryOf<HistorySpec>(HISTORIES, command.what);
    if (!spec) throw new Refusal('clear-target');
    const argument = command.argument.trim();
    if (spec.argument === undefined && argument !== '') throw new Refusal('invalid-argument');
    this.#kinds.get(spec.object)?.clear?.(asking, argument);
    if (spec.told) asking.user.notify({ kind: spec.told });
    return replies.echo(command);
  }
}

/** Finds an object by its id. @throws Refusal `unknown-object`, `invalid-id` */
function find(kind: AnyKind, asking: Asking, id: ObjectId<ObjectName>): unknown {
  const found = kind.find(asking, id);
  if (found === undefined) throw new Refusal('unknown-object');
  return found;
}

function propertiesOf({ object, inherits = object }: AnyKind): string[] {
  return [object, inherits].flatMap((name) => Object.keys(OBJECTS[name].properties));
}

/** Value of a property that is not computed. */
function kept(kind: AnyKind, found: unknown, property: string): string | undefined {
  return kind.value?.(found, property) ?? (kind.defaults && entryOf(kind.defaults, property));
}

function propertyReply({ object, id, property }: GetCommand | SetCommand, value: string): PropertyReply {
  return { kind: 'property', object, id, property, value } as PropertyReply;
}

function altered(command: AlterCommand, done: boolean | string | EndpointMessage): EndpointMessage {
  if (typeof done === 'object') return done;
  if (typeof done === 'string') return replies.echo({ ...command, argument: done });
  if (!done) throw new Refusal('not-now');
  const { object, action }: AlterCommand = command;
  const { anonymousReply }: ObjectSpec = OBJECTS[object];
  return anonymousReply ? { kind: 'altered', object, action, value: '' } : replies.echo(command);
}

/**
 * Checks the target of a search. Since release 3.6, currency signs have an error of their own.
 *
 * @throws Refusal when the search takes no target, or when a required target is missing or is not a handle.
 */
function checkTarget(what: string, spec: SearchSpec, target: string): void {
  const { target: taken, errors } = spec;
  if (target === '' ? taken?.required : !taken) throw targetRefusal(what, spec);
  if (target === '' || taken?.name !== 'handle' || isHandle(target) || phoneNumber(target) !== undefined)
    return;
  if (/[¤€£]/u.test(target) && errors.includes(ERROR_NUMBERS['invalid-user-handle'])) {
    throw new Refusal('invalid-user-handle');
  }
  throw targetRefusal(what, spec);
}

/** Makes the refusal of a target. In the reference, the text of this error has `what` in place of the search's name. */
function targetRefusal(what: string, { errors: [number] }: SearchSpec): Refusal {
  if (number === undefined) return new Refusal('syntax');
  return new Refusal(replies.error(number, errorText(number)?.replace(/\bwhat\b/, what)));
}
