import { z } from 'zod';
import type { SqlValue } from '../../files/database.js';
import { flagColumn, json } from '../../files/row.js';
import { lossOf } from '../../stream/align/ledger.js';
import type { RecordingSidecar } from '../sidecar.js';
import type { CallFigures } from './analysis-file.js';
import type { Annotations, RecordingNote } from './annotation-file.js';
import { spokenBy } from './transcript-file.js';

/** A recording in the catalogue: one entry per file. */
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
  /** Missing samples, summed over both legs. */
  readonly missing: number;
  /** Size of the audio file and its outputs. */
  readonly bytes: number;
  /** Tags of the sidecar, with later changes by annotations. */
  readonly tags: Readonly<Record<string, string>>;
  /** Texts of its marks, in order; absent when there are none. */
  readonly marks?: readonly string[];
  /** Notes, oldest first; absent when there are none. */
  readonly notes?: readonly RecordingNote[];
  /** Transcript; absent when there is none. */
  readonly transcript?: string;
  /** Figures of its analysis; absent when it was not analysed. */
  readonly figures?: CallFigures;
  /** Reason of the legal hold; absent when the recording may be purged. */
  readonly hold?: string;
}

/**
 * The catalogue's tables. The row of a file keeps its key, because the full-text index refers to it. Version 2 had the
 * calls of campaigns, which now have their own file. Version 3 adds marks, notes and transcripts; marks of older
 * recordings are found after a rebuild. Version 4 adds the figures of analyses.
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
  `
  ALTER TABLE recordings ADD COLUMN marks TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE recordings ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE recordings ADD COLUMN transcript TEXT NOT NULL DEFAULT '';
  DROP TABLE words;
  CREATE VIRTUAL TABLE words USING fts5 (partner, tags, marks, notes, transcript);
  INSERT INTO words (rowid, partner, tags, marks, notes, transcript) SELECT key, partner, tags, '', '', '' FROM recordings;
  `,
  `
  ALTER TABLE recordings ADD COLUMN figures TEXT;
  ALTER TABLE recordings ADD COLUMN longest_dead_air_ms REAL;
  ALTER TABLE recordings ADD COLUMN interruptions_by_local INTEGER;
  ALTER TABLE recordings ADD COLUMN interruptions_by_remote INTEGER;
  `,
  `
  ALTER TABLE words RENAME TO words_before;
  CREATE VIRTUAL TABLE words USING fts5 (partner, tags, marks, notes, transcript, said_local, said_remote);
  INSERT INTO words (rowid, partner, tags, marks, notes, transcript, said_local, said_remote)
    SELECT rowid, partner, tags, marks, notes, transcript, '', '' FROM words_before;
  DROP TABLE words_before;
  `,
];

const FIGURES = z.object({
  deadAirMs: z.number(),
  longestDeadAirMs: z.number(),
  silenceRatio: z.number(),
  overlapMs: z.number().optional(),
  localTalkRatio: z.number().optional(),
  interruptionsByLocal: z.number().optional(),
  interruptionsByRemote: z.number().optional(),
  localResponseMs: z.number().optional(),
});

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
  complete: flagColumn,
  missing: z.int().min(0),
  bytes: z.int().min(0),
  tags: json(z.record(z.string(), z.string())),
  hold: z.string().nullable(),
  marks: json(z.array(z.string())),
  notes: json(z.array(z.object({ at: z.iso.datetime(), text: z.string() }))),
  transcript: z.string(),
  figures: json(FIGURES).nullable(),
});

/** The columns that decide if a recording may be deleted. */
export const HELD_ROW = z.object({ key: z.int(), file: z.string(), hold: z.string().nullable() });

export function catalogueEntryOf(row: z.output<typeof RECORDING_ROW>): CatalogueEntry {
  const { started_at: startedAt, duration_ms: durationMs, call_id: callId, hold, ...others } = row;
  const { marks, notes, transcript, figures, ...rest } = others;
  return {
    ...rest,
    ...{ startedAt, durationMs, callId },
    ...(marks.length > 0 && { marks }),
    ...(notes.length > 0 && { notes }),
    ...(transcript !== '' && { transcript }),
    ...(figures !== null && { figures: figures as CallFigures }),
    ...(hold !== null && { hold }),
  };
}

/** The columns of a recording's row, except its hold. */
export function columnsOf(
  file: string,
  sidecar: RecordingSidecar,
  size: number,
  noted: Annotations,
  figures: CallFigures | undefined,
): Readonly<Record<string, SqlValue>> {
  const { id, segment, call, audio, legs, end, complete } = sidecar;
  return {
    ...{ file, id, segment, started_at: audio.startedAt, duration_ms: audio.durationMs },
    ...{ partner: call.partner, call_id: call.id, type: call.type, end, complete: complete ? 1 : 0 },
    missing: lossOf(legs.local.ledger) + lossOf(legs.remote.ledger),
    bytes: size,
    tags: JSON.stringify(tagsOf(sidecar, noted)),
    marks: JSON.stringify(marksOf(sidecar)),
    notes: JSON.stringify(noted.notes),
    transcript: noted.transcript,
    figures: figures ? JSON.stringify(figures) : null,
    longest_dead_air_ms: figures?.longestDeadAirMs ?? null,
    interruptions_by_local: figures?.interruptionsByLocal ?? null,
    interruptions_by_remote: figures?.interruptionsByRemote ?? null,
  };
}

/**
 * The words of a recording for the full-text index: partner, names and values of tags, marks, notes, transcript,
 * transcript of each leg.
 */
export function wordsOf(sidecar: RecordingSidecar, noted: Annotations): string[] {
  return [
    sidecar.call.partner,
    Object.entries(tagsOf(sidecar, noted)).flat().join(' '),
    marksOf(sidecar).join(' '),
    noted.notes.map(({ text }) => text).join(' '),
    noted.transcript,
    ...Object.values(spokenBy(noted.transcript)),
  ];
}

/** All tags of a recording, with the changes made by annotations. */
function tagsOf({ tags }: RecordingSidecar, noted: Annotations): Record<string, string> {
  const all = Object.entries({ ...tags, ...noted.tags });
  return Object.fromEntries(all.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

function marksOf({ marks }: RecordingSidecar): string[] {
  return marks.flatMap(({ text }) => (text === undefined ? [] : [text]));
}
