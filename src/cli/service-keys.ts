import { entryOf } from '../base/entry-of.js';

/** The key in an environment variable; undefined when it is not set. */
export function keyOf(variable: string): string | undefined {
  const key = entryOf(process.env, variable)?.trim();
  return key === '' ? undefined : key;
}
