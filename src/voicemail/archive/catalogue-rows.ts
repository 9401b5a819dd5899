import type { LegLedger } from '../../call/recording/ledger.js';
import type { ArchivedAudio, ArchivedMessage, ArchiveState, UnwrittenAudio } from './archived-message.js';

/** A row of `audio`, its key under the name that a message has for it. */
export interface AudioRow {
  readonly audio: string;
  readonly path: string;
  readonly samples: number;
  readonly bytes: number;
  readonly file_sha256: string;
}

/** A row of `messages`, joined with its audio where it has some. */
export interface MessageRow extends Omit<AudioRow, 'audio'> {
  readonly audio: string | null;
  readonly key: number;
  readonly account: string;
  readonly voicemail: number;
  readonly timestamp: number;
  readonly partner: string;
  readonly name: string;
  readonly type: string;
  readonly duration: number;
  readonly played: number;
  readonly state: ArchiveState;
  readonly attempts: number;
  readonly failure: string | null;
  readonly detail: string | null;
  readonly complete: number;
  readonly ledger: string | null;
  readonly unwritten: string | null;
  readonly archived_at: number | null;
  readonly original: ArchivedMessage['original'];
  readonly hold: string | null;
  readonly tags: string;
  readonly transcript: string;
}

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
    played: row.played === 1,
    failure: row.failure ?? undefined,
    detail: row.detail ?? undefined,
    complete: row.complete === 1,
    audio: row.audio === null ? undefined : audioOfRow({ ...row, audio: row.audio }),
    ledger: row.ledger === null ? undefined : (JSON.parse(row.ledger) as LegLedger),
    unwritten: row.unwritten === null ? undefined : (JSON.parse(row.unwritten) as UnwrittenAudio),
    archivedAt: row.archived_at ?? undefined,
    hold: row.hold ?? undefined,
    tags: JSON.parse(row.tags) as string[],
  };
}
