import { JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { checkObjectId, commands, type NamedObject } from '../../protocol/commands.js';
import type { ObjectId, SearchOf } from '../../protocol/message.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';

/** Objects that nothing happens to any more, or that can be asked for again, and are kept at the ready. */
const MAX_IDLE = 1000;

/** Events of an {@link ObjectCollection}. */
export interface ObjectCollectionEvents<T> extends FencedEvents {
  /** An object that was not known before: neither heard of nor asked for. */
  found: [object: T];
  /** A property of an object has changed; the value is as on the wire. */
  property: [object: T, name: string, value: string];
  /** The endpoint says that an object was deleted. Nothing is heard of it any more. */
  deleted: [object: T];
}

/** Members that every object of a collection has. */
export interface LiveObject<Id> {
  readonly id: Id;
  readonly over: boolean;
  readonly idle: boolean;
  take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean;
  forget(): void;
  detach(): void;
  lose(error: Error): void;
}

/** One kind of object as a client has it. */
export interface CollectionKind<O extends NamedObject, T> {
  readonly object: O;
  make(id: ObjectId<O>): T;
  /** Hears of each object of which something was heard, and what. Default: ignored. */
  heard?(object: T, said: PropertyNews<ObjectId<O>>): void;
  /** True for what is said of an object that has just begun, and never of one that is over. Default: never. */
  begins?(property: string, value: string): boolean;
}

/** A property that was heard, with its place among the messages that have come. */
export interface PropertyNews<Id> {
  readonly id: Id;
  readonly property: string;
  readonly value: string;
  /** Messages that have come, this one counted in. */
  readonly heardAt: number;
  /** For an answer: messages that had come when its command was sent. */
  readonly sentAfter: number | undefined;
}

/**
 * The objects of one kind that a client knows of: `client.calls`, `client.users`. Each is kept up to date by what the
 * endpoint says; iterating gives those that are not over. Of those to which nothing happens any more the newest 1000 are
 * kept, so that a program that runs for a year does not fill its memory with the calls of that year.
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
  /** Objects that were over when the endpoint was last away: one that has started again counts from the beginning. */
  readonly #past = new WeakSet<T>();

  /** Used by the client. @internal */
  constructor(kind: CollectionKind<O, T>, sender: CommandSender) {
    super();
    // Each operation under way listens, such as a message that is being sent: many of them are no leak.
    this.setMaxListeners(0);
    this.#kind = kind;
    this.#sender = sender;
  }

  /**
   * Gives the object of this id, whether the endpoint has spoken of it or not: its properties are asked for when they are
   * wanted. The same id gives the same object.
   *
   * @throws ERR_INVALID_ARG for an id that the wire cannot say, ERR_LINE_BREAK.
   */
  get(id: ObjectId<O>): T {
    return this.#objects.get(id) ?? this.#add(checkObjectId(this.#kind.object, id));
  }

  /** Gives the object of this id if it is known already. */
  known(id: ObjectId<O>): T | undefined {
    return this.#objects.get(checkObjectId(this.#kind.object, id));
  }

  /**
   * `SEARCH <what> [<target>]`: the objects that the endpoint lists.
   *
   * @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED, ERR_UNEXPECTED_REPLY; ERR_LINE_BREAK for the target.
   */
  async search(what: SearchOf<O>, target = '', options?: CommandOptions): Promise<T[]> {
    const reply = await this.#sender.command(commands.search(what, target), options);
    if (reply.kind === 'list') return reply.ids.map((id) => this.get(id as ObjectId<O>));
    throw new JackfieldError(
      'ERR_UNEXPECTED_REPLY',
      `SEARCH ${what} was answered with a message of the kind "${reply.kind}": a list was expected.`,
    );
  }

  *[Symbol.iterator](): Generator<T, void, void> {
    for (const object of this.#objects.values()) if (!object.over) yield object;
  }

  /** Takes a property in; called by the client as messages come. @internal */
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

  /** Takes in that an object was deleted; called by the client. @internal */
  remove(id: ObjectId<O>): void {
    const object = this.#objects.get(id);
    if (!object) return;
    this.#objects.delete(id);
    object.detach();
    object.lose(new JackfieldError('ERR_CLOSED', `${this.#kind.object} ${id} was deleted.`));
    this.#told.emit('deleted', object);
  }

  /** Forgets what was heard of all objects that are not over; called by the client. @internal */
  forget(): void {
    for (const object of this) object.forget();
  }

  /** The endpoint was away: the ids of those that are over may be those of others from now on. Called by the client. @internal */
  freeIds(): void {
    for (const object of this.#objects.values()) if (object.over) this.#past.add(object);
  }

  /** Nothing will be heard any more; called by the client. @internal */
  lose(error: Error): void {
    for (const object of this.#objects.values()) object.lose(error);
  }

  /** The events that every collection has: the compiler does not see them in those of a kind. */
  get #told(): FencedEmitter<ObjectCollectionEvents<T>> {
    return this as unknown as FencedEmitter<ObjectCollectionEvents<T>>;
  }

  #add(id: ObjectId<O>): T {
    const object = this.#kind.make(id);
    this.#objects.set(id, object);
    if (this.#objects.size > MAX_IDLE) this.#evict();
    return object;
  }

  /** Lets the oldest idle object go. */
  #evict(): void {
    for (const [id, object] of this.#objects) {
      if (!object.idle) continue;
      this.#objects.delete(id);
      object.detach();
      return;
    }
  }
}
