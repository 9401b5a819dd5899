import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, deadlineIn, type Wait, type WaitOptions, waitFor } from '../../base/wait.js';

/** States that are kept; the oldest go first, which only a reader that is this far behind can miss. */
const MAX_STATES = 1000;

interface Waiter {
  changed(): void;
  lost(error: Error): void;
}

/** The limits of all waits of one reader. */
type Limits = Omit<Wait<void>, 'begin'>;

/** The states that an object went through, for any number of readers that each go at their own pace. */
export class StateHistory<S> {
  readonly #describe: string;
  readonly #clock: Clock;
  readonly #isLast: (state: S) => boolean;
  readonly #states: S[] = [];
  readonly #waiters = new Set<Waiter>();
  /** Index, counted from the first state ever, of the oldest that is kept. */
  #oldest = 0;
  #lost: Error | undefined;

  /** @param describe what has these states, for messages to people. */
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

  /** True when the last state was reached, or when nothing more can be heard. */
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

  /** Nothing will be heard any more. */
  lose(error: Error): void {
    if (this.over) return;
    this.#lost = error;
    for (const waiter of [...this.#waiters]) waiter.lost(error);
  }

  /**
   * From the oldest state, or from the newest one, to the last.
   *
   * @param awaited for messages to people: what is waited for. Default: one more state.
   * @throws ERR_INVALID_ARG, ERR_TIMEOUT, ERR_ABORTED; what {@link lose} was given.
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
      throw new JackfieldError('ERR_TIMEOUT', `Waited ${timeoutMs} ms for ${what} in vain.`);
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
