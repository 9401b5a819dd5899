import { date, oneOf, type Rules, whole, within, words } from '../../base/check.js';
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
  /** Words that were said; all have to occur, each may be a beginning. */
  readonly said?: string;
  /** The leg that said them. Default: any, or both together. */
  readonly saidBy?: 'local' | 'remote';
  /** Other words that may stand between them at most: 0 to 1000. Default: any number. */
  readonly saidWithin?: number;
  /** Analysed, with dead air of at least so long at once, in ms. */
  readonly minDeadAirMs?: number;
  /** Analysed, and this leg interrupted the other. `local` is what was sent, `remote` the other party. */
  readonly interruptedBy?: 'local' | 'remote';
  /** The beginning of an id. */
  readonly id?: string;
  /** The audio, as `CatalogueEntry.file` has it. */
  readonly file?: string;
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
  said: words,
  saidBy: oneOf('local', 'remote'),
  saidWithin: whole(0, 1000, 'words'),
  minDeadAirMs: LENGTH,
  interruptedBy: oneOf('local', 'remote'),
  id: words,
  file: words,
  limit: whole(-1, Number.MAX_SAFE_INTEGER, 'recordings'),
};

/** The condition of a query in SQL. @throws ERR_INVALID_ARG for a `text` or `said` without a word. */
export function conditionOf(query: CatalogueQuery): { readonly where: string; readonly values: SqlValue[] } {
  const { since, until, partner, minMs, maxMs, text, said, minDeadAirMs, interruptedBy, id, file } = query;
  return whereOf([
    ['started_at >= ?', since?.toISOString()],
    ['started_at < ?', until?.toISOString()],
    ["partner LIKE ? ESCAPE '\\'", partner && likeOf(partner)],
    ['duration_ms >= ?', minMs],
    ['duration_ms <= ?', maxMs],
    ['key IN (SELECT rowid FROM words WHERE words MATCH ?)', text === undefined ? text : matchOf(text)],
    ['key IN (SELECT rowid FROM words WHERE words MATCH ?)', said === undefined ? said : saidOf(said, query)],
    ['longest_dead_air_ms >= ?', minDeadAirMs],
    ['interruptions_by_local >= ?', interruptedBy === 'local' ? 1 : undefined],
    ['interruptions_by_remote >= ?', interruptedBy === 'remote' ? 1 : undefined],
    ["id LIKE ? ESCAPE '\\'", id && likeOf(id, 'at the beginning')],
    ['file = ?', file],
  ]);
}

/** A full-text query of words that were said. */
function saidOf(said: string, { saidBy, saidWithin }: CatalogueQuery): string {
  const words = matchOf(said, 'said');
  const column = saidBy === undefined ? 'transcript' : `said_${saidBy}`;
  return `{${column}} : ${saidWithin === undefined ? `(${words})` : `NEAR(${words}, ${saidWithin})`}`;
}
