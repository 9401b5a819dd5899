import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, deadlineIn, type WaitOptions, waitFor } from '../../base/wait.js';

/** Waits until news of the endpoint makes a condition true. */
export class Condition {
  readonly #clock: Clock;
  readonly #looks = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes every wait check its condition again. */
  changed(): void {
    for (const look of [...this.#looks]) look();
  }

  /**
   * Resolves when `isSo` returns true, now or after a change; rejects with the error that it throws.
   *
   * @param what Completes "... did not happen within 100 ms."
   * @throws ERR_TIMEOUT, ERR_ABORTED, ERR_INVALID_ARG
   */
  until(what: string, isSo: () => boolean, options: WaitOptions = {}): Promise<void> {
    checkWait(options);
    const { timeoutMs, signal } = options;
    return waitFor<void>({
      what,
      signal,
      deadline: deadlineIn(this.#clock, timeoutMs, () => {
        throw new JackfieldError('ERR_TIMEOUT', `${what} did not happen within ${timeoutMs} ms.`);
      }),
      begin: (resolve, reject) => {
        const look = () => {
          try {
            if (isSo()) resolve();
          } catch (error) {
            reject(error);
          }
        };
        this.#looks.add(look);
        look();
        return () => this.#looks.delete(look);
      },
    });
  }
}
