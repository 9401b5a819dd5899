import { JackfieldError } from '../../base/errors.js';
import type { DeskAgent } from './queue-agents.js';

/** Reason why a caller is no longer in the queue. */
export type QueueEnd =
  | 'handled'
  | 'abandoned'
  | 'time'
  | 'closed'
  | 'key'
  | 'withdrawn'
  | 'unreached'
  | 'expired';

/**
 * A caller's state in a queue.
 *
 * ```text
 *            +-> asked -> away <-+      lost (of an earlier run)
 * waiting ---+            |      |        |
 *    ^       +-> offered <+------+     waiting, away, gone
 *    +--------------'   `-> talking -> gone
 * ```
 *
 * `asked`: the caller is asked for a number, and is not offered to agents meanwhile. `away`: the caller is to be called
 * back. `lost`: the process that had the call has ended; the place is kept for the caller's next call.
 */
export type TicketState =
  | { readonly at: 'waiting' | 'asked' }
  | { readonly at: 'away'; readonly notBefore: number }
  | { readonly at: 'lost'; readonly until: number }
  | { readonly at: 'offered' | 'talking'; readonly agent: DeskAgent }
  | { readonly at: 'gone'; readonly why: QueueEnd };

const MOVES: Readonly<Record<TicketState['at'], readonly TicketState['at'][]>> = {
  waiting: ['offered', 'asked', 'gone'],
  asked: ['away', 'waiting', 'gone'],
  away: ['away', 'offered', 'waiting', 'gone'],
  lost: ['waiting', 'away', 'gone'],
  offered: ['talking', 'waiting', 'asked', 'away', 'gone'],
  talking: ['gone'],
  gone: [],
};

/** Facts of a place that are kept over a restart. Times are in milliseconds since the Unix epoch. */
export interface TicketFacts {
  readonly id: number;
  /** Handle of the caller. */
  readonly partner: string;
  /** Handle or number to call back. */
  readonly target: string;
  readonly priority: number;
  readonly skills: readonly string[];
  readonly enteredAtMs: number;
  /** Call-backs so far. */
  readonly attempts: number;
}

/** One caller's place in a queue. */
export class Ticket {
  readonly id: number;
  readonly partner: string;
  readonly priority: number;
  readonly skills: readonly string[];
  /** On the clock of the queue. */
  readonly enteredAt: number;
  target: string;
  attempts: number;
  #state: TicketState;

  constructor(facts: Omit<TicketFacts, 'enteredAtMs'>, enteredAt: number, state: TicketState) {
    this.id = facts.id;
    this.partner = facts.partner;
    this.target = facts.target;
    this.priority = facts.priority;
    this.skills = facts.skills;
    this.attempts = facts.attempts;
    this.enteredAt = enteredAt;
    this.#state = state;
  }

  get state(): TicketState {
    return this.#state;
  }

  /** True while the caller waits, on the line or away. */
  get waits(): boolean {
    return this.#state.at !== 'talking' && this.#state.at !== 'gone';
  }

  /** Moves to another state. @throws ERR_INVALID_STATE for a move that is not allowed. */
  move(to: TicketState): void {
    if (!MOVES[this.#state.at].includes(to.at)) {
      const text = `A caller who is ${this.#state.at} in a queue cannot become ${to.at}.`;
      throw new JackfieldError('ERR_INVALID_STATE', text);
    }
    this.#state = to;
  }
}

/** True when `a` comes before `b`: the higher priority first, then the earlier caller. */
export function comesBefore(a: Ticket, b: Ticket): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.enteredAt !== b.enteredAt) return a.enteredAt < b.enteredAt;
  return a.id < b.id;
}
