import { randomBytes } from 'node:crypto';
import { JackfieldError } from '../../base/errors.js';
import { OBJECTS } from '../../protocol/catalogue/objects.js';
import type { ObjectSpec } from '../../protocol/catalogue/spec.js';
import type { ObjectId, ObjectName } from '../../protocol/message.js';
import type { DecisionStore } from '../api/authorization.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectShelf, StoredObject } from '../object/object-shelf.js';
import { checkKept } from '../wire-value.js';
import type { StateJournal } from './state-journal.js';

/** Objects with numeric ids. All kinds share one counter. */
const NUMBERED = Object.entries<ObjectSpec>(OBJECTS).flatMap(([name, { id }]) =>
  id === 'number' ? [name as ObjectName] : [],
);

/**
 * Stores the state of an exchange in a {@link StateJournal} so that it survives a restart. Without a journal nothing is
 * stored. A disk error is reported and does not stop a call; the journal tries again.
 */
export class ExchangeStore implements DecisionStore {
  readonly #journal: StateJournal | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #decisions = new Map<string, boolean>();
  /** Stored values, by user. Only changed values are written. */
  readonly #saved = new Map<string, Map<string, unknown>>();

  constructor(journal: StateJournal | undefined, failed: (error: unknown) => void) {
    this.#journal = journal;
    this.#failed = failed;
    for (const [key, allowed] of journal?.entries('client/') ?? [])
      this.#decisions.set(key, allowed === true);
  }

  /** The highest object number that was ever used. */
  get lastId(): number {
    let last = idOf(this.#journal?.get('last-id')) ?? 0;
    for (const object of NUMBERED) {
      for (const [id] of this.#journal?.entries(folderOf(object)) ?? []) last = Math.max(last, idOf(id) ?? 0);
    }
    return last;
  }

  /**
   * Does work as one transaction: all changes are stored or none, also when the process is killed. A disk error is
   * reported, and the write is tried again.
   */
  together<T>(work: () => T): T {
    this.#journal?.begin();
    try {
      return work();
    } finally {
      this.#try((journal) => journal.commit());
    }
  }

  /** Stores the present state of users, all or none. */
  saveUsers(...users: readonly ExchangeUser[]): void {
    this.together(() => {
      for (const user of users) this.#saveUser(user);
    });
  }

  #saveUser(user: ExchangeUser): void {
    const saved = this.#savedOf(user.handle);
    const gone = new Set(saved.keys());
    for (const [path, value] of user.record()) {
      gone.delete(path);
      if (saved.get(path) === value) continue;
      saved.set(path, value);
      this.#put(`user/${user.handle}/${path}`, value);
    }
    for (const path of gone) {
      saved.delete(path);
      this.#try((journal) => journal.delete(`user/${user.handle}/${path}`));
    }
  }

  /** Gives the storage of one kind of object. Word ids are unique for each owner, numeric ids in the whole exchange. */
  shelf<O extends ObjectName>(object: O): ObjectShelf<O> {
    const folder = folderOf(object);
    const numbered = NUMBERED.includes(object);
    const keyOf = (id: ObjectId<O>, user: string) => `${folder}${numbered ? '' : `${user}/`}${id}`;
    return {
      save: (id, stored) => this.#put(keyOf(id, stored.user), stored),
      forget: (id, user) => {
        this.#try((journal) => {
          if (typeof id === 'number' && id > Number(journal.get('last-id') ?? 0)) journal.put('last-id', id);
          journal.delete(keyOf(id, user));
        });
      },
      together: (work) => this.together(work),
      objects: () => this.#objects(folder, numbered) as { id: ObjectId<O>; stored: StoredObject }[],
    };
  }

  /** Stored values of a user, by path. */
  #savedOf(handle: string): Map<string, unknown> {
    const saved = this.#saved.get(handle) ?? new Map(this.#journal?.entries(`user/${handle}/`) ?? []);
    this.#saved.set(handle, saved);
    return saved;
  }

  restoreUser(user: ExchangeUser): void {
    for (const [path, value] of this.#journal?.entries(`user/${user.handle}/`) ?? []) {
      try {
        user.restore(path, value);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  decision(handle: string, name: string): boolean | undefined {
    return this.#decisions.get(`${handle}/${name}`);
  }

  /** Counts the stored access decisions of a user, one for each program name. */
  decided(handle: string): number {
    return [...this.#decisions.keys()].filter((key) => key.startsWith(`${handle}/`)).length;
  }

  decide(handle: string, name: string, allowed: boolean): void {
    this.#decisions.set(`${handle}/${name}`, allowed);
    this.#put(`client/${handle}/${name}`, allowed);
  }

  /** Random secret bytes. They stay the same over a restart. */
  get secret(): Buffer {
    const kept = this.#journal?.get('secret');
    if (typeof kept === 'string' && kept.length === 64) return Buffer.from(kept, 'hex');
    const made = randomBytes(32);
    this.#put('secret', made.toString('hex'));
    return made;
  }

  close(): void {
    this.#try((journal) => journal.close());
  }

  #objects(folder: string, numbered: boolean): { id: number | string; stored: StoredObject }[] {
    const objects: { id: number | string; stored: StoredObject }[] = [];
    for (const [key, value] of this.#journal?.entries(folder) ?? []) {
      const stored = storedObject(value);
      const id = numbered ? idOf(key) : stored && nameOf(key, stored.user);
      if (id !== undefined && stored) objects.push({ id, stored });
      else this.#failed(notStored(`${folder}${key}`));
    }
    return numbered ? objects.sort((a, b) => Number(a.id) - Number(b.id)) : objects;
  }

  #put(key: string, value: unknown): void {
    this.#try((journal) => journal.put(key, value));
  }

  #try(act: (journal: StateJournal) => void): void {
    if (!this.#journal) return;
    try {
      act(this.#journal);
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** Prefix of the keys of one kind of object. */
function folderOf(object: ObjectName): string {
  return `${object.toLowerCase()}/`;
}

/** Name of an object within its owner, read from its stored key. */
function nameOf(key: string, user: string): string | undefined {
  return key.startsWith(`${user}/`) ? key.slice(user.length + 1) || undefined : undefined;
}

/** Number of an object, read from its stored key. */
function idOf(text: unknown): number | undefined {
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/**
 * Checks a stored object. Data on disk is checked like data from the network.
 *
 * @returns undefined when it is not valid.
 */
function storedObject(value: unknown): StoredObject | undefined {
  if (!isRecord(value)) return undefined;
  const { user, properties, file } = value;
  if (typeof user !== 'string' || !isRecord(properties)) return undefined;
  if (file !== undefined && typeof file !== 'string') return undefined;
  try {
    const checked = Object.entries(properties).map(([name, text]) => [name, checkKept(name, text)]);
    return { user, properties: Object.fromEntries(checked), ...(file !== undefined && { file }) };
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function notStored(key: string): JackfieldError {
  return new JackfieldError(
    'ERR_SYNTAX',
    `The stored state has no valid object under ${JSON.stringify(key)}: it is skipped.`,
  );
}
