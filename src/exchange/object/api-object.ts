import type {
  EndpointMessage,
  ObjectId,
  ObjectName,
  OtherWord,
  PropertyName,
} from '../../protocol/message.js';
import type { Versions } from '../../protocol/versions.js';

/** Receiver of an object's changes: a user with all clients at the endpoint, or one client. */
export interface ObjectOwner {
  /** Handle of the user, or of the user that the client belongs to. */
  readonly handle: string;
  /** The client's name, if it has sent one. */
  readonly name?: string | undefined;
  /** Notifies the clients. @param versions of the protocol whose clients are notified. Default: all. */
  notify(message: EndpointMessage, versions?: Versions): void;
}

/** Properties of an object as on the wire. */
export type ObjectRecord = Readonly<Record<string, string>>;

/**
 * An object of the API as its owner sees it. It holds the properties as on the wire, and is the only place that
 * notifies clients of a change.
 */
export class ApiObject<O extends ObjectName> {
  readonly object: O;
  readonly id: ObjectId<O>;
  readonly owner: ObjectOwner;
  readonly #values: Map<string, string>;
  #told: ((property: string, value: string) => void) | undefined;

  constructor(object: O, id: ObjectId<O>, owner: ObjectOwner, values: ObjectRecord = {}) {
    this.object = object;
    this.id = id;
    this.owner = owner;
    this.#values = new Map(Object.entries(values));
  }

  get(property: PropertyName<O> | OtherWord): string | undefined {
    return this.#values.get(property);
  }

  /** Sets a property without notifying clients. */
  put(property: PropertyName<O>, value: string): void {
    this.#values.set(property, value);
  }

  /** Sets a property and notifies the owner's clients, also when the value has not changed. */
  tell(property: PropertyName<O>, value: string): void {
    this.#values.set(property, value);
    const { object, id } = this;
    this.owner.notify({ kind: 'property', object, id, property, value } as EndpointMessage);
    this.#told?.(property, value);
  }

  /** Also calls `listener` for every property that clients are notified of. */
  watch(listener: (property: string, value: string) => void): void {
    this.#told = listener;
  }

  /** All properties that were set, for storage. */
  record(): ObjectRecord {
    return Object.fromEntries(this.#values);
  }
}
