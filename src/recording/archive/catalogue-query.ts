import { date, oneOf, type Rules, whole, within, words } from '../../base/check.js';
import type { SqlValue } from '../../files/database.js';
import { likeOf, matchOf, whereOf } from './query.js';

/** Criteria of `Catalogue.search`. All given criteria must match. */
export interface CatalogueQuery {
  /** Started at or after this time. */
  readonly since?: Date;
  /** Started before this time. */
  readonly until?: Date;
  /** Part of the partner's name, case-insensitive. */
  readonly partner?: string;
  readonly minMs?: number;
  readonly maxMs?: number;
  /**
   * Words in the partner's name, the tags, the texts of marks, the notes and the transcript. All must occur. A word may
   * be a prefix (`invoi*`).
   */
  readonly text?: string;
  /** Spoken words. All must occur. A word may be a prefix. */
  readonly said?: string;
  /** Leg that said the words. Default: either leg, or both together. */
  readonly saidBy?: 'local' | 'remote';
  /** Largest number of other words between them: 0 to 1000. Default: no limit. */
  readonly saidWithin?: number;
  /** Shortest single dead air, in ms. Matches analysed recordings only. */
  readonly minDeadAirMs?: number;
  /**
   * Leg that interrupted the other. `local` is the sent audio, `remote` the other party. Matches analysed recordings
   * only.
   */
  readonly interruptedBy?: 'local' | 'remote';
  /** Prefix of an id. */
  readonly id?: string;
  /** Path of the audio, as in `CatalogueEntry.file`. */
  readonly file?: string;
  /** Largest number of results. Default 1000; -1 for all. */
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

/** A full-text query for spoken words. */
function saidOf(said: string, { saidBy, saidWithin }: CatalogueQuery): string {
  const words = matchOf(said, 'said');
  const column = saidBy === undefined ? 'transcript' : `said_${saidBy}`;
  return `{${column}} : ${saidWithin === undefined ? `(${words})` : `NEAR(${words}, ${saidWithin})`}`;
}
