import type { Clock } from '../base/clock.js';

/** Told of what failed, and where: `timer`, `client 3 of alice`, `listener of line`. */
export type Tell = (error: unknown, where: string) => void;

/**
 * Keeps what fails in one place from reaching others and the process: what is run inside it may throw or reject, and
 * that is told.
 */
export class Fence {
  /** Tells of what failed. */
  readonly tell: Tell;

  constructor(tell: Tell) {
    this.tell = tell;
  }

  /** Runs `act`. Nothing when it threw; a promise that never rejects when it gave one. */
  run<T>(where: string, act: () => T): T | Promise<Awaited<T> | undefined> | undefined {
    try {
      const result = act();
      return result instanceof Promise ? this.#settled(where, result) : result;
    } catch (error) {
      this.tell(error, where);
      return undefined;
    }
  }

  /** A clock whose timers are run inside the fence. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      unixMs: () => clock.unixMs(),
      timerAt: (at, task) => clock.timerAt(at, () => this.run('timer', task) as void | Promise<void>),
    };
  }

  #settled<T>(where: string, result: Promise<T>): Promise<T | undefined> {
    return result.catch((error: unknown) => {
      this.tell(error, where);
      return undefined;
    });
  }
}
