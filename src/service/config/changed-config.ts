import { entryOf } from '../../base/entry-of.js';
import type { ServiceConfig } from './service-config.js';

/** Parts of a configuration that are taken at the start alone. */
const FIXED = ['endpoints', 'exchange', 'control', 'http', 'outbox', 'traces', 'log'] as const;
/** Parts that can change, but for some of their fields; they can neither come nor go. */
const PARTLY_FIXED = {
  record: ['out', 'catalogue'],
  answeringMachine: ['archive', 'encryptTo'],
} as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The configuration that can be in force from now on, in place of one that a service was started with.
 *
 * @returns it, and the fields of `next` that are not in it.
 */
export function changedConfig(
  next: ServiceConfig,
  now: ServiceConfig,
): { readonly changed: ServiceConfig; readonly unchanged: readonly string[] } {
  const unchanged: string[] = [];
  /** Fields of `next` with those of `names` as they are now. */
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
