import { z } from 'zod';
import { flag, json } from '../../files/row.js';
import type { RecordingSidecar } from '../sidecar.js';

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
  /** Reason of the legal hold; absent when the recording may be purged. */
  readonly hold?: string;
}

/**
 * The catalogue's tables; a file's row keeps its key, which the full-text index goes by. The second version had the calls
 * of campaigns, which have a file of their own now.
 */
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
  '',
];

/** A row of `recordings`. */
export const RECORDING_ROW = z.object({
  file: z.string(),
  id: z.string(),
  segment: z.int().min(1),
  started_at: z.iso.datetime(),
  duration_ms: z.number().min(0),
  partner: z.string(),
  call_id: z.int(),
  type: z.string(),
  end: z.string(),
  complete: flag,
  missing: z.int().min(0),
  bytes: z.int().min(0),
  tags: json(z.record(z.string(), z.string())),
  hold: z.string().nullable(),
});

/** The columns that tell whether a recording may be deleted. */
export const HELD_ROW = z.object({ key: z.int(), file: z.string(), hold: z.string().nullable() });

export function entryOf(row: z.output<typeof RECORDING_ROW>): CatalogueEntry {
  const { started_at: startedAt, duration_ms: durationMs, call_id: callId, hold, ...rest } = row;
  return { ...rest, startedAt, durationMs, callId, ...(hold !== null && { hold }) };
}

/** The words of a recording for the full-text index: its partner, the names and values of its tags. */
export function wordsOf({ call, tags }: RecordingSidecar): [partner: string, tags: string] {
  return [call.partner, Object.entries(tags).flat().join(' ')];
}
