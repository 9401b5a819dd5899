import type { EndpointMessage, PropertyName } from '../protocol/message.js';

/** Who is told of an object's changes: a user's endpoint. */
export interface ObjectOwner {
  readonly handle: string;
  notify(message: EndpointMessage): void;
}

/** Properties of the objects that live on an exchange, as on the wire. */
export type ObjectRecord = Readonly<Record<string, string>>;

/**
 * An object of the API as one user sees it: its properties as on the wire, and the one way in which his clients
 * hear of a change.
 */
export class ApiObject<O extends 'CALL' | 'VOICEMAIL'> {
  readonly object: O;
  readonly id: number;
  readonly owner: ObjectOwner;
  readonly #values: Map<string, string>;
  #told: ((property: string, value: string) => void) | undefined;

  constructor(object: O, id: number, owner: ObjectOwner, values: ObjectRecord = {}) {
    this.object = object;
    this.id = id;
    this.owner = owner;
    this.#values = new Map(Object.entries(values));
  }

  get(property: PropertyName<O>): string | undefined {
    return this.#values.get(property);
  }

  /** Sets a property that nobody is told of. */
  put(property: PropertyName<O>, value: string): void {
    this.#values.set(property, value);
  }

  /** Sets a property and tells the user's clients, also when the value is what it was. */
  tell(property: PropertyName<O>, value: string): void {
    this.#values.set(property, value);
    const { object, id } = this;
    this.owner.notify({ kind: 'property', object, id, property, value } as EndpointMessage);
    this.#told?.(property, value);
  }

  /** Has `listener` hear of everything that is told, besides the clients. */
  watch(listener: (property: string, value: string) => void): void {
    this.#told = listener;
  }

  /** All properties that were ever set, to be stored. */
  record(): ObjectRecord {
    return Object.fromEntries(this.#values);
  }
}
