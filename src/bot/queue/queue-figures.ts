import type { QueueEnd } from './queue-ticket.js';

/** Counters of a queue since it was first opened. They are kept over a restart. */
export interface QueueCounts {
  entered: number;
  handled: number;
  /** Callers in `handled` whose wait was within the service level. */
  handledInTime: number;
  /** Callers that hung up while waiting. */
  abandoned: number;
  /** Callers whose wait ended by time, by the closing of the queue, by a key, or by the program. */
  overflowed: number;
  /** Callers that were called back without success, in all allowed attempts. */
  unreached: number;
  /** Callers that a restart cut off and that did not call again in time. */
  expired: number;
  /** Callers that were turned away because the queue was full or closed. Not included in `entered`. */
  refused: number;
  /** Total wait of the handled callers, in milliseconds. */
  waitedMs: number;
}

/**
 * Figures of a queue. `entered` is the sum of `waiting`, `handled`, `abandoned`, `overflowed`, `unreached`, `expired`.
 */
export interface QueueFigures extends Readonly<Omit<QueueCounts, 'waitedMs'>> {
  /** Callers without an agent, including those to be called back. */
  readonly waiting: number;
  /** Callers in `waiting` that are to be called back. */
  readonly callBacks: number;
  /** Longest wait of the waiting callers so far, in milliseconds. */
  readonly longestMs: number;
  /** Callers that talk to an agent. */
  readonly talking: number;
  readonly agents: number;
  /** Agents that could take a caller now. */
  readonly free: number;
  /** Mean wait of the handled callers, in milliseconds; 0 before the first. */
  readonly averageWaitMs: number;
  /** Ratio of the finished callers that were handled in time, 0 to 1; 1 before the first. */
  readonly serviceLevel: number;
}

/** Most talks from which the wait is estimated. */
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

/** Counts a caller that has left without an agent. */
export function countEnd(counts: QueueCounts, why: Exclude<QueueEnd, 'handled'>): void {
  counts[COUNTED_AS[why]]++;
}

/** Returns the ratio of the finished callers that were handled in time. */
export function serviceLevelOf(counts: QueueCounts): number {
  const { handled, handledInTime, abandoned, overflowed, unreached, expired } = counts;
  const through = handled + abandoned + overflowed + unreached + expired;
  return through === 0 ? 1 : handledInTime / through;
}

/** Measures the time that a caller occupies an agent, from the offer until the agent can take the next caller. */
export class TalkTimes {
  readonly #recent: number[];

  constructor(recent: readonly number[] = []) {
    this.#recent = recent.slice(-MEASURED);
  }

  /** Measured times, oldest first, in milliseconds. */
  get recent(): readonly number[] {
    return this.#recent;
  }

  add(ms: number): void {
    this.#recent.push(ms);
    if (this.#recent.length > MEASURED) this.#recent.shift();
  }

  /**
   * Estimates the wait of the caller at `position` (1 is next), in milliseconds: mean time, multiplied by position,
   * divided by agents. Undefined before the first talk, and without agents.
   */
  estimate(position: number, agents: number): number | undefined {
    if (this.#recent.length === 0 || agents === 0) return undefined;
    const mean = this.#recent.reduce((sum, ms) => sum + ms, 0) / this.#recent.length;
    return (mean * position) / agents;
  }
}
