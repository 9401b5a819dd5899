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

/** Objects whose ids are numbers, which all come from one count. */
const NUMBERED = Object.entries<ObjectSpec>(OBJECTS).flatMap(([name, { id }]) =>
  id === 'number' ? [name as ObjectName] : [],
);

/**
 * Keeps the state of an exchange over a restart, in a {@link StateJournal} or, without one, not at all. A disk error is
 * reported and does not stop a call; the journal tries again.
 */
export class ExchangeStore implements DecisionStore {
  readonly #journal: StateJournal | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #decisions = new Map<string, boolean>();
  /** Values that were stored, by user: only new ones are written. */
  readonly #saved = new Map<string, Map<string, unknown>>();

  constructor(journal: StateJournal | undefined, failed: (error: unknown) => void) {
    this.#journal = journal;
    this.#failed = failed;
    for (const [key, allowed] of journal?.entries('client/') ?? [])
      this.#decisions.set(key, allowed === true);
  }

  /** The highest number that an object has had. */
  get lastId(): number {
    let last = idOf(this.#journal?.get('last-id')) ?? 0;
    for (const object of NUMBERED) {
      for (const [id] of this.#journal?.entries(folderOf(object)) ?? []) last = Math.max(last, idOf(id) ?? 0);
    }
    return last;
  }

  /** Does work of which all is kept or nothing, also by a kill. What the disk refuses is reported, and tried again. */
  together<T>(work: () => T): T {
    this.#journal?.begin();
    try {
      return work();
    } finally {
      this.#try((journal) => journal.commit());
    }
  }

  /** Keeps users as they are now, all or none. */
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

  /** Gives the place of one kind of object. Ids that are words are an owner's; numbers are the exchange's. */
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

  /** Values that are stored of a user, by path. */
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

  /** Counts the names of which there is a decision for a user. */
  decided(handle: string): number {
    return [...this.#decisions.keys()].filter((key) => key.startsWith(`${handle}/`)).length;
  }

  decide(handle: string, name: string, allowed: boolean): void {
    this.#decisions.set(`${handle}/${name}`, allowed);
    this.#put(`client/${handle}/${name}`, allowed);
  }

  /** Bytes that cannot be guessed, the same after a restart. */
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

/** Beginning of the keys of one kind of object. */
function folderOf(object: ObjectName): string {
  return `${object.toLowerCase()}/`;
}

/** The name of an object among those of its owner, as it is stored. */
function nameOf(key: string, user: string): string | undefined {
  return key.startsWith(`${user}/`) ? key.slice(user.length + 1) || undefined : undefined;
}

/** The number of an object, as it is stored. */
function idOf(text: unknown): number | undefined {
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** The object, if it is one: whatever lies in the folder is checked like what comes over the wire. */
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
    `The stored state has no proper object under ${JSON.stringify(key)}: it is left out.`,
  );
}
