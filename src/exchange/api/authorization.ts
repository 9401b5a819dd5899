import type { ExchangeUser } from '../exchange-user.js';
import { type ExchangeLimits, limitReached } from '../limits.js';
import { Refusal } from './refusal.js';

/** A client that asks to attach. */
export interface AttachRequest {
  /** Name that the client gave itself; empty before it has given one. */
  readonly name: string;
  /** Handle of the user whose endpoint the client attaches to. */
  readonly handle: string;
}

/**
 * Decides which clients may attach: all, none, or those that a function allows. The function may take time, as a person
 * would. Its answer is remembered by name; `undefined` means "not now" and is not remembered.
 */
export type AttachPolicy =
  | 'allow'
  | 'deny'
  | ((request: AttachRequest) => AttachDecision | Promise<AttachDecision>);

export type AttachDecision = boolean | undefined;

/** Keeps decisions about clients across restarts. */
export interface DecisionStore {
  /** Gives the number of names with a stored decision for a user. */
  decided(handle: string): number;
  decision(handle: string, name: string): boolean | undefined;
  decide(handle: string, name: string, allowed: boolean): void;
}

/** Asks the policy whether a client may attach, once for each name. */
export class Authorization {
  readonly #policy: AttachPolicy;
  readonly #store: DecisionStore;
  readonly #limits: ExchangeLimits;
  /** Pending decisions, by handle, then name. Further clients of the same name wait for the same answer. */
  readonly #asked = new Map<string, Map<string, Promise<boolean>>>();

  constructor(policy: AttachPolicy, store: DecisionStore, limits: ExchangeLimits) {
    this.#policy = policy;
    this.#limits = limits;
    this.#store = store;
  }

  /** True when clients may use all commands before they have sent NAME. */
  get open(): boolean {
    return this.#policy === 'allow';
  }

  allows(user: ExchangeUser, name: string): boolean | Promise<boolean> {
    const policy = this.#policy;
    if (typeof policy !== 'function') return policy === 'allow';
    const known = this.#store.decision(user.handle, name);
    if (known !== undefined) return known;
    const waiting = this.#waitingOf(user.handle);
    const asked = waiting.get(name);
    if (asked) return asked;
    if (waiting.size >= this.#limits.namesAsked) {
      throw new Refusal('access-denied', `${limitReached(this.#limits, 'namesAsked')}`);
    }
    const decided = policy({ name, handle: user.handle });
    const remember = (allowed: AttachDecision) => {
      const isKept = allowed !== undefined && this.#store.decided(user.handle) < this.#limits.namesKept;
      if (isKept) this.#store.decide(user.handle, name, allowed);
      return allowed ?? false;
    };
    if (!(decided instanceof Promise)) return remember(decided);
    const answer = decided.then(remember).finally(() => waiting.delete(name));
    waiting.set(name, answer);
    return answer;
  }

  #waitingOf(handle: string): Map<string, Promise<boolean>> {
    const waiting = this.#asked.get(handle) ?? new Map<string, Promise<boolean>>();
    this.#asked.set(handle, waiting);
    return waiting;
  }
}
