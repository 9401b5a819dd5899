import { type Identity, isHandle } from '../../switch/identity.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Everyone } from './sight.js';

/** Results of one user's searches. */
interface Results {
  /** Users found by the last SEARCH USERS, by handle in lower case, with the alias that matched. */
  found: ReadonlyMap<string, string>;
  /** Users found by earlier searches but not by the last. */
  forgotten: ReadonlySet<string>;
}

/**
 * Carries out SEARCH USERS and remembers its results. Only users who have searched for an alias see it. The profile of
 * a stranger may be forgotten at the next SEARCH (reference, "SEARCH USERS", "USER object").
 */
export class FoundUsers {
  readonly #everyone: Everyone;
  readonly #forgets: boolean;
  readonly #results = new WeakMap<ExchangeUser, Results>();

  /** @param forgets True when each SEARCH forgets the users found by the previous one. */
  constructor(everyone: Everyone, forgets: boolean) {
    this.#everyone = everyone;
    this.#forgets = forgets;
  }

  /**
   * Lists the handles of users who match `text`. A text with an `@` matches the whole e-mail address. A text that could
   * be a handle matches part of a handle or full name. Any other text matches part of a full name. A whole alias also
   * matches.
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
    // An exact handle comes first.
    const isWhole = (handle: string) => Number(plain(handle) === plain(text));
    return handles.sort((a, b) => isWhole(b) - isWhole(a));
  }

  /** Begins a SEARCH of any kind: the results of the previous one are forgotten. */
  begin(user: ExchangeUser): void {
    const { found, forgotten } = this.#resultsOf(user);
    const all = this.#forgets ? new Set([...forgotten, ...found.keys()]) : forgotten;
    this.#results.set(user, { found: new Map(), forgotten: all });
  }

  /** The alias by which the user last found `handle`; empty for none. */
  aliasOf(user: ExchangeUser, handle: string): string {
    return this.#resultsOf(user).found.get(handle.toLowerCase()) ?? '';
  }

  /** True for a stranger whose profile was forgotten at a later SEARCH. */
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

/** Normalises a text for comparison. */
function plain(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
