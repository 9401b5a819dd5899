import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, deadlineIn, type Wait, type WaitOptions, waitFor } from '../../base/wait.js';

/** Largest number of states that are kept. The oldest are dropped; only a reader that is so far behind misses them. */
const MAX_STATES = 1000;

interface Waiter {
  changed(): void;
  lost(error: Error): void;
}

/** Limits that hold for all waits of one reader. */
type Limits = Omit<Wait<void>, 'begin'>;

/** The states of an object in time, for any number of readers. Each reads at its own pace. */
export class StateHistory<S> {
  readonly #describe: string;
  readonly #clock: Clock;
  readonly #isLast: (state: S) => boolean;
  readonly #states: S[] = [];
  readonly #waiters = new Set<Waiter>();
  /** Index of the oldest state that is kept, counted from the first state ever. */
  #oldest = 0;
  #lost: Error | undefined;

  /** @param describe Name of the object, for messages. */
  constructor(describe: string, clock: Clock, isLast: (state: S) => boolean) {
    this.#describe = describe;
    this.#clock = clock;
    this.#isLast = isLast;
  }

  get newest(): S | undefined {
    return this.#states.at(-1);
  }

  get all(): readonly S[] {
    return [...this.#states];
  }

  /** True after the last state, or when no more news can come. */
  get over(): boolean {
    return this.#lost !== undefined || (this.newest !== undefined && this.#isLast(this.newest));
  }

  push(state: S): void {
    this.#states.push(state);
    if (this.#states.length > MAX_STATES) {
      this.#states.shift();
      this.#oldest++;
    }
    for (const waiter of [...this.#waiters]) waiter.changed();
  }

  /** Ends the history early: no more news will come. */
  lose(error: Error): void {
    if (this.over) return;
    this.#lost = error;
    for (const waiter of [...this.#waiters]) waiter.lost(error);
  }

  /**
   * Reads from the oldest state, or from the newest one, to the last.
   *
   * @param awaited Text for messages: the object of the wait. Default: one more state.
   * @throws ERR_INVALID_ARG, ERR_TIMEOUT, ERR_ABORTED; the error of {@link lose}.
   */
  read(
    from: 'oldest' | 'newest',
    options: WaitOptions = {},
    awaited = 'one more state',
  ): AsyncGenerator<S, void, void> {
    checkWait(options);
    return this.#read(from, this.#limits(options, awaited));
  }

  async *#read(from: 'oldest' | 'newest', limits: Limits): AsyncGenerator<S, void, void> {
    const skipped = from === 'oldest' ? 0 : Math.max(0, this.#states.length - 1);
    for (let index = this.#oldest + skipped; ; index++) {
      while (this.#oldest + this.#states.length <= index) await this.#changed(limits);
      index = Math.max(index, this.#oldest);
      const state = this.#states[index - this.#oldest];
      if (state === undefined) return;
      yield state;
      if (this.#isLast(state)) return;
    }
  }

  #limits({ timeoutMs, signal }: WaitOptions, awaited: string): Limits {
    const what = `${awaited} of ${this.#describe}`;
    const deadline = deadlineIn(this.#clock, timeoutMs, () => {
      throw new JackfieldError('ERR_TIMEOUT', `${what} did not happen within ${timeoutMs} ms.`);
    });
    return { what, signal, deadline };
  }

  #changed(limits: Limits): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost);
    return waitFor({
      ...limits,
      begin: (resolve, reject) => {
        const waiter: Waiter = { changed: resolve, lost: reject };
        this.#waiters.add(waiter);
        return () => this.#waiters.delete(waiter);
      },
    });
  }
}
