import type { VirtualClock } from '../src/index.js';

/** Lets one turn of the event loop pass: what the system has for this process is handled; no time is waited for. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Turns in a row in which nothing came about; after so many, what is waited for takes real time. */
const IDLE_TURNS = 20;

/** Lets a turn pass; after many idle ones a millisecond, so that the wait leaves the processor to what is waited for. */
const pause = (idle: number) =>
  // timer: a millisecond of doing nothing, between two looks at what gives no event
  idle < IDLE_TURNS ? turn() : new Promise<void>((resolve) => setTimeout(resolve, 1));

/** Resolves when `holds`, which is asked in each turn at first, and later each millisecond. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let idle = 0; !(await holds()); idle++) await pause(idle);
}

/** Has time pass until the work is done; settles as the work does. */
export async function driven<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const ended = work.finally(() => over.abort());
  ended.catch(() => undefined);
  for (let idle = 0; !over.signal.aborted; idle++) {
    const before = clock.now();
    await clock.run(over);
    if (clock.now() !== before) idle = 0;
    await pause(idle);
  }
  return await ended;
}
