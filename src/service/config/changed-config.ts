import { entryOf } from '../../base/entry-of.js';
import type { ServiceConfig } from './service-config.js';

/** Parts of a configuration that cannot change after the start. */
const FIXED = ['endpoints', 'exchange', 'control', 'http', 'outbox', 'traces', 'log'] as const;
/** Parts with some fields that cannot change. These parts cannot be added or removed. */
const PARTLY_FIXED = {
  record: ['out', 'catalogue'],
  answeringMachine: ['archive', 'encryptTo'],
} as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Merges a new configuration into the current one, keeping the parts that cannot change.
 *
 * @returns the configuration, and the fields of `next` that were not applied.
 */
export function changedConfig(
  next: ServiceConfig,
  now: ServiceConfig,
): { readonly changed: ServiceConfig; readonly unchanged: readonly string[] } {
  const unchanged: string[] = [];
  /** The fields of `next`, with those in `names` taken from `now`. */
  const kept = (next: Fields, now: Fields, names: readonly string[], prefix = ''): Fields => {
    const different = names.filter(
      (name) => JSON.stringify(entryOf(next, name)) !== JSON.stringify(entryOf(now, name)),
    );
    unchanged.push(...different.map((name) => prefix + name));
    return { ...next, ...Object.fromEntries(different.map((name) => [name, entryOf(now, name)])) };
  };
  let changed = kept(next, now, FIXED);
  for (const [part, fields] of Object.entries(PARTLY_FIXED)) {
    const [wanted, has] = [entryOf(changed, part), entryOf<unknown>(now, part)];
    if (!wanted || !has) changed = kept(changed, now, [part]);
    else changed = { ...changed, [part]: kept(wanted as Fields, has as Fields, fields, `${part}.`) };
  }
  return { changed: changed as ServiceConfig, unchanged };
}
