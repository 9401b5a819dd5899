import { type Identity, isHandle } from '../../switch/identity.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Everyone } from './sight.js';

/** Results of one user's searches. */
interface Results {
  /** Users whom the last SEARCH USERS has found, by handle in small letters, with the alias that matched. */
  found: ReadonlyMap<string, string>;
  /** Users whom earlier searches have found, and the last has not. */
  forgotten: ReadonlySet<string>;
}

/**
 * SEARCH USERS, and what it leaves behind: an alias is seen by users who have searched for it, and the profile of a
 * stranger may be forgotten with the next SEARCH (reference, "SEARCH USERS", "USER object").
 */
export class FoundUsers {
  readonly #everyone: Everyone;
  readonly #forgets: boolean;
  readonly #results = new WeakMap<ExchangeUser, Results>();

  /** @param forgets True when each SEARCH forgets the users that the one before has found. */
  constructor(everyone: Everyone, forgets: boolean) {
    this.#everyone = everyone;
    this.#forgets = forgets;
  }

  /**
   * Lists the handles of those who match `text`: by their e-mail address, in full, where there is an `@` in it; by part
   * of handle or full name where it could be a handle; otherwise by part of the full name. A whole alias matches, too.
   */
  search(user: ExchangeUser, text: string): string[] {
    const found = new Map<string, string>();
    const handles: string[] = [];
    for (const identity of this.#everyone.identities()) {
      const alias = this.#aliasOf(identity, text);
      if (alias === undefined && !this.#matches(identity, text)) continue;
      found.set(identity.handle.toLowerCase(), alias ?? '');
      handles.push(identity.handle);
    }
    const { forgotten } = this.#resultsOf(user);
    const stillForgotten = new Set([...forgotten].filter((handle) => !found.has(handle)));
    this.#results.set(user, { found, forgotten: stillForgotten });
    // The one whose handle it is comes first.
    const isWhole = (handle: string) => Number(plain(handle) === plain(text));
    return handles.sort((a, b) => isWhole(b) - isWhole(a));
  }

  /** Any SEARCH begins: the results of the one before go. */
  begin(user: ExchangeUser): void {
    const { found, forgotten } = this.#resultsOf(user);
    const all = this.#forgets ? new Set([...forgotten, ...found.keys()]) : forgotten;
    this.#results.set(user, { found: new Map(), forgotten: all });
  }

  /** The alias by which a user has found `handle` last; empty for none. */
  aliasOf(user: ExchangeUser, handle: string): string {
    return this.#resultsOf(user).found.get(handle.toLowerCase()) ?? '';
  }

  /** True for a stranger whose profile went with a later SEARCH. */
  hasForgotten(user: ExchangeUser, handle: string): boolean {
    return (
      handle.toLowerCase() !== user.handle.toLowerCase() &&
      user.contact(handle).size === 0 &&
      this.#resultsOf(user).forgotten.has(handle.toLowerCase())
    );
  }

  #resultsOf(user: ExchangeUser): Results {
    return this.#results.get(user) ?? { found: new Map(), forgotten: new Set() };
  }

  #aliasOf({ handle }: Identity, text: string): string | undefined {
    return this.#everyone.userOf(handle)?.settings.aliases.find((alias) => plain(alias) === plain(text));
  }

  #matches({ handle, fullName }: Identity, text: string): boolean {
    if (text.includes('@')) return plain(this.#everyone.userOf(handle)?.settings.email ?? '') === plain(text);
    const fields = isHandle(text) ? [handle, fullName] : [fullName];
    return fields.some((field) => plain(field).includes(plain(text)));
  }
}

/** Text in the letters in which it is compared. */
function plain(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
