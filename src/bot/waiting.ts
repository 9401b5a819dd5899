import { signal as abortSignal, checkArgument, type Rules, rule, within } from '../base/check.js';
import type { Clock } from '../base/clock.js';
import { abortedError } from '../base/errors.js';

/** Limits on one wait. */
export interface WaitOptions {
  /** In milliseconds on the call's clock. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TIME = within(0, Infinity, 'ms');
/** The rules of {@link WaitOptions}. */
export const WAIT_RULES: Rules<WaitOptions> = { timeoutMs: TIME, signal: abortSignal };

/** Keys of a phone, any number. */
export const KEYS = rule(
  'of 0-9, A-D, * and #',
  (value) => typeof value === 'string' && /^[0-9A-D*#]*$/.test(value),
);

/** What a wait is for, and what it hears of while it lasts. */
export interface WaitFor<T> {
  /** For the error of a wait that is cancelled. */
  readonly what: string;
  /** Ends the wait of its own accord; called at once. Returns what undoes it. */
  readonly begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void;
}

/**
 * One wait with its time limit and its signals: resolves to what `begin` found, or to undefined when time was up.
 *
 * @throws the reason of `ended` when that fires; ERR_ABORTED when `signal` does.
 */
export function waitFor<T>(
  clock: Clock,
  ended: AbortSignal | undefined,
  wait: WaitFor<T>,
  options?: Pick<WaitOptions, 'signal'>,
): Promise<T>;
export function waitFor<T>(
  clock: Clock,
  ended: AbortSignal | undefined,
  wait: WaitFor<T>,
  options: WaitOptions,
): Promise<T | undefined>;
export function waitFor<T>(
  clock: Clock,
  ended: AbortSignal | undefined,
  wait: WaitFor<T>,
  { timeoutMs, signal }: WaitOptions = {},
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    checkTimeout(timeoutMs);
    if (ended?.aborted) return reject(ended.reason);
    if (signal?.aborted) return reject(abortedError(wait.what, signal));
    let undo: (() => void) | undefined;
    let settled = false;
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      undo?.();
      cancelTimer?.();
      ended?.removeEventListener('abort', onEnded);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onEnded = () => settle(() => reject(ended?.reason));
    const onAbort = () => settle(() => signal && reject(abortedError(wait.what, signal)));
    const cancelTimer =
      timeoutMs === undefined
        ? undefined
        : clock.timerAt(clock.now() + timeoutMs, () => settle(() => resolve(undefined)));
    ended?.addEventListener('abort', onEnded, { once: true });
    signal?.addEventListener('abort', onAbort, { once: true });
    undo = wait.begin(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
    if (settled) undo();
  });
}

/** @throws ERR_INVALID_ARG for a time limit that is none. */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined) checkArgument('timeoutMs', timeoutMs, TIME);
}

/** A signal that fires when the limit is reached, the time or the caller's own signal; disposed of, it never does. */
export class Limit implements Disposable {
  readonly #over = new AbortController();
  readonly #undo: (() => void)[] = [];

  /** @throws ERR_INVALID_ARG */
  constructor(clock: Clock, { timeoutMs, signal }: WaitOptions) {
    checkTimeout(timeoutMs);
    const end = () => this.end();
    if (timeoutMs !== undefined) this.#undo.push(clock.timerAt(clock.now() + timeoutMs, end));
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
    this.#undo.push(() => signal?.removeEventListener('abort', end));
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Fires the signal. */
  end(): void {
    this.#over.abort();
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }
}
