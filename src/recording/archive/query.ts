import { invalidArgument } from '../../base/errors.js';
import type { SqlValue } from '../../files/database.js';

/** An SQL condition and the value of its parameter. Without a value the condition is left out. */
export type SqlCondition = readonly [sql: string, value: SqlValue | undefined];

/** Joins the given conditions with AND for a WHERE clause. Values are bound, never part of the text. */
export function whereOf(conditions: readonly SqlCondition[]): { where: string; values: SqlValue[] } {
  const given = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return {
    where: ['1', ...given.map(({ sql }) => sql)].join(' AND '),
    values: given.map(({ value }) => value),
  };
}

/**
 * A full-text query (FTS5) of quoted words, so that nothing in `text` is read as an operator. All words must occur. A
 * word that ends in `*` is a prefix.
 *
 * @throws ERR_INVALID_ARG when `text` contains no word.
 */
export function matchOf(text: string, name = 'text'): string {
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) throw invalidArgument(name, 'at least one word', text);
  return words
    .map((word) => `"${word.replaceAll('"', '""').replace(/\*$/, '')}"${word.endsWith('*') ? '*' : ''}`)
    .join(' ');
}

/** A pattern for `LIKE ? ESCAPE '\'` that matches `text` literally, anywhere or at the beginning. */
export function likeOf(text: string, where: 'anywhere' | 'at the beginning' = 'anywhere'): string {
  const literal = text.replaceAll(/[\\%_]/g, '\\$&');
  return where === 'anywhere' ? `%${literal}%` : `${literal}%`;
}
