import { date, type Rules, whole, within, words } from '../../base/check.js';
import type { SqlValue } from '../../files/database.js';
import { likeOf, matchOf, whereOf } from './query.js';

/** Criteria of `Catalogue.search`; all that are given have to fit. */
export interface CatalogueQuery {
  /** Begun at or after. */
  readonly since?: Date;
  /** Begun before. */
  readonly until?: Date;
  /** A part of the partner's name, whatever its case. */
  readonly partner?: string;
  readonly minMs?: number;
  readonly maxMs?: number;
  /**
   * Words in the partner's name, the tags, the texts of marks, the notes and the transcript; all have to occur, each may
   * be a beginning (`invoi*`).
   */
  readonly text?: string;
  /** The beginning of an id. */
  readonly id?: string;
  /** Default 1000; -1 for all. */
  readonly limit?: number;
}

const LENGTH = within(0, Infinity, 'ms');
/** The rules of a {@link CatalogueQuery}. */
export const CATALOGUE_QUERY: Rules<CatalogueQuery> = {
  since: date,
  until: date,
  partner: words,
  minMs: LENGTH,
  maxMs: LENGTH,
  text: words,
  id: words,
  limit: whole(-1, Number.MAX_SAFE_INTEGER, 'recordings'),
};

/** The condition of a query in SQL. @throws ERR_INVALID_ARG for a `text` without a word. */
export function conditionOf(query: CatalogueQuery): { readonly where: string; readonly values: SqlValue[] } {
  const { since, until, partner, minMs, maxMs, text, id } = query;
  return whereOf([
    ['started_at >= ?', since?.toISOString()],
    ['started_at < ?', until?.toISOString()],
    ["partner LIKE ? ESCAPE '\\'", partner && likeOf(partner)],
    ['duration_ms >= ?', minMs],
    ['duration_ms <= ?', maxMs],
    ['key IN (SELECT rowid FROM words WHERE words MATCH ?)', text === undefined ? text : matchOf(text)],
    ["id LIKE ? ESCAPE '\\'", id && likeOf(id, 'at the beginning')],
  ]);
}
