import { JackfieldError } from '../../base/errors.js';
import type { DecisionStore } from '../api/authorization.js';
import type { ApiObject, ObjectRecord } from '../api-object.js';
import type { Voicemail } from '../mailbox/voicemail.js';
import type { User } from '../user.js';
import { checkText } from '../wire-value.js';
import type { Journal } from './journal.js';

/** A stored object of the API. */
interface StoredObject {
  readonly user: string;
  readonly properties: ObjectRecord;
  /** The audio of a voicemail that is kept elsewhere. */
  readonly file?: string;
}

/**
 * What an exchange keeps over a restart, in a {@link Journal} or, without one, not at all. A disk that refuses is
 * reported and does not stop a call; the journal tries again.
 */
export class ExchangeStore implements DecisionStore {
  readonly #journal: Journal | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #decisions = new Map<string, boolean>();
  /** What was stored of each user: only what is new is written. */
  readonly #saved = new Map<string, Map<string, unknown>>();

  constructor(journal: Journal | undefined, failed: (error: unknown) => void) {
    this.#journal = journal;
    this.#failed = failed;
    for (const [key, allowed] of journal?.entries('client/') ?? [])
      this.#decisions.set(key, allowed === true);
  }

  /** The highest number that an object has had. */
  get lastId(): number {
    let last = idOf(this.#journal?.get('last-id')) ?? 0;
    for (const prefix of ['call/', 'voicemail/']) {
      for (const [id] of this.#journal?.entries(prefix) ?? []) last = Math.max(last, idOf(id) ?? 0);
    }
    return last;
  }

  saveUser(user: User): void {
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

  saveCall(object: ApiObject<'CALL'>): void {
    this.#put(`call/${object.id}`, { user: object.owner.handle, properties: object.record() });
  }

  /** @param ownFile where its audio is kept, when it is kept here. */
  saveVoicemail({ object, user, file }: Voicemail, ownFile: string): void {
    const stored: StoredObject = {
      user: user.handle,
      properties: object.record(),
      ...(file !== ownFile && { file }),
    };
    this.#put(`voicemail/${object.id}`, stored);
  }

  forget(kind: 'call' | 'voicemail', id: number): void {
    this.#try((journal) => {
      // The numbers of what is deleted are not given out again.
      if (id > Number(journal.get('last-id') ?? 0)) journal.put('last-id', id);
      journal.delete(`${kind}/${id}`);
    });
  }

  /** What is stored of a user, by its path. */
  #savedOf(handle: string): Map<string, unknown> {
    const saved = this.#saved.get(handle) ?? new Map(this.#journal?.entries(`user/${handle}/`) ?? []);
    this.#saved.set(handle, saved);
    return saved;
  }

  restoreUser(user: User): void {
    for (const [path, value] of this.#journal?.entries(`user/${user.handle}/`) ?? []) {
      try {
        user.restore(path, value);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** The stored objects of one kind, oldest first. */
  objects(kind: 'call' | 'voicemail'): { readonly id: number; readonly stored: StoredObject }[] {
    const objects: { readonly id: number; readonly stored: StoredObject }[] = [];
    for (const [key, value] of this.#journal?.entries(`${kind}/`) ?? []) {
      const id = idOf(key);
      const stored = storedObject(value);
      if (id !== undefined && stored) objects.push({ id, stored });
      else this.#failed(notStored(`${kind}/${key}`));
    }
    return objects.sort((a, b) => a.id - b.id);
  }

  decision(handle: string, name: string): boolean | undefined {
    return this.#decisions.get(`${handle}/${name}`);
  }

  decide(handle: string, name: string, allowed: boolean): void {
    this.#decisions.set(`${handle}/${name}`, allowed);
    this.#put(`client/${handle}/${name}`, allowed);
  }

  close(): void {
    this.#try((journal) => journal.close());
  }

  #put(key: string, value: unknown): void {
    this.#try((journal) => journal.put(key, value));
  }

  #try(act: (journal: Journal) => void): void {
    if (!this.#journal) return;
    try {
      act(this.#journal);
    } catch (error) {
      this.#failed(error);
    }
  }
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
    const checked = Object.entries(properties).map(([name, text]) => [name, checkText(name, text)]);
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
