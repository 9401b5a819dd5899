import { JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { checkObjectId, commands, type NamedObject } from '../../protocol/commands.js';
import type { ObjectId, SearchOf } from '../../protocol/message.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';

/** Largest number of idle objects: those that are over, and those that can be asked for again. */
const MAX_IDLE = 1000;

/** Events of an {@link ObjectCollection}. */
export interface ObjectCollectionEvents<T> extends FencedEvents {
  /** A new object: neither reported nor asked for before. */
  found: [object: T];
  /** A property of an object has changed; the value is as on the wire. */
  property: [object: T, name: string, value: string];
  /** The endpoint reports that an object was deleted. No more news of it will come. */
  deleted: [object: T];
}

/** Members of every object in a collection. */
export interface LiveObject<Id> {
  readonly id: Id;
  readonly over: boolean;
  readonly idle: boolean;
  take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean;
  forget(): void;
  detach(): void;
  lose(error: Error): void;
}

/** One kind of object, as a client handles it. */
export interface CollectionKind<O extends NamedObject, T> {
  readonly object: O;
  make(id: ObjectId<O>): T;
  /** Called for each property that the endpoint reports. Default: ignored. */
  heard?(object: T, said: PropertyNews<ObjectId<O>>): void;
  /** True for news that only an object which has just begun can have, never one that is over. Default: never. */
  begins?(property: string, value: string): boolean;
}

/** A property that the endpoint has reported, with the place of its message among all messages. */
export interface PropertyNews<Id> {
  readonly id: Id;
  readonly property: string;
  readonly value: string;
  /** Number of messages received, including this one. */
  readonly heardAt: number;
  /** For an answer: number of messages received before its command was sent. */
  readonly sentAfter: number | undefined;
}

/**
 * The known objects of one kind: `client.calls`, `client.users`. Messages of the endpoint keep each up to date.
 * Iterating gives the objects that are not over. Of idle objects the newest 1000 are kept, so that the calls of a year
 * do not fill the memory.
 */
export class ObjectCollection<
    O extends NamedObject,
    T extends LiveObject<ObjectId<O>>,
    E extends ObjectCollectionEvents<T> & Record<keyof E, unknown[]> = ObjectCollectionEvents<T>,
  >
  extends FencedEmitter<E>
  implements Iterable<T>
{
  readonly #kind: CollectionKind<O, T>;
  readonly #sender: CommandSender;
  readonly #objects = new Map<ObjectId<O>, T>();
  /** Objects that were over at the last outage. After it, the endpoint may use their ids for new objects. */
  readonly #past = new WeakSet<T>();

  /** Used by the client. @internal */
  constructor(kind: CollectionKind<O, T>, sender: CommandSender) {
    super();
    // Each operation in progress adds a listener, such as a message that is being sent. Many of them are no leak.
    this.setMaxListeners(0);
    this.#kind = kind;
    this.#sender = sender;
  }

  /**
   * Gives the object with this id, even if the endpoint has not mentioned it. Its properties are requested when they
   * are needed. The same id gives the same object.
   *
   * @throws ERR_INVALID_ARG for an id that the wire cannot carry, ERR_LINE_BREAK.
   */
  get(id: ObjectId<O>): T {
    return this.#objects.get(id) ?? this.#add(checkObjectId(this.#kind.object, id));
  }

  /** Gives the object with this id if it is known already. */
  known(id: ObjectId<O>): T | undefined {
    return this.#objects.get(checkObjectId(this.#kind.object, id));
  }

  /**
   * Sends `SEARCH <what> [<target>]`; gives the objects that the endpoint lists.
   *
   * @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED, ERR_UNEXPECTED_REPLY; ERR_LINE_BREAK for the target.
   */
  async search(what: SearchOf<O>, target = '', options?: CommandOptions): Promise<T[]> {
    const reply = await this.#sender.command(commands.search(what, target), options);
    if (reply.kind === 'list') return reply.ids.map((id) => this.get(id as ObjectId<O>));
    throw new JackfieldError(
      'ERR_UNEXPECTED_REPLY',
      `SEARCH ${what} was answered with a message of the kind "${reply.kind}": expected a list.`,
    );
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    for (const object of this.#objects.values()) if (!object.over) yield object;
  }

  /** Takes a property; called by the client for each message. @internal */
  take(said: PropertyNews<ObjectId<O>>): void {
    const { id, property, value, heardAt, sentAfter } = said;
    let known = this.#objects.get(id);
    if (known && this.#past.has(known) && this.#kind.begins?.(property, value)) {
      this.#objects.delete(id);
      known.detach();
      known = undefined;
    }
    const object = known ?? this.#add(id);
    const news = object.take(property, value, heardAt, sentAfter);
    this.#kind.heard?.(object, said);
    if (!known) this.#told.emit('found', object);
    if (news) this.#told.emit('property', object, property, value);
  }

  /** Removes an object that the endpoint has deleted; called by the client. @internal */
  remove(id: ObjectId<O>): void {
    const object = this.#objects.get(id);
    if (!object) return;
    this.#objects.delete(id);
    object.detach();
    object.lose(new JackfieldError('ERR_CLOSED', `${this.#kind.object} ${id} was deleted.`));
    this.#told.emit('deleted', object);
  }

  /** Drops the known values of all objects that are not over; called by the client. @internal */
  forget(): void {
    for (const object of this) object.forget();
  }

  /**
   * Frees the ids of objects that are over: after an outage they may belong to new objects. Called by the client.
   * @internal
   */
  freeIds(): void {
    for (const object of this.#objects.values()) if (object.over) this.#past.add(object);
  }

  /** Tells all objects that no more news will come; called by the client. @internal */
  lose(error: Error): void {
    for (const object of this.#objects.values()) object.lose(error);
  }

  /** This collection, with the type of the events that every collection has. The compiler cannot derive it. */
  get #told(): FencedEmitter<ObjectCollectionEvents<T>> {
    return this as unknown as FencedEmitter<ObjectCollectionEvents<T>>;
  }

  #add(id: ObjectId<O>): T {
    const object = this.#kind.make(id);
    this.#objects.set(id, object);
    if (this.#objects.size > MAX_IDLE) this.#evict();
    return object;
  }

  /** Drops the oldest idle object. */
  #evict(): void {
    for (const [id, object] of this.#objects) {
      if (!object.idle) continue;
      this.#objects.delete(id);
      object.detach();
      return;
    }
  }
}
