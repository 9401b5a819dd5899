import { signal as abortSignal, checkArgument, checkOptions, type Rules, within } from './check.js';
import { abortedError } from './errors.js';

/** Limits of one wait. */
export interface WaitOptions {
  /** In milliseconds, from the beginning of the wait to its end. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TIME = within(0, Infinity, 'ms');
/** The rules of {@link WaitOptions}. */
export const WAIT_RULES: Rules<WaitOptions> = { timeoutMs: TIME, signal: abortSignal };

/** Checks the limits of a wait. @throws ERR_INVALID_ARG, naming the limit. */
export function checkWait(options: WaitOptions | undefined): void {
  if (options !== undefined) checkOptions(options, WAIT_RULES);
}

/** @throws ERR_INVALID_ARG when the time limit is not a number, or less than 0. */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined) checkArgument('timeoutMs', timeoutMs, TIME);
}

/** The part of a clock that a wait needs. */
export interface Timers {
  now(): number;
  timerAt(at: number, task: () => void): () => void;
}

/** Time limit of a wait. */
export interface Deadline<T> {
  readonly clock: Timers;
  /** Time on the clock. */
  readonly at: number;
  /** Returns the result of the wait after the deadline, or throws its error. */
  readonly passed: () => T;
}

/** The deadline that is `timeoutMs` away; none without a time limit. @throws ERR_INVALID_ARG */
export function deadlineIn<T>(
  clock: Timers,
  timeoutMs: number | undefined,
  passed: () => T,
): Deadline<T> | undefined {
  checkTimeout(timeoutMs);
  return timeoutMs === undefined ? undefined : { clock, at: clock.now() + timeoutMs, passed };
}

/** One wait: its purpose, what can end it, and what it listens to. */
export interface Wait<T> {
  /** Completes the sentence "The wait for ... was cancelled." */
  readonly what: string;
  /** Ends the wait with ERR_ABORTED. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the wait with the reason of this signal. */
  readonly ended?: AbortSignal | undefined;
  readonly deadline?: Deadline<T> | undefined;
  /**
   * Begins to listen. Called once, at once, unless a signal has already fired; it may settle the wait before it
   * returns. The returned function stops the listening: it is called once, however the wait ends.
   */
  readonly begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined;
}

/**
 * Waits until `begin` settles, a signal fires or the deadline passes. It then removes all its listeners and timers.
 *
 * @throws the reason of `ended`; ERR_ABORTED when `signal` fires; what the deadline throws; what `begin` rejects with.
 */
export function waitFor<T>({ what, signal, ended, deadline, begin }: Wait<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (ended?.aborted) return reject(ended.reason);
    if (signal?.aborted) return reject(abortedError(what, signal));
    const undo: (() => void)[] = [];
    let settled = false;
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      for (const each of undo) each();
      act();
    };
    if (deadline) {
      const { clock, at, passed } = deadline;
      const expire = () => {
        try {
          resolve(passed());
        } catch (error) {
          reject(error);
        }
      };
      undo.push(clock.timerAt(at, () => settle(expire)));
    }
    if (ended) undo.push(whenFired(ended, () => settle(() => reject(ended.reason))));
    if (signal) undo.push(whenFired(signal, () => settle(() => reject(abortedError(what, signal)))));
    const fail = (error: unknown) => settle(() => reject(error));
    try {
      const stop = begin((value) => settle(() => resolve(value)), fail);
      if (!stop) return;
      if (settled) stop();
      else undo.push(stop);
    } catch (error) {
      fail(error);
    }
  });
}

/** Calls `task` when the signal fires, or at once when it has fired. Returns a function that cancels it. */
export function whenFired(signal: AbortSignal, task: () => void): () => void {
  if (signal.aborted) {
    task();
    return () => undefined;
  }
  const watched = WATCHED.get(signal) ?? watch(signal);
  const call = () => task();
  watched.tasks.add(call);
  return () => {
    if (watched.tasks.delete(call) && watched.tasks.size === 0) watched.stop();
  };
}

/** Tasks that wait for a signal, and the end of listening to it. */
interface Watched {
  readonly tasks: Set<() => void>;
  stop(): void;
}

/**
 * One listener for each signal, since Node warns of a leak when a signal has more than ten, and there may be many
 * waits.
 */
const WATCHED = new WeakMap<AbortSignal, Watched>();

function watch(signal: AbortSignal): Watched {
  const tasks = new Set<() => void>();
  const listener = () => {
    WATCHED.delete(signal);
    for (const task of tasks) {
      try {
        task();
      } catch (error) {
        // As with a listener of its own: an error of one task does not keep the others from being called.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };
  const stop = () => {
    WATCHED.delete(signal);
    signal.removeEventListener('abort', listener);
  };
  const watched = { tasks, stop };
  signal.addEventListener('abort', listener, { once: true });
  WATCHED.set(signal, watched);
  return watched;
}

/** Resolves when the signal fires, at once when it has fired. */
export function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => whenFired(signal, resolve));
}

/** A signal that fires when the time is up, when the caller's own signal does, or at {@link end}. */
export class TimeLimit implements Disposable {
  readonly #over = new AbortController();
  readonly #undo: (() => void)[] = [];
  #passed = false;

  /**
   * @param error Makes the reason of the signal when the time is up. Default: that of AbortController.
   * @throws ERR_INVALID_ARG
   */
  constructor(clock: Timers, { timeoutMs, signal }: WaitOptions, error?: () => Error) {
    checkTimeout(timeoutMs);
    const pass = () => {
      this.#passed = !this.#over.signal.aborted;
      this.#over.abort(error?.());
    };
    if (timeoutMs !== undefined) this.#undo.push(clock.timerAt(clock.now() + timeoutMs, pass));
    if (signal) this.#undo.push(whenFired(signal, () => this.#over.abort(signal.reason)));
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** True when the signal fired because the time was up. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Fires the signal. */
  end(): void {
    this.#over.abort();
  }

  /** Stops the timer and stops listening to the caller's signal. The signal then fires only at {@link end}. */
  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }
}
