import { z } from 'zod';
import { flagColumn, json } from '../../files/row.js';
import { LEDGER_SCHEMA } from '../../recording/details-schema.js';
import type { LegLedger } from '../../stream/align/ledger.js';
import type { ArchivedAudio, ArchivedMessage, UnwrittenAudio } from './archived-message.js';

export const count = z.int().min(0);
export const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A row of `audio`. Its key is called `audio`, as in a message. */
export const AUDIO_ROW = z.object({
  audio: hash,
  path: z.string(),
  samples: count,
  bytes: count,
  file_sha256: hash,
});

/** A row of `messages`, joined with its audio if there is any. */
export const MESSAGE_ROW = z.object({
  key: z.int(),
  account: z.string(),
  voicemail: z.int(),
  // The range of Date, in seconds.
  timestamp: z.int().min(-8_640_000_000_000).max(8_640_000_000_000),
  partner: z.string(),
  name: z.string(),
  type: z.string(),
  duration: z.number(),
  played: flagColumn,
  state: z.enum(['pending', 'stored', 'failed', 'purged']),
  attempts: count,
  failure: z.string().nullable(),
  detail: z.string().nullable(),
  complete: flagColumn,
  ledger: json(LEDGER_SCHEMA).nullable(),
  unwritten: json(z.looseObject({ samples: count, reason: z.string() })).nullable(),
  archived_at: z.int().nullable(),
  original: z.enum(['kept', 'deleted', 'gone']),
  hold: z.string().nullable(),
  tags: json(z.array(z.string())),
  transcript: z.string(),
  audio: hash.nullable(),
  path: z.string().nullable(),
  samples: count.nullable(),
  bytes: count.nullable(),
  file_sha256: hash.nullable(),
});

/** A row of `unfinished`. Only files of the archive other than its catalogue are rewritten or removed. */
export const UNFINISHED_ROW = z.object({
  path: z.string().regex(/^audio\/.+\.(?:json|wav|wav\.age)$/),
  key: z.int(),
  remove: flagColumn,
});

type AudioRow = z.output<typeof AUDIO_ROW>;
export type MessageRow = z.output<typeof MESSAGE_ROW>;

export function audioOfRow(row: AudioRow): ArchivedAudio {
  const { path, samples, bytes } = row;
  return { sha256: row.audio, path, samples, bytes, fileSha256: row.file_sha256 };
}

export function messageOfRow(row: MessageRow): ArchivedMessage {
  const { key, account, timestamp, partner, type, state, attempts, original, transcript } = row;
  return {
    ...{ key, account, timestamp, partner, type, state, attempts, original, transcript },
    id: row.voicemail,
    partnerName: row.name,
    durationSeconds: row.duration,
    played: row.played,
    failure: row.failure ?? undefined,
    detail: row.detail ?? undefined,
    complete: row.complete,
    audio: audioOfMessage(row),
    ledger: (row.ledger ?? undefined) as LegLedger | undefined,
    unwritten: (row.unwritten ?? undefined) as UnwrittenAudio | undefined,
    archivedAt: row.archived_at ?? undefined,
    hold: row.hold ?? undefined,
    tags: row.tags,
  };
}

function audioOfMessage(row: MessageRow): ArchivedAudio | undefined {
  const { audio, path, samples, bytes, file_sha256 } = row;
  if (audio === null || path === null || samples === null || bytes === null || file_sha256 === null) {
    return undefined;
  }
  return audioOfRow({ audio, path, samples, bytes, file_sha256 });
}
