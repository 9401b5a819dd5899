import { Fence } from './fence.js';
import { listenerError, warn } from './fenced-emitter.js';

const FENCE = new Fence((error, name) => warn(listenerError(name, error)));

/**
 * Calls a callback of the program without waiting for its result. If it throws or rejects, nothing else fails: the
 * error becomes a warning of the process with the code ERR_LISTENER.
 */
export function observe<A extends readonly unknown[]>(
  name: string,
  observer: ((...told: A) => unknown) | undefined,
  ...told: A
): void {
  if (observer) FENCE.run(name, () => observer(...told));
}

/**
 * Asks a function of the program for an optional answer. If it throws or rejects, the error becomes a warning, as with
 * {@link observe}, and the answer is undefined.
 */
export async function ask<T>(name: string, asked: () => T): Promise<Awaited<T> | undefined> {
  return await FENCE.run(name, asked);
}
