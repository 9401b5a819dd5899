import type { Clock } from '../base/time/clock.js';

/**
 * Has a virtual clock stand still until `work`, which waits for the disk or the network and not for the clock, is
 * done. A real clock goes on.
 */
export function standStill<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  clock.timerAt(clock.now(), () => settled);
  return work;
}
