import { flag, oneOf, type Rules, whole, within, words } from '../../base/check.js';
import { matchOf, whereOf } from '../../recording/archive/query.js';
import { ARCHIVE_STATES, type ArchiveState } from './archived-message.js';

/** Conditions on messages of a catalogue. All given conditions must hold. */
export interface ArchiveQuery {
  /** Words in handles, names, tags and transcripts. All must occur. A word may be a prefix (`meet*`). */
  readonly text?: string;
  readonly account?: string;
  /** Handle of the other party. */
  readonly partner?: string;
  readonly type?: string;
  readonly state?: ArchiveState;
  readonly tag?: string;
  readonly hold?: boolean;
  /** Recorded at or after this time, in seconds since the Unix epoch. */
  readonly since?: number;
  /** Recorded before this time, in seconds since the Unix epoch. */
  readonly until?: number;
  /** Largest number of messages. Default: all. */
  readonly limit?: number;
}

const TIME = within(-864e10, 864e10, 's');
/** The rules of {@link ArchiveQuery}. */
export const ARCHIVE_QUERY: Rules<ArchiveQuery> = {
  text: words,
  account: words,
  partner: words,
  type: words,
  state: oneOf(...ARCHIVE_STATES),
  tag: words,
  hold: flag,
  since: TIME,
  until: TIME,
  limit: whole(0, Number.MAX_SAFE_INTEGER, 'messages'),
};

/**
 * Converts the query to SQL. Values are bound, never part of the text.
 *
 * @throws ERR_INVALID_ARG when `text` has no word.
 */
export function conditionsOf(query: ArchiveQuery): ReturnType<typeof whereOf> {
  const { text, account, partner, type, state, tag, hold, since, until } = query;
  return whereOf([
    ['key IN (SELECT rowid FROM words WHERE words MATCH ?)', text === undefined ? text : matchOf(text)],
    ['account = ?', account],
    ['partner = ?', partner],
    ['type = ?', type],
    ['state = ?', state],
    ['EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)', tag],
    ['(hold IS NOT NULL) = ?', hold === undefined ? undefined : Number(hold)],
    ['timestamp >= ?', since],
    ['timestamp < ?', until],
  ]);
}
