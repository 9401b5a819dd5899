import { setMaxListeners } from 'node:events';
import { readdir } from 'node:fs/promises';
import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  flag,
  line,
  listOf,
  needed,
  object,
  type Rules,
  text,
  whole,
  within,
} from '../../base/check.js';
import { messageOf } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { backOffMs } from '../../base/time/back-off.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import type { Voicemail } from '../../control/call/voicemail.js';
import type { Client } from '../../control/client/client.js';
import { CLIENT } from '../../control/client/command-sender.js';
import { isRowDamage } from '../../files/database.js';
import { fileError } from '../../files/file-error.js';
import { FolderLock } from '../../files/folder-lock.js';
import { ApiError } from '../../protocol/api-error.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import { voicemailFacts, voicemailIdentity } from '../voicemail-facts.js';
import { requireRedirection } from '../voicemail-port.js';
import { attended, deleteVoicemail } from '../voicemail-waits.js';
import { type ArchiveContext, type ArchiveRoute, archiveMessage, isStored } from './archive-message.js';
import type { ArchivedMessage, VoicemailFacts } from './archived-message.js';
import { ARCHIVE, type StoredMessage, type VoicemailArchive } from './voicemail-archive.js';

/** Options of {@link archiveVoicemails}. */
export interface ArchiveVoicemailsOptions {
  /** Route by which audio leaves the endpoint. */
  readonly route: ArchiveRoute;
  /** Messages that are played at once: 1 to 64. Endpoints of old play one. Default 1. */
  readonly concurrency?: number;
  /** Attempts for one message in this run: 1 to 10. Default 2. */
  readonly attempts?: number;
  /** Pause before a message is tried again, in milliseconds: 0 to 3,600,000; doubled each time. Default 1000. */
  readonly retryMs?: number;
  /**
   * Turns each message into text while it comes in, also where the archive is encrypted: the engine hears it beside the
   * archive, and nothing of it is on the disk in clear. Default: none.
   */
  readonly transcriber?: Transcriber;
  /** Language of the messages, for the transcriber. */
  readonly language?: string;
  /** Tags that each message gets that is stored now. Default: none. */
  readonly tags?: readonly string[];
  /** Puts each message that is stored now under legal hold, for this reason. Default: none. */
  readonly hold?: string;
  /** Delete each original that is stored complete, once its audio was read back from the disk. Default false. */
  readonly deleteOriginals?: boolean;
  readonly clock?: Clock;
  /** Ends the run; what is half done is done again by the next one. */
  readonly signal?: AbortSignal;
  /** Told of each message that the run is through with. */
  readonly onProgress?: (progress: ArchiveProgress) => void;
}

const RULES: Rules<ArchiveVoicemailsOptions> = {
  route: needed(object),
  concurrency: whole(1, 64),
  attempts: whole(1, 10),
  retryMs: within(0, 3_600_000, 'ms'),
  transcriber: object,
  language: line(1, 100),
  tags: listOf(text(1, 1000)),
  hold: text(1, 1000),
  deleteOriginals: flag,
  clock: CLOCK,
  signal: abortSignal,
  onProgress: callback,
};

/** One more message is done with. */
export interface ArchiveProgress {
  /** Messages done with, of `total`. */
  readonly done: number;
  readonly total: number;
  readonly outcome: 'stored' | 'duplicate' | 'incomplete' | 'failed' | 'known' | 'gone' | 'damaged';
  readonly message: ArchivedMessage | undefined;
  /** Reason for which a stored message has no transcript, though there is a transcriber. */
  readonly untranscribed: Error | undefined;
}

/** Outcomes of a run. Every message that the endpoint listed is counted once among them. */
export interface ArchiveReport {
  readonly account: string;
  readonly listed: number;
  /** Stored now, all of it. */
  readonly stored: number;
  /** Messages of `stored` whose samples were in the archive already. */
  readonly duplicates: number;
  /** Stored, now or before, but less came than the message is long, now too. */
  readonly incomplete: readonly ArchivedMessage[];
  /** Stored, or purged, before. */
  readonly known: number;
  /** Deleted by another program while the run went on. */
  readonly gone: number;
  /** Left alone, since their rows in the catalogue are damaged: `rebuildArchive` makes those anew. */
  readonly damaged: number;
  readonly failed: readonly ArchivedMessage[];
  /** Stored now, without the transcript that was asked for. */
  readonly untranscribed: number;
  readonly originalsDeleted: number;
  /** Bytes of audio that were added. */
  readonly bytes: number;
}

