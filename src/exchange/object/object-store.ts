import type { ObjectId, ObjectName } from '../../protocol/message.js';
import type { ObjectOwner } from './api-object.js';
import type { ObjectShelf, StoredObject } from './object-shelf.js';

/** An object that a store can hold. It belongs to one owner, and only the owner sees it. */
export interface Owned<O extends ObjectName> {
  readonly id: ObjectId<O>;
  readonly owner: ObjectOwner;
}

/** Rules by which an {@link ObjectStore} keeps its objects. */
export interface ObjectStoreOptions<O extends ObjectName, T> {
  /** Most objects of one owner. Beyond that the oldest removable one is removed. Default: no limit. */
  readonly limit?: number;
  /** True for an object that may be removed to make room or with a history. Default: any. */
  mayGo?(object: T): boolean;
  /** Called when `owner` has gained or lost an object. */
  changed?(owner: ObjectOwner): void;
  /** Storage that keeps objects over a restart. Default: nothing is stored. */
  readonly shelf?: ObjectShelf<O>;
  /** Makes the record of an object to store; undefined for an object that is not stored. Required with a shelf. */
  record?(object: T): Omit<StoredObject, 'user'> | undefined;
}

/**
 * Objects of one kind, by owner and id. When two users see the same thing, each has an object of their own, as on the
 * wire. No command finds an object of another owner.
 */
export class ObjectStore<O extends ObjectName, T extends Owned<O>> {
  readonly #options: ObjectStoreOptions<O, T>;
  readonly #byOwner = new Map<ObjectOwner, Map<ObjectId<O>, T>>();

  constructor(options: ObjectStoreOptions<O, T> = {}) {
    this.#options = options;
  }

  /** Adds an object and stores it. It replaces an object with the same id. */
  add(object: T): void {
    this.take(object);
    this.save(object);
  }

  /** Restores the stored objects of owners that still exist, made by `make`. @returns those objects. */
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

  /** Adds an object without storing it. */
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

  /** Stores the present state of objects, all or none. */
  save(...objects: readonly T[]): void {
    const { shelf, record } = this.#options;
    shelf?.together(() => {
      for (const object of objects) {
        const kept = record?.(object);
        if (kept) shelf.save(object.id, { user: object.owner.handle, ...kept });
      }
    });
  }

  /** Does work as one transaction: all changes of the exchange are stored or none. */
  together<R>(work: () => R): R {
    const { shelf } = this.#options;
    return shelf ? shelf.together(work) : work();
  }

  /** Gives the object with this id; undefined unless `owner` has it. */
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

  /** Removes an object from memory and from storage. */
  remove(object: T): void {
    this.drop(object);
    this.forget(object);
  }

  /** Removes an object from storage only. */
  forget(object: T): void {
    this.#options.shelf?.forget(object.id, object.owner.handle);
  }

  /** Removes an object from memory only. */
  drop(object: T): void {
    const objects = this.#byOwner.get(object.owner);
    if (objects?.get(object.id) !== object) return;
    objects.delete(object.id);
    this.#options.changed?.(object.owner);
  }

  /** Removes the removable objects of `owner` that `matches` accepts. */
  clear(owner: ObjectOwner, matches: (object: T) => boolean): void {
    for (const object of this.listOf(owner)) if (this.#mayGo(object) && matches(object)) this.remove(object);
  }

  /** Forgets an owner that has left, with all its objects. */
  leave(owner: ObjectOwner): void {
    this.#byOwner.delete(owner);
  }

  #mayGo(object: T): boolean {
    return this.#options.mayGo?.(object) ?? true;
  }
}
