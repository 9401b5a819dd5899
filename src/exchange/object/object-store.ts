import type { ObjectId, ObjectName } from '../../protocol/message.js';
import type { ObjectOwner } from './api-object.js';
import type { ObjectShelf, StoredObject } from './object-shelf.js';

/** Object that a store can hold: each belongs to one owner, who alone sees it. */
export interface Owned<O extends ObjectName> {
  readonly id: ObjectId<O>;
  readonly owner: ObjectOwner;
}

/** Rules by which an {@link ObjectStore} keeps its objects. */
export interface ObjectStoreOptions<O extends ObjectName, T> {
  /** Most objects of one owner: the oldest that may go makes room. Default: no limit. */
  readonly limit?: number;
  /** True for an object that may be removed to make room, or with a history. Default: any. */
  mayGo?(object: T): boolean;
  /** Hears that `owner` has another object, or one less. */
  changed?(owner: ObjectOwner): void;
  /** The place in which objects survive a restart. Default: nothing is kept. */
  readonly shelf?: ObjectShelf<O>;
  /** Gives what is kept of an object; nothing for one that is not. Needed with a shelf. */
  record?(object: T): Omit<StoredObject, 'user'> | undefined;
}

/**
 * Objects of one kind, by owner and id. What two users see of the same thing is two objects, one for each, as on the
 * wire: no command finds what belongs to another owner.
 */
export class ObjectStore<O extends ObjectName, T extends Owned<O>> {
  readonly #options: ObjectStoreOptions<O, T>;
  readonly #byOwner = new Map<ObjectOwner, Map<ObjectId<O>, T>>();

  constructor(options: ObjectStoreOptions<O, T> = {}) {
    this.#options = options;
  }

  /** Adds an object in the place of one with its id, and keeps it. */
  add(object: T): void {
    this.take(object);
    this.save(object);
  }

  /** Takes in what a former run has kept of owners that are still there, as `make` makes it. Returns those objects. */
  restore<W extends ObjectOwner>(
    ownerOf: (handle: string) => W | undefined,
    make: (id: ObjectId<O>, owner: W, stored: StoredObject) => T,
  ): T[] {
    const restored = (this.#options.shelf?.objects() ?? []).flatMap(({ id, stored }) => {
      const owner = ownerOf(stored.user);
      return owner ? [make(id, owner, stored)] : [];
    });
    for (const object of restored) this.take(object);
    return restored;
  }

  /** Takes in an object without keeping it. */
  take(object: T): void {
    const objects = this.#byOwner.get(object.owner) ?? new Map<ObjectId<O>, T>();
    this.#byOwner.set(object.owner, objects.set(object.id, object));
    this.#options.changed?.(object.owner);
    const { limit = Number.POSITIVE_INFINITY } = this.#options;
    if (objects.size <= limit) return;
    for (const oldest of objects.values()) {
      if (!this.#mayGo(oldest)) continue;
      this.remove(oldest);
      return;
    }
  }

  /** Keeps objects as they are now, all or none. */
  save(...objects: readonly T[]): void {
    const { shelf, record } = this.#options;
    shelf?.together(() => {
      for (const object of objects) {
        const kept = record?.(object);
        if (kept) shelf.save(object.id, { user: object.owner.handle, ...kept });
      }
    });
  }

  /** Does work of which all is kept or nothing, also of what else the exchange keeps. */
  together<R>(work: () => R): R {
    const { shelf } = this.#options;
    return shelf ? shelf.together(work) : work();
  }

  /** Gives the object with this id, if it is one of `owner`'s. */
  of(owner: ObjectOwner, id: ObjectId<O>): T | undefined {
    return this.#byOwner.get(owner)?.get(id);
  }

  /** Lists the objects of `owner`, oldest first. */
  listOf(owner: ObjectOwner): T[] {
    return [...(this.#byOwner.get(owner)?.values() ?? [])];
  }

  /** Lists the objects of all owners. */
  all(): T[] {
    return Array.from(this.#byOwner.values(), (objects) => [...objects.values()]).flat();
  }

  /** Removes an object from here and from where it is kept. */
  remove(object: T): void {
    this.drop(object);
    this.forget(object);
  }

  /** Removes an object from where it is kept alone. */
  forget(object: T): void {
    this.#options.shelf?.forget(object.id, object.owner.handle);
  }

  /** Removes an object from here alone. */
  drop(object: T): void {
    const objects = this.#byOwner.get(object.owner);
    if (objects?.get(object.id) !== object) return;
    objects.delete(object.id);
    this.#options.changed?.(object.owner);
  }

  /** Removes those objects of `owner` that may go and that `matches` accepts. */
  clear(owner: ObjectOwner, matches: (object: T) => boolean): void {
    for (const object of this.listOf(owner)) if (this.#mayGo(object) && matches(object)) this.remove(object);
  }

  /** Forgets an owner that has gone, with all that belonged to it. */
  leave(owner: ObjectOwner): void {
    this.#byOwner.delete(owner);
  }

  #mayGo(object: T): boolean {
    return this.#options.mayGo?.(object) ?? true;
  }
}
