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
  /** Handle of the user that it is, or that the client belongs to. */
  readonly handle: string;
  /** A client's name for itself, if it has said one. */
  readonly name?: string | undefined;
  /** @param versions of the protocol whose clients are told. Default: all. */
  notify(message: EndpointMessage, versions?: Versions): void;
}

/** Properties of an object as on the wire. */
export type ObjectRecord = Readonly<Record<string, string>>;

/**
 * An object of the API as its owner sees it: its properties as on the wire, and the one way in which clients hear of a
 * change.
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

  /** Sets a property without telling clients. */
  put(property: PropertyName<O>, value: string): void {
    this.#values.set(property, value);
  }

  /** Sets a property and tells the owner's clients, also when the value is what it was. */
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
