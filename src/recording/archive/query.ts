import { invalidArgument } from '../../base/errors.js';
import type { SqlValue } from '../../files/database.js';

/** A condition in SQL, and the value of its one parameter; without a value the condition is left out. */
export type Condition = readonly [sql: string, value: SqlValue | undefined];

/** The conditions that were given, all of which have to hold, for a WHERE. Values never become part of the text. */
export function whereOf(conditions: readonly Condition[]): { where: string; values: SqlValue[] } {
  const given = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return {
    where: ['1', ...given.map(({ sql }) => sql)].join(' AND '),
    values: given.map(({ value }) => value),
  };
}

/**
 * A full-text query (FTS5) of quoted words only, so that nothing in `text` is taken for an operator. All words have
 * to occur; one that ends in `*` may be the beginning of a word.
 *
 * @throws ERR_INVALID_ARG when `text` has no word.
 */
export function matchOf(text: string, name = 'text'): string {
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) throw invalidArgument(name, 'at least one word', text);
  return words
    .map((word) => `"${word.replaceAll('"', '""').replace(/\*$/, '')}"${word.endsWith('*') ? '*' : ''}`)
    .join(' ');
}

/** A pattern for `LIKE ? ESCAPE '\'` that finds `text` anywhere, or at the beginning, taken literally. */
export function likeOf(text: string, where: 'anywhere' | 'at the beginning' = 'anywhere'): string {
  const literal = text.replaceAll(/[\\%_]/g, '\\$&');
  return where === 'anywhere' ? `%${literal}%` : `${literal}%`;
}
