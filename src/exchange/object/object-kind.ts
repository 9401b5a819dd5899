import type { OBJECTS } from '../../protocol/catalogue/objects.js';
import type {
  ActionName,
  EndpointMessage,
  ObjectId,
  ObjectName,
  PropertyName,
  SearchOf,
} from '../../protocol/message.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectOwner } from './api-object.js';

/** The sender of a command: a client, at the endpoint of a user. */
export interface Asking {
  readonly services: Services;
  readonly user: ExchangeUser;
  /** The client itself. It owns the objects that only it can see. */
  readonly client: ObjectOwner;
}

/** Properties of `O` that SET can set. */
export type WritableProperty<O extends ObjectName> = {
  [P in PropertyName<O>]: (typeof OBJECTS)[O]['properties'][P] extends {
    readonly access: 'read-write' | 'write';
  }
    ? P
    : never;
}[PropertyName<O>];

/** Properties of every object in `O`. */
type PropertyOf<O extends ObjectName> = { [K in O]: PropertyName<K> }[O];

/** Computes the value of a property. @param argument text after the property's name; empty for most properties. */
export type Getter<T> = (asking: Asking, object: T, argument: string) => string | Promise<string>;

/**
 * Sets a property. An error of a check, such as ERR_INVALID_ARG, is answered as an `invalid-argument` with its message.
 *
 * @returns the value for the answer, or the answer itself; undefined to repeat the command.
 */
export type Setter<T> = (asking: Asking, object: T, value: string) => string | EndpointMessage | undefined;

/**
 * Carries out an action of ALTER.
 *
 * @returns true to repeat the command; false when the object is in the wrong state; a text to repeat the command with
 * this argument; or the answer itself.
 */
export type Action<T> = (asking: Asking, object: T, argument: string) => Done | Promise<Done>;

type Done = boolean | string | EndpointMessage;

/** Lists the ids that a search finds. Its entry in the catalogue defines if it takes a target. */
export type ObjectSearch<O extends ObjectName> = (asking: Asking, target: string) => Iterable<ObjectId<O>>;

/**
 * One kind of object: it finds an object by its id and carries out commands on it. `T` is the type that commands work
 * with. Errors are thrown as a `Refusal` with a name; the catalogue holds the number. A member that is missing is an
 * operation that the kind does not have.
 */
export interface ObjectKind<O extends ObjectName, T, I extends ObjectName = never> {
  readonly object: O;
  /**
   * Finds the object with this id for the asking client.
   *
   * @returns undefined for an object of another owner.
   * @throws Refusal `invalid-id`
   */
  find(asking: Asking, id: ObjectId<O>): T | undefined;
  /** Gives the stored value of a property. */
  value?(object: T, property: string): string | undefined;
  /** Values of properties that have not been set. */
  readonly defaults?: Readonly<Partial<Record<PropertyName<O>, string>>>;
  /** Properties that are computed on request. */
  readonly get?: { readonly [P in PropertyOf<O | I>]?: Getter<T> };
  /** Another object whose properties this one also has. Default: none. */
  readonly inherits?: I;
  /** Every property that can be set. */
  readonly set?: { readonly [P in WritableProperty<O>]: Setter<T> };
  /** Every action. */
  readonly alter?: { readonly [A in ActionName<O>]: Action<T> };
  /** Makes an object from the text after its name. @returns the answer; undefined to repeat the command. */
  create?(asking: Asking, argument: string): EndpointMessage | undefined;
  /** Deletes an object. Succeeds when there is no such object. */
  delete?(asking: Asking, id: ObjectId<O>): void;
  readonly search?: { readonly [S in SearchOf<O>]: ObjectSearch<O> };
  /** Clears the history of these objects. @param argument trimmed. */
  clear?(asking: Asking, argument: string): void;
  /** Forgets the objects of a client that has left. */
  leave?(client: ObjectOwner): void;
  /** Restores the stored objects after a restart, once the users exist. */
  restore?(userOf: (handle: string) => ExchangeUser | undefined): void;
}

/** A kind whose type of object is left open. */
export interface AnyKind {
  readonly object: ObjectName;
  find(asking: Asking, id: ObjectId<ObjectName>): unknown;
  value?(object: unknown, property: string): string | undefined;
  readonly defaults?: Readonly<Record<string, string>>;
  readonly inherits?: ObjectName;
  readonly get?: Readonly<Record<string, Getter<unknown>>>;
  readonly set?: Readonly<Record<string, Setter<unknown>>>;
  readonly alter?: Readonly<Record<string, Action<unknown>>>;
  create?(asking: Asking, argument: string): EndpointMessage | undefined;
  delete?(asking: Asking, id: ObjectId<ObjectName>): void;
  readonly search?: Readonly<Record<string, ObjectSearch<ObjectName>>>;
  clear?(asking: Asking, argument: string): void;
  leave?(client: ObjectOwner): void;
  restore?(userOf: (handle: string) => ExchangeUser | undefined): void;
}

/** Makes an {@link AnyKind} from the definition of a module. The kind is given only its own ids and objects. */
export function kindOf<O extends ObjectName, T, I extends ObjectName = never>(
  definition: ObjectKind<O, T, I>,
): AnyKind {
  return definition as unknown as AnyKind;
}