type Counts = {
  -readonly [K in
    | 'stored'
    | 'duplicates'
    | 'untranscribed'
    | 'known'
    | 'gone'
    | 'damaged'
    | 'originalsDeleted'
    | 'bytes']: number;
};

/**
 * Brings an archive up to date with the voicemails of the account that `client` is attached to: lists them, takes out
 * those that the archive does not have, stores each with sidecar and checksums. Can be stopped or killed at any
 * moment and run again: no message is lost, none is stored twice.
 *
 * @throws ERR_ABORTED; ERR_CLOSED when the endpoint goes away; ERR_UNSUPPORTED below protocol 8; ERR_INVALID_STATE while
 * another run is at work in the archive; ERR_FILE when the archive cannot be written, or the folder of the route is
 * none; what the transcriber's `ready` throws. What concerns one message only is in the report.
 */
export async function archiveVoicemails(
  client: Client,
  archive: VoicemailArchive,
  options: ArchiveVoicemailsOptions,
): Promise<ArchiveReport> {
  return new ArchiveRun(client, archive, options).run();
}

class ArchiveRun {
  readonly #context: ArchiveContext;
  readonly #options: ArchiveVoicemailsOptions;
  readonly #attempts: number;
  readonly #counts: Counts = {
    stored: 0,
    duplicates: 0,
    untranscribed: 0,
    known: 0,
    gone: 0,
    damaged: 0,
    originalsDeleted: 0,
    bytes: 0,
  };
  readonly #failed: ArchivedMessage[] = [];
  readonly #incomplete: ArchivedMessage[] = [];
  #account = '';
  #ids: number[] = [];
  #listed = 0;
  #done = 0;

  constructor(client: Client, archive: VoicemailArchive, options: ArchiveVoicemailsOptions) {
    checkArgument('client', client, CLIENT);
    checkArgument('archive', archive, ARCHIVE);
    checkOptions(options, RULES);
    const { route, attempts = 2, clock = systemClock } = options;
    const { transcriber, language, tags = [], hold, signal } = options;
    // All messages that are under way listen to it.
    const stop = signal && AbortSignal.any([signal]);
    if (stop) setMaxListeners(0, stop);
    const labels = { tags: [...tags], ...(hold !== undefined && { hold }) };
    this.#context = { client, archive, route, transcriber, language, labels, clock, signal: stop };
    this.#options = options;
    this.#attempts = attempts;
  }

  async run(): Promise<ArchiveReport> {
    const { client, archive, route, transcriber } = this.#context;
    requireRedirection(client);
    if ('folder' in route) await checkFolder(route.folder);
    await transcriber?.ready?.();
    using _ = FolderLock.take(archive.root, 'archived to');
    await archive.sweep();
    return await this.#run();
  }

  async #run(): Promise<ArchiveReport> {
    const { client } = this.#context;
    this.#account = await client.parameters.get('CURRENTUSERHANDLE');
    this.#ids = [...(await client.search('VOICEMAILS'))].reverse();
    this.#listed = this.#ids.length;
    this.#noteGone(new Set(this.#ids));
    const workers = Array.from({ length: this.#options.concurrency ?? 1 }, () => this.#work());
    // A failure stops all: wait for the others, so that nothing goes on after this returns.
    const results = await Promise.allSettled(workers);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return {
      account: this.#account,
      listed: this.#listed,
      ...this.#counts,
      incomplete: this.#incomplete,
      failed: this.#failed,
    };
  }

  async #work(): Promise<void> {
    try {
      for (let id = this.#ids.pop(); id !== undefined; id = this.#ids.pop()) {
        this.#context.signal?.throwIfAborted();
        await this.#message(id);
      }
    } catch (error) {
      this.#ids.length = 0;
      throw error;
    }
  }

  async #message(id: number): Promise<void> {
    const { client, archive } = this.#context;
    const voicemail = client.voicemail(id);
    const found = await this.#find(voicemail).catch((error: unknown) => {
      if (error instanceof ApiError) return undefined;
      // What the catalogue says of it has to be made anew first.
      if (isRowDamage(error)) return 'damaged';
      throw error;
    });
    if (found === 'damaged') {
      this.#counts.damaged++;
      return this.#tell('damaged', undefined);
    }
    // A deleted one is still listed for a while (reference, "ALTER VOICEMAIL").
    if (!found || voicemail.state?.phase === 'deleted') return this.#gone(found?.known);
    const known = found.known ?? archive.catalogue.see(found.facts);
    if (isDone(known)) {
      this.#counts.known++;
      this.#tell('known', await this.#deleteOriginal(known));
      return;
    }
    await this.#fetch(known);
  }

  /** Finds the row of a voicemail that needs no more work, or else all facts of the voicemail. */
  async #find(
    voicemail: Voicemail,
  ): Promise<
    { readonly known: ArchivedMessage } | { readonly known: undefined; readonly facts: VoicemailFacts }
  > {
    const { archive, signal } = this.#context;
    const limits = signal ? { signal } : {};
    await voicemail.text('STATUS', limits);
    const known = archive.catalogue.known(await voicemailIdentity(this.#account, voicemail, limits));
    if (known && (isDone(known) || voicemail.state?.phase === 'deleted')) return { known };
    return { known: undefined, facts: await voicemailFacts(this.#account, voicemail, limits) };
  }

  #gone(known: ArchivedMessage | undefined): void {
    const { catalogue } = this.#context.archive;
    if (known?.original === 'kept') catalogue.setOriginal(known.key, 'gone');
    this.#counts.gone++;
    this.#tell('gone', known);
  }

  async #fetch(known: ArchivedMessage): Promise<void> {
    const { archive, clock, signal } = this.#context;
    for (let attempt = 1; ; attempt++) {
      const last = attempt === this.#attempts;
      const outcome = await archiveMessage(this.#context, known, last);
      if (isStored(outcome)) return this.#stored(outcome);
      if (last) break;
      const pause = backOffMs(attempt, { firstMs: this.#options.retryMs ?? 1000 });
      await sleep(clock, pause, signal ? { signal } : {});
    }
    const message = archive.catalogue.message(known.key);
    // No more came than an earlier run has stored.
    if (message.state === 'stored') this.#incomplete.push(message);
    else this.#failed.push(message);
    this.#tell(message.state === 'stored' ? 'incomplete' : 'failed', message);
  }

  async #stored({ message, duplicate, untranscribed }: StoredMessage): Promise<void> {
    if (untranscribed) this.#counts.untranscribed++;
    if (!duplicate) this.#counts.bytes += message.audio?.bytes ?? 0;
    if (!message.complete) {
      this.#incomplete.push(message);
      return this.#tell('incomplete', message, untranscribed);
    }
    this.#counts.stored++;
    if (duplicate) this.#counts.duplicates++;
    this.#tell(duplicate ? 'duplicate' : 'stored', await this.#deleteOriginal(message), untranscribed);
  }

  /** Deletes the original where that was asked for, the message is complete, and its audio reads back as it came. */
  async #deleteOriginal(message: ArchivedMessage): Promise<ArchivedMessage> {
    const { archive, client, signal } = this.#context;
    const { key, state, complete, original } = message;
    if (!this.#options.deleteOriginals || state !== 'stored' || !complete || original !== 'kept')
      return message;
    const fault = await archive.verifyMessage(message);
    if (fault) {
      archive.catalogue.lose(key, 'STORAGE', fault.detail);
      this.#failed.push(archive.catalogue.message(key));
      return archive.catalogue.message(key);
    }
    try {
      const voicemail = client.voicemail(message.id);
      await attended(voicemail, () => deleteVoicemail(voicemail, signal ? { signal } : {}));
      archive.catalogue.setOriginal(key, 'deleted');
      this.#counts.originalsDeleted++;
    } catch (error) {
      if (signal?.aborted || client.state.status !== 'attached') throw error;
      archive.catalogue.fail(key, 'REFUSED', `The original could not be deleted: ${messageOf(error)}`);
      this.#failed.push(archive.catalogue.message(key));
    }
    return archive.catalogue.message(key);
  }

  /** Notes messages that the endpoint no longer lists as gone; a run that was killed may not have done so. */
  #noteGone(listed: ReadonlySet<number>): void {
    const { archive } = this.#context;
    for (const { key, id, original } of archive.find({ account: this.#account, state: 'stored' })) {
      if (original === 'kept' && !listed.has(id)) archive.catalogue.setOriginal(key, 'gone');
    }
  }

  #tell(
    outcome: ArchiveProgress['outcome'],
    message: ArchivedMessage | undefined,
    untranscribed?: Error,
  ): void {
    this.#done++;
    observe('onProgress', this.#options.onProgress, {
      done: this.#done,
      total: this.#listed,
      outcome,
      message,
      untranscribed,
    });
  }
}

/** @throws ERR_FILE for a value that is not a folder: the endpoint would refuse message by message. */
async function checkFolder(path: string): Promise<void> {
  await readdir(path).catch((cause: unknown) => {
    throw fileError('read the folder', path, cause);
  });
}

function isDone({ state, complete }: ArchivedMessage): boolean {
  return state === 'purged' || (state === 'stored' && complete);
}
