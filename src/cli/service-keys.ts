import { entryOf } from '../base/entry-of.js';

/** The key in a variable of the environment; undefined where there is none. */
export function keyOf(variable: string): string | undefined {
  const key = entryOf(process.env, variable)?.trim();
  return key === '' ? undefined : key;
}
