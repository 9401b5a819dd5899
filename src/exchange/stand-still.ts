import type { Clock } from '../base/time/clock.js';

/**
 * Stops a virtual clock until `work` is done. `work` waits for the disk or the network, not for the clock. A real clock
 * goes on.
 */
export function standStill<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  clock.timerAt(clock.now(), () => settled);
  return work;
}
