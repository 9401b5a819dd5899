import type { Clock } from '../../clock.js';
import type { Client } from '../../control/client/client.js';
import { type Voicemail, VoicemailFailedError } from '../../control/state/voicemail.js';
import { JackfieldError, messageOf } from '../../errors.js';
import { samplesToMs } from '../../pcm.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { receiveVoicemail } from '../play-voicemail.js';
import { attended, markVoicemailUnplayed } from '../voicemail-waits.js';
import { ARCHIVE_FAILURES, type VoicemailFacts } from './archived-message.js';
import { receiveByFile } from './receive-by-file.js';
import type { StoredMessage, VoicemailArchive } from './voicemail-archive.js';

/** How audio leaves the endpoint. */
export type ArchiveRoute =
  /** Through a port of this server, at the speed of sound. */
  | { readonly server: PcmServer }
  /** As a file that the endpoint writes into this folder, which it has to be allowed to, and which is read here. */
  | { readonly folder: string };

/** What {@link archiveMessage} works with. */
export interface ArchiveContext {
  readonly client: Client;
  readonly archive: VoicemailArchive;
  readonly route: ArchiveRoute;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** An attempt that failed, in the catalogue's words. */
export interface AttemptFailure {
  readonly failure: string;
  readonly detail: string;
}

/** An endpoint counts whole seconds, and may round either way. */
const SHORT_BY_MS = 1000;

/**
 * Takes one voicemail out of the endpoint and stores it. A message that came short is stored only where
 * `keepShort` says so: an attempt may do better.
 *
 * @throws ERR_ABORTED; when the endpoint is gone; when the archive cannot be written. Every other failure is returned.
 */
export async function archiveMessage(
  context: ArchiveContext,
  facts: VoicemailFacts,
  key: number,
  keepShort: boolean,
): Promise<StoredMessage | AttemptFailure> {
  const { archive, client, signal } = context;
  archive.catalogue.begin(key);
  const intake = await archive.take(facts);
  try {
    const voicemail = client.voicemail(facts.id);
    await attended(voicemail, async () => {
      await receive(context, voicemail, intake);
      // Played here, it is not heard by the user: the message stays as new as it was.
      if (!facts.played) await markVoicemailUnplayed(voicemail).catch(() => undefined);
    });
    const shortMs = facts.durationSeconds * 1000 - samplesToMs(intake.samples);
    if (shortMs < SHORT_BY_MS) return await archive.store(key, intake, true);
    const short = shortOf(facts, intake.samples);
    if (!keepShort) return note(archive, key, short);
    const { duplicate } = await archive.store(key, intake, false);
    note(archive, key, short);
    return { message: archive.catalogue.message(key), duplicate };
  } catch (error) {
    const failure = note(archive, key, failureFrom(error));
    if (signal?.aborted || client.state.status !== 'attached' || failure.failure === 'STORAGE') throw error;
    return failure;
  } finally {
    await intake.discard();
  }
}

/** Whether an attempt ended with the message in the archive. */
export function isStored(outcome: StoredMessage | AttemptFailure): outcome is StoredMessage {
  return 'message' in outcome;
}

function receive(
  context: ArchiveContext,
  voicemail: Voicemail,
  intake: Parameters<typeof receiveVoicemail>[3],
) {
  const { client, route, clock, signal } = context;
  const options = { clock, ...(signal ? { signal } : {}) };
  return 'server' in route
    ? receiveVoicemail(client, voicemail, route.server, intake, options)
    : receiveByFile(client, voicemail, route.folder, intake, options);
}

function note(archive: VoicemailArchive, key: number, failure: AttemptFailure): AttemptFailure {
  archive.catalogue.fail(key, failure.failure, failure.detail);
  return failure;
}

function shortOf({ durationSeconds }: VoicemailFacts, samples: number): AttemptFailure {
  const came = (samplesToMs(samples) / 1000).toFixed(1);
  return { failure: 'SHORT', detail: `${ARCHIVE_FAILURES.SHORT}: ${came} s of ${durationSeconds} s` };
}

const BY_CODE: Readonly<Record<string, keyof typeof ARCHIVE_FAILURES>> = {
  ERR_API: 'REFUSED',
  ERR_TIMEOUT: 'TIMEOUT',
  ERR_FILE: 'STORAGE',
  ERR_SINK: 'STORAGE',
};

function failureFrom(error: unknown): AttemptFailure {
  const detail = messageOf(error);
  if (error instanceof VoicemailFailedError) return { failure: error.failureReason ?? 'UNKNOWN', detail };
  const code = error instanceof JackfieldError ? error.code : '';
  return { failure: BY_CODE[code] ?? 'STREAM', detail };
}
