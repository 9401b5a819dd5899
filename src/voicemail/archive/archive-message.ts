import { during } from '../../base/during.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { msToSamples, type PcmSink, samplesToMs } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import { VoicemailFailedError } from '../../control/call/voicemail.js';
import type { Client } from '../../control/client/client.js';
import type { SpanReason } from '../../stream/align/ledger.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { LiveTranscript } from '../../voice/transcript/live-transcript.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import { LedgerSink } from '../ledger-sink.js';
import { receiveInto } from '../play-voicemail.js';
import { attended, markVoicemailUnplayed } from '../voicemail-waits.js';
import { ARCHIVE_FAILURES, type ArchivedMessage, type AttemptFailure } from './archived-message.js';
import type { AudioIntake } from './audio-intake.js';
import type { StoredOutcome } from './message-catalogue.js';
import { receiveByFile } from './receive-by-file.js';
import type { StoredMessage, VoicemailArchive } from './voicemail-archive.js';

/** Route of the audio from the endpoint. */
export type ArchiveRoute =
  /** Through a port of this server, in real time. */
  | { readonly server: PcmServer }
  /** As a file that the endpoint writes to this folder. The endpoint needs permission to write there. */
  | { readonly folder: string };

/** Dependencies of {@link archiveMessage}. */
export interface ArchiveContext {
  readonly client: Client;
  readonly archive: VoicemailArchive;
  readonly route: ArchiveRoute;
  readonly transcriber: Transcriber | undefined;
  readonly language: string | undefined;
  /** Tags and legal hold for each stored message. */
  readonly labels: Pick<StoredOutcome, 'tags' | 'hold'>;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** Reason for missing audio. */
interface Shortfall extends AttemptFailure {
  /** Reason in the ledger for the missing samples. */
  readonly reason: SpanReason;
}

/** Tolerated difference in length, in ms. An endpoint counts whole seconds, rounded up or down. */
const SHORT_BY_MS = 1000;

/**
 * Fetches one voicemail from the endpoint and stores it. An incomplete one is stored only when `keepShort` is true,
 * because another attempt may get more, or when somebody has deleted it: then what has come is all that is left.
 *
 * @throws ERR_ABORTED; an error when the endpoint is lost, or when the archive cannot be written. Every other failure
 * is returned.
 */
export async function archiveMessage(
  context: ArchiveContext,
  message: ArchivedMessage,
  keepShort: boolean,
): Promise<StoredMessage | AttemptFailure> {
  const { archive, transcriber, signal, language } = context;
  const { key } = message;
  archive.catalogue.begin(key);
  const intake = await archive.take(message);
  const transcript = transcriber && new LiveTranscript(transcriber, { language, signal });
  try {
    const account = new LedgerSink(transcript ? heardBy(transcript, intake) : intake);
    const failure = await receive(context, message, account);
    if (!failure) return await store(context, message, { intake, account, transcript });
    await archive.fail(key, failure);
    const isLast = keepShort || isDeleted(failure);
    if (!isLast || account.length <= (message.audio?.samples ?? 0)) return failure;
    return await store(context, message, { intake, account, transcript, missing: failure.reason });
  } finally {
    transcript?.giveUp(
      new JackfieldError('ERR_ABORTED', 'The message was not received: there is nothing to transcribe.'),
    );
    await intake.discard();
  }
}

/** True when an attempt has stored the message. */
export function isStored(outcome: StoredMessage | AttemptFailure): outcome is StoredMessage {
  return 'message' in outcome;
}

/** True when the message does not exist any more: another attempt is useless. */
export function isDeleted({ failure }: Pick<ArchivedMessage, 'failure'>): boolean {
  return failure === 'DELETED';
}

/** @returns the reason for missing audio, if any. @throws errors for which another attempt is useless. */
async function receive(
  { archive, client, route, clock, signal }: ArchiveContext,
  message: ArchivedMessage,
  account: LedgerSink,
): Promise<Shortfall | undefined> {
  const options = { clock, ...(signal ? { signal } : {}) };
  const voicemail = client.voicemail(message.id);
  try {
    await attended(voicemail, async () => {
      if ('server' in route) await receiveInto(client, voicemail, route.server, account, options);
      else await receiveByFile(client, voicemail, route.folder, account, options);
      // The user has not heard this playback, so an unplayed message is marked as unplayed again.
      if (!message.played) await markVoicemailUnplayed(voicemail).catch(() => undefined);
    });
  } catch (error) {
    const failure = failureFrom(error);
    if (signal?.aborted || client.state.status !== 'attached' || failure.failure === 'STORAGE') {
      // On a full disk this write may fail as well. The next run tries again in any case.
      await archive.fail(message.key, failure).catch(() => undefined);
      throw error;
    }
    if (voicemail.state?.phase !== 'deleted') return failure;
    return { failure: 'DELETED', detail: ARCHIVE_FAILURES.DELETED, reason: 'never-came' };
  }
  if (message.durationSeconds * 1000 - samplesToMs(account.length) < SHORT_BY_MS) return undefined;
  const came = (samplesToMs(account.length) / 1000).toFixed(1);
  const detail = `${ARCHIVE_FAILURES.SHORT}: ${came} s of ${message.durationSeconds} s`;
  return { failure: 'SHORT', detail, reason: 'never-came' };
}

/** Audio of an attempt. */
interface Yield {
  readonly intake: AudioIntake;
  readonly account: LedgerSink;
  readonly transcript: LiveTranscript | undefined;
  /** Reason for missing audio. */
  readonly missing?: SpanReason;
}

/** Stores the audio with its transcript. An encrypted message cannot be transcribed later. */
async function store(
  { archive, clock, labels }: ArchiveContext,
  { key, durationSeconds }: ArchivedMessage,
  { intake, account, transcript, missing }: Yield,
): Promise<StoredMessage> {
  transcript?.end();
  const heard = transcript && during(clock, transcript.transcript);
  const text = await heard?.then(
    (said) => said.text,
    (error: Error) => error,
  );
  const samples = Math.max(0, msToSamples(durationSeconds * 1000) - account.length);
  const stored = await archive.store(key, intake, {
    ...labels,
    ledger: account.ledger,
    unwritten: missing && { samples, reason: missing },
    ...(typeof text === 'string' && { transcript: text }),
  });
  return text instanceof Error ? { ...stored, untranscribed: text } : stored;
}

function heardBy(transcript: LiveTranscript, sink: PcmSink): PcmSink {
  return {
    write: (samples, position) => {
      transcript.hear(samples);
      return sink.write(samples, position);
    },
    end: (error) => sink.end(error),
  };
}

/** Failure names by error code; every other code is `STREAM`. */
const BY_CODE: Readonly<Record<string, keyof typeof ARCHIVE_FAILURES>> = {
  ERR_API: 'REFUSED',
  ERR_TIMEOUT: 'TIMEOUT',
  ERR_FILE: 'STORAGE',
  ERR_SINK: 'STORAGE',
};
const REASONS: Readonly<Record<string, SpanReason>> = { TIMEOUT: 'stalled', STREAM: 'connection-lost' };

function failureFrom(error: unknown): Shortfall {
  const detail = messageOf(error);
  const code = error instanceof JackfieldError ? error.code : '';
  const failure =
    error instanceof VoicemailFailedError
      ? (error.failureReason ?? 'UNKNOWN')
      : (entryOf(BY_CODE, code) ?? 'STREAM');
  return { failure, detail, reason: entryOf(REASONS, failure) ?? 'never-came' };
}
