import type { ApiObject } from '../api-object.js';
import type { User } from '../user.js';

/** Needs of a {@link CallHistory}. */
export interface CallHistoryContext {
  /** Most calls that each user's history keeps; the oldest go first. */
  readonly limit: number;
  /** Tells whether a call goes on: such a call is not removed. */
  isActive(id: number): boolean;
  /** Removes a call from where it is stored. */
  forget(object: ApiObject<'CALL'>): void;
}

/** CALL objects of each user: those of the calls that go on, and of those of the past. */
export class CallHistory {
  readonly #context: CallHistoryContext;
  readonly #byUser = new Map<string, Map<number, ApiObject<'CALL'>>>();

  constructor(context: CallHistoryContext) {
    this.#context = context;
  }

  /** Adds a call, and removes the oldest that is over where there are too many. */
  add(user: User, object: ApiObject<'CALL'>): void {
    const calls = this.#byUser.get(user.handle) ?? new Map<number, ApiObject<'CALL'>>();
    this.#byUser.set(user.handle, calls.set(object.id, object));
    if (calls.size <= this.#context.limit) return;
    const oldest = [...calls.values()].find(({ id }) => !this.#context.isActive(id));
    if (!oldest) return;
    calls.delete(oldest.id);
    this.#context.forget(oldest);
  }

  /** Gives the call with this id, if it is one of `user`'s. */
  objectOf(user: User, id: number): ApiObject<'CALL'> | undefined {
    return this.#byUser.get(user.handle)?.get(id);
  }

  /** Lists all calls of `user`, oldest first. */
  objectsOf(user: User): ApiObject<'CALL'>[] {
    return [...(this.#byUser.get(user.handle)?.values() ?? [])];
  }

  /** Removes the calls of `user` that are over and that `matches` accepts. */
  clear(user: User, matches: (object: ApiObject<'CALL'>) => boolean): void {
    for (const object of this.objectsOf(user)) {
      if (this.#context.isActive(object.id) || !matches(object)) continue;
      this.#byUser.get(user.handle)?.delete(object.id);
      this.#context.forget(object);
    }
  }
}
