import { type LegLedger, lossOf, type SpanReason } from '../../stream/align/ledger.js';

/** Facts that an endpoint gives of a voicemail; with the account they tell one message from all others. */
export interface VoicemailFacts {
  /** Handle of the account whose voicemail it is. */
  readonly account: string;
  /** Id of the VOICEMAIL object on that account's endpoint. */
  readonly id: number;
  /** INCOMING, OUTGOING, DEFAULT_GREETING, CUSTOM_GREETING or what else the endpoint said. */
  readonly type: string;
  /** Handle of the sender, or of the recipient of one that was sent. */
  readonly partner: string;
  readonly partnerName: string;
  /** Time of the recording, in seconds since the Unix epoch. */
  readonly timestamp: number;
  /** Length by the endpoint, in whole seconds. */
  readonly durationSeconds: number;
  /** True when it had been listened to before it was archived. */
  readonly played: boolean;
}

/** A stored piece of audio. Messages with the same samples share one. */
export interface ArchivedAudio {
  /** Over the samples as s16le, without any header. */
  readonly sha256: string;
  /** Relative to the archive's folder, with `/`. */
  readonly path: string;
  readonly samples: number;
  readonly bytes: number;
  /** Over the whole file, as `sha256sum` computes it. */
  readonly fileSha256: string;
}

/** Announced part of a message that its file does not have. */
export interface UnwrittenAudio {
  /** By the message's DURATION, which is in whole seconds. */
  readonly samples: number;
  readonly reason: SpanReason;
}

export const ARCHIVE_STATES: readonly ArchiveState[] = ['pending', 'stored', 'failed', 'purged'];

/**
 * `pending`: seen, not fetched yet. `stored`: safe on disk. `failed`: see `failure`; the next run tries again.
 * `purged`: removed by retention; it is not fetched again.
 */
export type ArchiveState = 'pending' | 'stored' | 'failed' | 'purged';

/** One message of an archive. */
export interface ArchivedMessage extends VoicemailFacts {
  /** Its number in this archive. */
  readonly key: number;
  readonly state: ArchiveState;
  /** Runs that tried to fetch it. */
  readonly attempts: number;
  /** Reason of the newest attempt's failure: a failure reason of the reference, or one of {@link ARCHIVE_FAILURES}. */
  readonly failure: string | undefined;
  /** The same for people. */
  readonly detail: string | undefined;
  /** True when all of it is there. One that always came short is stored as it came; its original is never deleted. */
  readonly complete: boolean;
  readonly audio: ArchivedAudio | undefined;
  /** Account of each sample of the audio; adds up to its length. */
  readonly ledger: LegLedger | undefined;
  readonly unwritten: UnwrittenAudio | undefined;
  /** In seconds since the Unix epoch. */
  readonly archivedAt: number | undefined;
  /** Fate of the original: `gone` when the endpoint no longer lists it, though nobody here deleted it. */
  readonly original: 'kept' | 'deleted' | 'gone';
  /** Reason of its legal hold, by which neither retention nor a purge removes it; absent when it is not. */
  readonly hold: string | undefined;
  readonly tags: readonly string[];
  readonly transcript: string;
}

/** An attempt that failed, in the catalogue's words. */
export interface AttemptFailure {
  /** As in {@link ArchivedMessage.failure}. */
  readonly failure: string;
  /** The same for people. */
  readonly detail: string;
}

/** The parts of a message that are in its file, and those that are not. */
export interface FileAccount {
  /** Account of each sample of the file; adds up to its length. */
  readonly ledger: LegLedger;
  /** Absent where all of the message is there. */
  readonly unwritten?: UnwrittenAudio | undefined;
}

/** True when a file holds all of its message. */
export function isComplete({ ledger, unwritten }: FileAccount): boolean {
  return lossOf(ledger) === 0 && unwritten === undefined;
}

/** Reasons for a failure beside those that an endpoint gives. */
export const ARCHIVE_FAILURES = {
  SHORT: 'less audio came than the message is long',
  REFUSED: 'the endpoint refused a command',
  TIMEOUT: 'the endpoint did not go on in time',
  STORAGE: 'the archive could not be written',
  STREAM: 'the connection that carried the audio broke',
} as const;
