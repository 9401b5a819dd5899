/** Objects that nothing happens to any more, or that can be asked for again, and are kept at the ready. */
const MAX_IDLE = 1000;

/** An object that a table can keep. */
interface Tracked {
  /** Stops being told of news. */
  detach(): void;
}

/**
 * The objects of one kind by id. All that go on are kept; of the others the newest 1000, so that a program that runs
 * for a year does not fill its memory with the calls of that year.
 */
export class ObjectTable<Id, T extends Tracked> {
  readonly #objects = new Map<Id, T>();
  readonly #make: (id: Id) => T;
  readonly #idle: (object: T) => boolean;

  constructor(make: (id: Id) => T, idle: (object: T) => boolean) {
    this.#make = make;
    this.#idle = idle;
  }

  known(id: Id): T | undefined {
    return this.#objects.get(id);
  }

  /** The object of this id, made when there is none yet. */
  of(id: Id): T {
    let object = this.#objects.get(id);
    if (!object) {
      object = this.#make(id);
      this.#objects.set(id, object);
      if (this.#objects.size > MAX_IDLE) this.#evict();
    }
    return object;
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** Lets the oldest idle object go. */
  #evict(): void {
    for (const [id, object] of this.#objects) {
      if (!this.#idle(object)) continue;
      this.#objects.delete(id);
      object.detach();
      return;
    }
  }
}
