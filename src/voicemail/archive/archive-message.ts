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

/** Route by which audio leaves the endpoint. */
export type ArchiveRoute =
  /** Through a port of this server, at the speed of sound. */
  | { readonly server: PcmServer }
  /** As a file that the endpoint writes into this folder, which it has to be allowed to, and which is read here. */
  | { readonly folder: string };

/** Parts that {@link archiveMessage} works with. */
export interface ArchiveContext {
  readonly client: Client;
  readonly archive: VoicemailArchive;
  readonly route: ArchiveRoute;
  readonly transcriber: Transcriber | undefined;
  readonly language: string | undefined;
  /** Tags and hold of each message that is stored. */
  readonly labels: Pick<StoredOutcome, 'tags' | 'hold'>;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** Reason for which less came than the message is long. */
interface Shortfall extends AttemptFailure {
  /** Reason in the ledger for the samples that did not come. */
  readonly reason: SpanReason;
}

/** An endpoint counts whole seconds, and may round either way. */
const SHORT_BY_MS = 1000;

/**
 * Takes one voicemail out of the endpoint and stores it. What came of one that came short is stored only where
 * `keepShort` says so: another attempt may do better.
 *
 * @throws ERR_ABORTED; when the endpoint is gone; when the archive cannot be written. Every other failure is returned.
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
    if (!keepShort || account.length <= (message.audio?.samples ?? 0)) return failure;
    return await store(context, message, { intake, account, transcript, missing: failure.reason });
  } finally {
    transcript?.giveUp(new JackfieldError('ERR_ABORTED', 'The message did not come: nothing to transcribe.'));
    await intake.discard();
  }
}

/** True when an attempt ended with the message in the archive. */
export function isStored(outcome: StoredMessage | AttemptFailure): outcome is StoredMessage {
  return 'message' in outcome;
}

/** @returns why less came than the message is long, if less did. @throws what no other attempt can mend. */
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
      // Played here, it is not heard by the user: the message stays as new as it was.
      if (!message.played) await markVoicemailUnplayed(voicemail).catch(() => undefined);
    });
  } catch (error) {
    const failure = failureFrom(error);
    if (signal?.aborted || client.state.status !== 'attached' || failure.failure === 'STORAGE') {
      // A disk that is full may not take the note either. The next run tries again without it, too.
      await archive.fail(message.key, failure).catch(() => undefined);
      throw error;
    }
    return failure;
  }
  if (message.durationSeconds * 1000 - samplesToMs(account.length) < SHORT_BY_MS) return undefined;
  const came = (samplesToMs(account.length) / 1000).toFixed(1);
  const detail = `${ARCHIVE_FAILURES.SHORT}: ${came} s of ${message.durationSeconds} s`;
  return { failure: 'SHORT', detail, reason: 'never-came' };
}

/** Audio that an attempt has brought. */
interface Yield {
  readonly intake: AudioIntake;
  readonly account: LedgerSink;
  readonly transcript: LiveTranscript | undefined;
  /** Reason for which there is less than the message is long. */
  readonly missing?: SpanReason;
}

/** Stores what came, with its transcript: of a message that is encrypted there will be none later. */
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
