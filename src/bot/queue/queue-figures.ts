import type { QueueEnd } from './queue-ticket.js';

/** Counters of a queue since it was begun; they are kept over a restart. */
export interface QueueCounts {
  entered: number;
  handled: number;
  /** Of `handled`: within the service level. */
  handledInTime: number;
  /** The caller hung up while waiting. */
  abandoned: number;
  /** The wait was over: by time, by the queue's closing, by a key, by the program. */
  overflowed: number;
  /** Was called back in vain, as often as it may be. */
  unreached: number;
  /** Was lost by a restart, and did not call again in time. */
  expired: number;
  /** Turned away at the door: the queue was full, or closed. Not among `entered`. */
  refused: number;
  /** Milliseconds that the handled have waited, together. */
  waitedMs: number;
}

/** A queue in figures. `entered` is the sum of `waiting`, `handled`, `abandoned`, `overflowed`, `unreached`, `expired`. */
export interface QueueFigures extends Readonly<Omit<QueueCounts, 'waitedMs'>> {
  /** Callers without an agent, those to be called back included. */
  readonly waiting: number;
  /** Of `waiting`: to be called back. */
  readonly callBacks: number;
  /** Longest that one of the waiting has waited so far, in milliseconds. */
  readonly longestMs: number;
  /** Callers who talk to an agent. */
  readonly talking: number;
  readonly agents: number;
  /** Agents who could take a caller now. */
  readonly free: number;
  /** Mean wait of the handled, in milliseconds; 0 before the first. */
  readonly averageWaitMs: number;
  /** Share of the finished callers that was handled in time, 0 to 1; 1 before the first. */
  readonly serviceLevel: number;
}

/** Talks from which the wait is estimated. */
const MEASURED = 50;

export function newCounts(): QueueCounts {
  return {
    ...{ entered: 0, handled: 0, handledInTime: 0, abandoned: 0, overflowed: 0 },
    ...{ unreached: 0, expired: 0, refused: 0, waitedMs: 0 },
  };
}

const COUNTED_AS: Readonly<Record<Exclude<QueueEnd, 'handled'>, keyof QueueCounts>> = {
  ...{ abandoned: 'abandoned', unreached: 'unreached', expired: 'expired' },
  ...{ time: 'overflowed', closed: 'overflowed', key: 'overflowed', withdrawn: 'overflowed' },
};

/** Counts a caller who has left without an agent. */
export function countEnd(counts: QueueCounts, why: Exclude<QueueEnd, 'handled'>): void {
  counts[COUNTED_AS[why]]++;
}

/** Share of the finished callers that was handled in time. */
export function serviceLevelOf(counts: QueueCounts): number {
  const { handled, handledInTime, abandoned, overflowed, unreached, expired } = counts;
  const through = handled + abandoned + overflowed + unreached + expired;
  return through === 0 ? 1 : handledInTime / through;
}

/** Measures how long a caller keeps an agent, from the first ring to the moment at which it could take the next. */
export class TalkTimes {
  readonly #recent: number[];

  constructor(recent: readonly number[] = []) {
    this.#recent = recent.slice(-MEASURED);
  }

  /** The measured, oldest first, in milliseconds. */
  get recent(): readonly number[] {
    return this.#recent;
  }

  add(ms: number): void {
    this.#recent.push(ms);
    if (this.#recent.length > MEASURED) this.#recent.shift();
  }

  /**
   * The wait of the caller at `position` (1 is next), in milliseconds: so many talks, shared by so many agents.
   * Undefined before the first talk, and without agents.
   */
  estimate(position: number, agents: number): number | undefined {
    if (this.#recent.length === 0 || agents === 0) return undefined;
    const mean = this.#recent.reduce((sum, ms) => sum + ms, 0) / this.#recent.length;
    return (mean * position) / agents;
  }
}
