import * as jackfield from '../all-names.js';
import type { Cast } from './cast.js';
import type { Door } from './public-types.js';

export type Call = (given: readonly unknown[]) => unknown;

/** The way to call a door; nothing where nobody in the cast has it. */
export function callOf({ kind, owner = '', member, name }: Door, cast: Cast): Call | undefined {
  const exported: Readonly<Record<string, unknown>> = jackfield;
  if (kind === 'constructor') {
    const made = exported[owner];
    return typeof made === 'function' ? (given) => Reflect.construct(made, given) : undefined;
  }
  const self = kind === 'function' ? exported : kind === 'static' ? exported[owner] : cast.get(owner);
  const method: unknown = self && Reflect.get(Object(self), kind === 'function' ? name : member);
  return typeof method === 'function' ? (given) => Reflect.apply(method, self, given) : undefined;
}

/** Gives what a call throws, or rejects with in time; of what it yields, the first is asked for. */
export async function thrownBy(call: Call, given: readonly unknown[], patienceMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    // timer: what takes a value may wait for ever, which is no fault.
    timer = setTimeout(resolve, patienceMs);
  });
  try {
    await Promise.race([begun(call(given)), late]);
  } catch (error) {
    return error ?? new Error('nothing was thrown');
  } finally {
    clearTimeout(timer);
  }
  return undefined;
}

async function begun(result: unknown): Promise<void> {
  const made = await result;
  if (typeof made === 'object' && made !== null && Symbol.asyncIterator in made && 'next' in made) {
    await (made as AsyncIterator<unknown>).next();
  }
}

/** A value, for a message. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 30 ? `a text of ${value.length}` : JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value.constructor !== Object) return value.constructor?.name ?? 'an object';
  return `{ ${Object.entries(value)
    .map(([name, each]) => `${name}: ${show(each)}`)
    .join(', ')} }`;
}
