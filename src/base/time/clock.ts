import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  having,
  type Rules,
  unixMs,
  within,
} from '../check.js';
import { waitFor } from '../wait.js';

/** Cancels a timer; does nothing when it has fired. */
export type CancelTimer = () => void;

/**
 * Source of time. Code that must be reproducible (the exchange, bots, pacing) takes a clock instead of calling
 * `Date.now()` or `setTimeout`.
 */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction. The origin is the clock's own. */
  now(): number;
  /** Wall-clock time of {@link now}, in milliseconds since the Unix epoch. */
  unixMs(): number;
  /**
   * Calls `task` when `now()` has reached `at`, however far away that is; `Infinity` is never. A virtual clock waits
   * for the promise that the task returns before time goes on; a real clock cannot.
   *
   * @throws ERR_INVALID_ARG when `at` is not a number.
   */
  timerAt(at: number, task: () => void | Promise<void>): CancelTimer;
}

/** The machine's clock. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  unixMs: () => Date.now(),
  timerAt(at: number, task: () => void | Promise<void>): CancelTimer {
    checkTimer(at, task);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const waitMs = Math.max(0, at - performance.now());
      timer = waitMs > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(task, waitMs);
    };
    arm();
    return () => clearTimeout(timer);
  },
});

/** Longest wait of a timer of Node, in ms (24.8 days). A timer that is set to more fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Accepts a {@link Clock}. */
export const CLOCK = having('now', 'unixMs', 'timerAt');
const TIME = within(-Infinity, Infinity, 'ms');
const WAIT = within(0, Infinity, 'ms');
const SIGNAL_RULES: Rules<{ signal?: AbortSignal }> = { signal: abortSignal };
const RUN_RULES: Rules<{ signal?: AbortSignal; until?: number }> = { signal: abortSignal, until: TIME };

/** @throws ERR_INVALID_ARG. */
function checkTimer(at: number, task: () => void): void {
  checkArgument('at', at, TIME);
  checkArgument('task', task, callback);
}

/**
 * Resolves after `ms` on `clock`: zero or more, `Infinity` for never.
 *
 * @throws ERR_ABORTED when `signal` fires first.
 * @throws ERR_INVALID_ARG when `ms` is not a number.
 */
export async function sleep(clock: Clock, ms: number, options: { signal?: AbortSignal } = {}): Promise<void> {
  checkArgument('clock', clock, CLOCK);
  checkArgument('ms', ms, WAIT);
  checkOptions(options, SIGNAL_RULES);
  await waitFor<void>({
    what: `${ms} ms to pass`,
    signal: options.signal,
    begin: (resolve) => clock.timerAt(clock.now() + ms, () => resolve()),
  });
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void | Promise<void>;
}

/**
 * A clock that stands still until it is driven. Timers fire in order of their time. Between two of them the clock waits
 * for the promise that the task returned, and lets pending I/O callbacks run. So an hour of calls takes only as long as
 * its work.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #epochMs: number;
  readonly #timers: Timer[] = [];

  /** @param epochMs Unix time of the clock's zero, in milliseconds. Default 0. */
  constructor(epochMs = 0) {
    checkArgument('epochMs', epochMs, unixMs);
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#now;
  }

  unixMs(): number {
    return this.#epochMs + this.#now;
  }

  timerAt(at: number, task: () => void | Promise<void>): CancelTimer {
    checkTimer(at, task);
    const timer: Timer = { at: Math.max(at, this.#now), order: this.#order++, task };
    let index = this.#timers.length;
    while (index > 0 && before(timer, this.#timers[index - 1])) index--;
    this.#timers.splice(index, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  }

  /** Advances by `ms`, firing every timer that falls due on the way. */
  async advance(ms: number): Promise<void> {
    checkArgument('ms', ms, WAIT);
    const end = this.#now + ms;
    for (let timer = this.#timers[0]; timer && timer.at <= end; timer = this.#timers[0]) await this.#fire();
    this.#now = end;
  }

  /**
   * Advances from timer to timer, as fast as their work allows. Ends when `signal` fires, or when no timer is left that
   * falls due before the time `until` of this clock. Default of `until`: no limit.
   */
  async run(options: { signal?: AbortSignal; until?: number } = {}): Promise<void> {
    checkOptions(options, RUN_RULES);
    const { signal, until = Infinity } = options;
    while ((this.#timers[0]?.at ?? Infinity) < until && !signal?.aborted) await this.#fire();
  }

  async #fire(): Promise<void> {
    const timer = this.#timers.shift();
    if (!timer) return;
    this.#now = timer.at;
    await timer.task();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function before(a: Timer, b: Timer | undefined): boolean {
  return b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order));
}
