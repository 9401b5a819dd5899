import type { DecisionStore } from '../api/authorization.js';
import type { ApiObject, ObjectRecord } from '../api-object.js';
import type { Voicemail } from '../mailbox/voicemail.js';
import type { User } from '../user.js';
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

  constructor(journal: Journal | undefined, failed: (error: unknown) => void) {
    this.#journal = journal;
    this.#failed = failed;
    for (const [key, allowed] of journal?.entries('client/') ?? [])
      this.#decisions.set(key, allowed === true);
  }

  /** The highest number that an object has had. */
  get lastId(): number {
    const ids = (prefix: string) => Array.from(this.#journal?.entries(prefix) ?? [], ([id]) => Number(id));
    return Math.max(0, Number(this.#journal?.get('last-id') ?? 0), ...ids('call/'), ...ids('voicemail/'));
  }

  saveUser(user: User): void {
    this.#put(`user/${user.handle}`, user.record());
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

  restoreUser(user: User): void {
    const record = this.#journal?.get(`user/${user.handle}`);
    if (record) user.restore(record as ReturnType<User['record']>);
  }

  /** The stored objects of one kind, oldest first. */
  objects(kind: 'call' | 'voicemail'): { readonly id: number; readonly stored: StoredObject }[] {
    const entries = Array.from(this.#journal?.entries(`${kind}/`) ?? [], ([id, stored]) => ({
      id: Number(id),
      stored: stored as StoredObject,
    }));
    return entries.sort((a, b) => a.id - b.id);
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
