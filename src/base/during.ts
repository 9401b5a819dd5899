import type { Clock } from './time/clock.js';

/**
 * Stops a virtual clock until `work` has settled, so that files, child processes and sockets take no time on it. A real
 * clock goes on.
 */
export function during<T>(clock: Clock, work: Promise<T>): Promise<T> {
  clock.timerAt(clock.now(), () =>
    work.then(
      () => undefined,
      () => undefined,
    ),
  );
  return work;
}
