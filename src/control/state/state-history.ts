import { abortedError } from '../../errors.js';

/** States that are kept; the oldest go first, which only a reader that is this far behind can miss. */
const MAX_STATES = 1000;

interface Waiter {
  changed(): void;
  lost(error: Error): void;
}

/** The states that an object went through, for any number of readers that each go at their own pace. */
export class StateHistory<S> {
  readonly #describe: string;
  readonly #isLast: (state: S) => boolean;
  readonly #states: S[] = [];
  readonly #waiters = new Set<Waiter>();
  /** Index, counted from the first state ever, of the oldest that is kept. */
  #oldest = 0;
  #lost: Error | undefined;

  /** @param describe what has these states, for messages to people. */
  constructor(describe: string, isLast: (state: S) => boolean) {
    this.#describe = describe;
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

  /** From the oldest state, or from the newest one, to the last. @throws ERR_ABORTED; what {@link lose} was given. */
  async *read(from: 'oldest' | 'newest', signal: AbortSignal | undefined): AsyncGenerator<S, void, void> {
    const skipped = from === 'oldest' ? 0 : Math.max(0, this.#states.length - 1);
    for (let index = this.#oldest + skipped; ; index++) {
      while (this.#oldest + this.#states.length <= index) await this.#changed(signal);
      index = Math.max(index, this.#oldest);
      const state = this.#states[index - this.#oldest];
      if (state === undefined) return;
      yield state;
      if (this.#isLast(state)) return;
    }
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      if (signal?.aborted) return reject(abortedError(`a state of ${this.#describe}`, signal));
      const done = (act: () => void) => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const waiter: Waiter = {
        changed: () => done(resolve),
        lost: (error) => done(() => reject(error)),
      };
      const onAbort = () =>
        done(() => signal && reject(abortedError(`a state of ${this.#describe}`, signal)));
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
