import type { Clock } from '../../base/clock.js';
import { abortedError, invalidArgument, JackfieldError } from '../../base/errors.js';

/** Limits on following the states of an object. */
export interface StateWaitOptions {
  /** In milliseconds, from the beginning of the wait to its end. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws ERR_INVALID_ARG for a time limit that is none. */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && !(timeoutMs >= 0))
    throw invalidArgument('timeoutMs', '0 ms or more', timeoutMs);
}

/** States that are kept; the oldest go first, which only a reader that is this far behind can miss. */
const MAX_STATES = 1000;

interface Waiter {
  changed(): void;
  lost(error: Error): void;
}

/** When a wait ends though nothing came, and with which error. */
interface Limit {
  readonly signal: AbortSignal | undefined;
  /** On the clock. */
  readonly endsAt: number | undefined;
  aborted(signal: AbortSignal): Error;
  timedOut(): Error;
}

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

  /** Whether the last state was reached, or nothing will be heard any more. */
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
    options: StateWaitOptions = {},
    awaited = 'one more state',
  ): AsyncGenerator<S, void, void> {
    checkTimeout(options.timeoutMs);
    return this.#read(from, this.#limit(options, awaited));
  }

  async *#read(from: 'oldest' | 'newest', limit: Limit): AsyncGenerator<S, void, void> {
    const skipped = from === 'oldest' ? 0 : Math.max(0, this.#states.length - 1);
    for (let index = this.#oldest + skipped; ; index++) {
      while (this.#oldest + this.#states.length <= index) await this.#changed(limit);
      index = Math.max(index, this.#oldest);
      const state = this.#states[index - this.#oldest];
      if (state === undefined) return;
      yield state;
      if (this.#isLast(state)) return;
    }
  }

  #limit({ timeoutMs, signal }: StateWaitOptions, awaited: string): Limit {
    const what = `${awaited} of ${this.#describe}`;
    return {
      signal,
      aborted: (fired) => abortedError(what, fired),
      endsAt: timeoutMs === undefined ? undefined : this.#clock.now() + timeoutMs,
      timedOut: () => new JackfieldError('ERR_TIMEOUT', `Waited ${timeoutMs} ms for ${what} in vain.`),
    };
  }

  #changed({ signal, aborted, endsAt, timedOut }: Limit): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      if (signal?.aborted) return reject(aborted(signal));
      const done = (act: () => void) => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
        cancelTimer?.();
        act();
      };
      const waiter: Waiter = {
        changed: () => done(resolve),
        lost: (error) => done(() => reject(error)),
      };
      const onAbort = () => done(() => signal && reject(aborted(signal)));
      const onTime = () => done(() => reject(timedOut()));
      const cancelTimer = endsAt === undefined ? undefined : this.#clock.timerAt(endsAt, onTime);
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
