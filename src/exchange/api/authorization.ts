import type { ExchangeUser } from '../exchange-user.js';

/** A client that asks to attach. */
export interface AttachRequest {
  /** The client's name for itself; empty when it has not said. */
  readonly name: string;
  /** Handle of the user to whose endpoint it attaches. */
  readonly handle: string;
}

/**
 * Decides who may attach: everyone, nobody, or by a function, which may take its time as a user would. Its answer is
 * remembered by name; `undefined` means "not now" and is not remembered.
 */
export type AttachPolicy =
  | 'allow'
  | 'deny'
  | ((request: AttachRequest) => AttachDecision | Promise<AttachDecision>);

export type AttachDecision = boolean | undefined;

/** Keeps what was decided about clients, over restarts. */
export interface DecisionStore {
  decision(handle: string, name: string): boolean | undefined;
  decide(handle: string, name: string, allowed: boolean): void;
}

/** Asks the policy whether a client may attach, once for each name. */
export class Authorization {
  readonly #policy: AttachPolicy;
  readonly #store: DecisionStore;
  /** Decisions that are still awaited, by handle and name: clients that ask meanwhile wait for the same answer. */
  readonly #asked = new Map<string, Promise<boolean>>();

  constructor(policy: AttachPolicy, store: DecisionStore) {
    this.#policy = policy;
    this.#store = store;
  }

  /** True when clients can do anything before they have said their name. */
  get open(): boolean {
    return this.#policy === 'allow';
  }

  allows(user: ExchangeUser, name: string): boolean | Promise<boolean> {
    const policy = this.#policy;
    if (typeof policy !== 'function') return policy === 'allow';
    const known = this.#store.decision(user.handle, name);
    if (known !== undefined) return known;
    const key = JSON.stringify([user.handle, name]);
    const asked = this.#asked.get(key);
    if (asked) return asked;
    const decided = policy({ name, handle: user.handle });
    const remember = (allowed: AttachDecision) => {
      if (allowed !== undefined) this.#store.decide(user.handle, name, allowed);
      return allowed ?? false;
    };
    if (!(decided instanceof Promise)) return remember(decided);
    const answer = decided.then(remember).finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    return answer;
  }
}
