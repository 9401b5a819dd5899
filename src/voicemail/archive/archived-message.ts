import { type LegLedger, lossOf, type SpanReason } from '../../stream/align/ledger.js';

/** Facts of a voicemail, reported by an endpoint. With the account they identify a message. */
export interface VoicemailFacts {
  /** Handle of the account of the voicemail. */
  readonly account: string;
  /** Id of the VOICEMAIL object on that account's endpoint. */
  readonly id: number;
  /** INCOMING, OUTGOING, DEFAULT_GREETING, CUSTOM_GREETING or another value of the endpoint. */
  readonly type: string;
  /** Handle of the sender; for a sent voicemail, of the recipient. */
  readonly partner: string;
  readonly partnerName: string;
  /** Time of the recording, in seconds since the Unix epoch. */
  readonly timestamp: number;
  /** Length reported by the endpoint, in whole seconds. */
  readonly durationSeconds: number;
  /** True when it was played before it was archived. */
  readonly played: boolean;
}

/** A stored piece of audio. Messages with the same samples share one. */
export interface ArchivedAudio {
  /** SHA-256 over the samples as s16le, without a header. */
  readonly sha256: string;
  /** Path relative to the archive's folder, with `/`. */
  readonly path: string;
  readonly samples: number;
  readonly bytes: number;
  /** SHA-256 over the whole file, as `sha256sum` computes it. */
  readonly fileSha256: string;
}

/** Missing part of a message, by its reported length. */
export interface UnwrittenAudio {
  /** Number of samples, from the message's DURATION in whole seconds. */
  readonly samples: number;
  readonly reason: SpanReason;
}

export const ARCHIVE_STATES: readonly ArchiveState[] = ['pending', 'stored', 'failed', 'purged'];

/**
 * `pending`: known, but not fetched yet. `stored`: safe on disk. `failed`: see `failure`; the next run tries again.
 * `purged`: removed by retention, and not fetched again.
 */
export type ArchiveState = 'pending' | 'stored' | 'failed' | 'purged';

/** One message of an archive. */
export interface ArchivedMessage extends VoicemailFacts {
  /** Number of the message in this archive. */
  readonly key: number;
  readonly state: ArchiveState;
  /** Number of attempts to fetch it. */
  readonly attempts: number;
  /** Failure of the last attempt: a failure reason of the reference, or one of {@link ARCHIVE_FAILURES}. */
  readonly failure: string | undefined;
  /** The same for people. */
  readonly detail: string | undefined;
  /** True when no audio is missing. The original of an incomplete message is never deleted. */
  readonly complete: boolean;
  readonly audio: ArchivedAudio | undefined;
  /** Account of all samples of the audio. It adds up to its length. */
  readonly ledger: LegLedger | undefined;
  readonly unwritten: UnwrittenAudio | undefined;
  /** Time of archiving, in seconds since the Unix epoch. */
  readonly archivedAt: number | undefined;
  /** State of the original. `gone`: the endpoint no longer lists it, and it was not deleted here. */
  readonly original: 'kept' | 'deleted' | 'gone';
  /** Reason of its legal hold; absent when there is none. Retention does not remove a held message. */
  readonly hold: string | undefined;
  readonly tags: readonly string[];
  readonly transcript: string;
}

/** A failed attempt. */
export interface AttemptFailure {
  /** Value for {@link ArchivedMessage.failure}. */
  readonly failure: string;
  /** The same for people. */
  readonly detail: string;
}

/** The existing and missing parts of a message. */
export interface FileAccount {
  /** Account of all samples of the file. It adds up to its length. */
  readonly ledger: LegLedger;
  /** Absent when the message is complete. */
  readonly unwritten?: UnwrittenAudio | undefined;
}

/** True when a file has the complete message. */
export function isComplete({ ledger, unwritten }: FileAccount): boolean {
  return lossOf(ledger) === 0 && unwritten === undefined;
}

/** Failures besides those reported by an endpoint. */
export const ARCHIVE_FAILURES = {
  SHORT: 'less audio arrived than the length of the message',
  DELETED: 'it was deleted at the endpoint while it was fetched',
  REFUSED: 'the endpoint refused a command',
  TIMEOUT: 'the endpoint did not continue in time',
  STORAGE: 'the archive could not be written',
  STREAM: 'the connection that carried the audio was lost',
} as const;
