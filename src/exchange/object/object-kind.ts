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
  /** The client itself, which owns what it makes for itself alone. */
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

/** Properties of each of `O`. */
type PropertyOf<O extends ObjectName> = { [K in O]: PropertyName<K> }[O];

/** Computes the value of a property. @param argument what follows the property's name; empty for most. */
export type Getter<T> = (asking: Asking, object: T, argument: string) => string | Promise<string>;

/**
 * Sets a property. @returns the value of the answer, or the answer itself; nothing where the command is repeated.
 * An error of a check (ERR_INVALID_ARG and the like) is answered as an `invalid-argument`, with its message.
 */
export type Setter<T> = (asking: Asking, object: T, value: string) => string | EndpointMessage | undefined;

/**
 * Carries out an action of ALTER. @returns false where the object is in no state for it; a text where the command is
 * repeated with that argument in place of its own; or the answer itself.
 */
export type Action<T> = (asking: Asking, object: T, argument: string) => Done | Promise<Done>;

type Done = boolean | string | EndpointMessage;

/** Lists the ids that a search finds. The catalogue's row has said whether there is a target. */
export type ObjectSearch<O extends ObjectName> = (asking: Asking, target: string) => Iterable<ObjectId<O>>;

/**
 * One kind of object: how commands find one, and what they do to it. `T` is what a command works with. What can go
 * wrong is thrown as a `Refusal` by its name; the number is in the catalogue's row. Where a part is missing, no object of
 * the kind can do that.
 */
export interface ObjectKind<O extends ObjectName, T, I extends ObjectName = never> {
  readonly object: O;
  /**
   * Finds what an id names for the client that asks: undefined where it belongs to another. @throws Refusal
   * `invalid-id`
   */
  find(asking: Asking, id: ObjectId<O>): T | undefined;
  /** Gives the value of a property as it is kept. */
  value?(object: T, property: string): string | undefined;
  /** Values of properties that nobody has set. */
  readonly defaults?: Readonly<Partial<Record<PropertyName<O>, string>>>;
  /** Properties that are computed when they are asked for. */
  readonly get?: { readonly [P in PropertyOf<O | I>]?: Getter<T> };
  /** Another object, whose properties this one has besides its own. Default: none. */
  readonly inherits?: I;
  /** Every property that can be set. */
  readonly set?: { readonly [P in WritableProperty<O>]: Setter<T> };
  /** Every action. */
  readonly alter?: { readonly [A in ActionName<O>]: Action<T> };
  /** Makes an object from the text behind its name. @returns the answer; nothing where the command is repeated. */
  create?(asking: Asking, argument: string): EndpointMessage | undefined;
  /** Deletes an object. One that is not there is as good as deleted. */
  delete?(asking: Asking, id: ObjectId<O>): void;
  readonly search?: { readonly [S in SearchOf<O>]: ObjectSearch<O> };
  /** Empties the history of such objects. @param argument trimmed. */
  clear?(asking: Asking, argument: string): void;
  /** Forgets what belonged to a client that has gone. */
  leave?(client: ObjectOwner): void;
  /** Takes in what a former run has kept, once the users are there. */
  restore?(userOf: (handle: string) => ExchangeUser | undefined): void;
}

/** A kind as the mechanism holds it, with what it works with left open. */
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

/** Makes a kind of what its module says. The mechanism gives it only ids and objects of its own. */
export function kindOf<O extends ObjectName, T, I extends ObjectName = never>(
  definition: ObjectKind<O, T, I>,
): AnyKind {
  return definition as unknown as AnyKind;
}
