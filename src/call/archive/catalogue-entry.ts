import type { RecordingSidecar } from '../recording/sidecar.js';

/** A recording in the catalogue: one for each file. */
export interface CatalogueEntry {
  readonly id: string;
  readonly segment: number;
  /** The audio file, relative to the catalogue's folder. */
  readonly file: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly partner: string;
  readonly callId: number;
  readonly type: string;
  readonly end: string;
  readonly complete: boolean;
  /** Samples that are missing, of both legs. */
  readonly missing: number;
  /** Of the audio file and all that was made of it. */
  readonly bytes: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Why the recording must not be purged; absent when it may be. */
  readonly hold?: string;
}

/** The catalogue's tables; a file's row keeps its key, which the full-text index goes by. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE recordings (
    key         INTEGER PRIMARY KEY,
    file        TEXT NOT NULL UNIQUE,
    id          TEXT NOT NULL,
    segment     INTEGER NOT NULL,
    started_at  TEXT NOT NULL,
    duration_ms REAL NOT NULL,
    partner     TEXT NOT NULL,
    call_id     INTEGER NOT NULL,
    type        TEXT NOT NULL,
    end         TEXT NOT NULL,
    complete    INTEGER NOT NULL,
    missing     INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    tags        TEXT NOT NULL,
    hold        TEXT
  );
  CREATE INDEX recordings_started ON recordings (started_at, segment);
  CREATE INDEX recordings_id ON recordings (id);
  CREATE VIRTUAL TABLE words USING fts5 (partner, tags);
  `,
  `
  CREATE TABLE campaign_calls (
    key         INTEGER PRIMARY KEY,
    campaign    TEXT NOT NULL,
    target      TEXT NOT NULL COLLATE NOCASE,
    attempt     INTEGER NOT NULL,
    placed_at   TEXT NOT NULL,
    duration_ms REAL NOT NULL DEFAULT 0,
    outcome     TEXT NOT NULL,
    status      TEXT NOT NULL DEFAULT '',
    error       TEXT,
    retry       INTEGER NOT NULL DEFAULT 0,
    variables   TEXT NOT NULL DEFAULT '{}',
    pid         INTEGER NOT NULL,
    UNIQUE (campaign, target, attempt)
  );
  CREATE INDEX campaign_calls_placed ON campaign_calls (placed_at);
  `,
];

/** A row of `recordings`. */
export interface CatalogueRow {
  readonly key: number;
  readonly file: string;
  readonly id: string;
  readonly segment: number;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly partner: string;
  readonly call_id: number;
  readonly type: string;
  readonly end: string;
  readonly complete: number;
  readonly missing: number;
  readonly bytes: number;
  readonly tags: string;
  readonly hold: string | null;
}

export function entryOf(row: CatalogueRow): CatalogueEntry {
  const { id, segment, file, partner, type, end, missing, bytes, hold } = row;
  return {
    ...{ id, segment, file, partner, type, end, missing, bytes },
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    callId: row.call_id,
    complete: row.complete === 1,
    tags: JSON.parse(row.tags) as Record<string, string>,
    ...(hold !== null && { hold }),
  };
}

/** What the full-text index has of a recording: its partner, the names and values of its tags. */
export function wordsOf({ call, tags }: RecordingSidecar): [partner: string, tags: string] {
  return [call.partner, Object.entries(tags).flat().join(' ')];
}
