import type { EventEmitter } from 'node:events';
import type { Clock } from '../time/clock.js';

/** Called with each error and the place it came from: `timer`, `client 3 of alice`, `listener of line`. */
export type Tell = (error: unknown, where: string) => void;

/**
 * Contains errors. A function that runs inside the fence may throw or reject without effect on its caller or the
 * process. The error is reported instead.
 */
export class Fence {
  /** Reports an error. */
  readonly tell: Tell;

  constructor(tell: Tell) {
    this.tell = tell;
  }

  /** Runs `act` and returns its result; `undefined` when it threw. A promise that it returned never rejects. */
  run<T>(where: string, act: () => T): T | Promise<Awaited<T> | undefined> | undefined {
    try {
      const result = act();
      return result instanceof Promise ? this.#settled(where, result) : result;
    } catch (error) {
      this.tell(error, where);
      return undefined;
    }
  }

  /**
   * Calls every listener of an event separately, so that a listener that fails does not keep the others from being
   * called.
   *
   * @returns whether there was one.
   */
  emit(emitter: EventEmitter, event: string | symbol, args: readonly unknown[], where: string): boolean {
    const listeners = emitter.rawListeners(event);
    for (const listener of listeners)
      this.run(where, () => Reflect.apply(listener, emitter, args) as unknown);
    return listeners.length > 0;
  }

  /** Makes a clock whose timers are run inside the fence. */
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
