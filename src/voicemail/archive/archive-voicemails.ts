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
import {
  type ArchiveContext,
  type ArchiveRoute,
  archiveMessage,
  isDeleted,
  isStored,
} from './archive-message.js';
import type { ArchivedMessage, VoicemailFacts } from './archived-message.js';
import { ARCHIVE, type StoredMessage, type VoicemailArchive } from './voicemail-archive.js';

/** Options of {@link archiveVoicemails}. */
export interface ArchiveVoicemailsOptions {
  /** Route of the audio from the endpoint. */
  readonly route: ArchiveRoute;
  /** Messages played in parallel: 1 to 64. Older endpoints play one at a time. Default 1. */
  readonly concurrency?: number;
  /** Attempts per message in this run: 1 to 10. Default 2. */
  readonly attempts?: number;
  /** Pause before a message is tried again, in milliseconds: 0 to 3,600,000. It doubles each time. Default 1000. */
  readonly retryMs?: number;
  /**
   * Engine that transcribes each message while it is received. It also works with an encrypted archive: plain audio is
   * never on disk. Default: none.
   */
  readonly transcriber?: Transcriber;
  /** Language of the messages, passed to the transcriber. */
  readonly language?: string;
  /** Tags for each message stored in this run. Default: none. */
  readonly tags?: readonly string[];
  /** Reason of a legal hold for each message stored in this run. Default: no hold. */
  readonly hold?: string;
  /** True to delete each original that is stored completely, after its audio was read back from disk. Default false. */
  readonly deleteOriginals?: boolean;
  readonly clock?: Clock;
  /** Ends the run. The next run repeats incomplete work. */
  readonly signal?: AbortSignal;
  /** Called after each message. */
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

/** Progress of a run, after each message. */
export interface ArchiveProgress {
  /** Number of finished messages, of `total`. */
  readonly done: number;
  readonly total: number;
  readonly outcome: 'stored' | 'duplicate' | 'incomplete' | 'failed' | 'known' | 'gone' | 'damaged';
  readonly message: ArchivedMessage | undefined;
  /** Error of the transcriber for a stored message. */
  readonly untranscribed: Error | undefined;
}

/** Result of a run. Every message listed by the endpoint is counted once. */
export interface ArchiveReport {
  readonly account: string;
  readonly listed: number;
  /** Messages stored completely in this run. */
  readonly stored: number;
  /** Messages of `stored` with samples that the archive already had. */
  readonly duplicates: number;
  /** Messages stored in this run or before that are still incomplete. */
  readonly incomplete: readonly ArchivedMessage[];
  /** Messages stored or purged before. */
  readonly known: number;
  /** Messages deleted by another program during the run. */
  readonly gone: number;
  /** Messages skipped because their rows in the catalogue are damaged: `rebuildArchive` restores them. */
  readonly damaged: number;
  readonly failed: readonly ArchivedMessage[];
  /** Messages stored in this run without the requested transcript. */
  readonly untranscribed: number;
  readonly originalsDeleted: number;
  /** Bytes of audio added to the archive. */
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
 * Updates an archive with the voicemails of the account that `client` is attached to: lists them, fetches those that
 * the archive does not have, and stores each with a sidecar and checksums. After a stop or kill it can be run again: no
 * message is lost or stored twice.
 *
 * @throws ERR_ABORTED; ERR_CLOSED when the endpoint is lost; ERR_UNSUPPORTED below protocol 8; ERR_INVALID_STATE while
 * another run uses the archive; ERR_FILE when the archive cannot be written, or the folder of the route does not exist;
 * errors of the transcriber's `ready`. Failures of single messages are in the report.
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
    // All messages in progress add a listener.
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
    // A failure stops all workers. Wait for them, so that no work continues after this returns.
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
      // The damaged row must be restored first.
      if (isRowDamage(error)) return 'damaged';
      throw error;
    });
    if (found === 'damaged') {
      this.#counts.damaged++;
      return this.#tell('damaged', undefined);
    }
    // A deleted voicemail is still listed for a while (reference, "ALTER VOICEMAIL").
    if (!found || voicemail.state?.phase === 'deleted') return this.#gone(found?.known);
    const known = found.known ?? archive.catalogue.see(found.facts);
    if (isDone(known)) {
      this.#counts.known++;
      this.#tell('known', await this.#deleteOriginal(known));
      return;
    }
    await this.#fetch(known);
  }

  /** Finds the row of a voicemail that needs no more work. Otherwise reads all its facts. */
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
      if (isDeleted(outcome)) return this.#gone(archive.catalogue.message(known.key));
      if (last) break;
      const pause = backOffMs(attempt, { firstMs: this.#options.retryMs ?? 1000 });
      await sleep(clock, pause, signal ? { signal } : {});
    }
    const message = archive.catalogue.message(known.key);
    // This run got no more than an earlier run has stored.
    if (message.state === 'stored') this.#incomplete.push(message);
    else this.#failed.push(message);
    this.#tell(message.state === 'stored' ? 'incomplete' : 'failed', message);
  }

  async #stored({ message, duplicate, untranscribed }: StoredMessage): Promise<void> {
    if (untranscribed) this.#counts.untranscribed++;
    if (!duplicate) this.#counts.bytes += message.audio?.bytes ?? 0;
    if (!message.complete) {
      if (isDeleted(message)) this.#context.archive.catalogue.setOriginal(message.key, 'gone');
      this.#incomplete.push(message);
      return this.#tell('incomplete', message, untranscribed);
    }
    this.#counts.stored++;
    if (duplicate) this.#counts.duplicates++;
    this.#tell(duplicate ? 'duplicate' : 'stored', await this.#deleteOriginal(message), untranscribed);
  }

  /** Deletes the original if requested, when the message is complete and its audio verifies. */
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

  /** Marks messages that the endpoint no longer lists as gone. A killed run may have missed them. */
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

/** @throws ERR_FILE when it is not a folder: otherwise the endpoint would refuse every message. */
async function checkFolder(path: string): Promise<void> {
  await readdir(path).catch((cause: unknown) => {
    throw fileError('read the folder', path, cause);
  });
}

function isDone({ state, complete }: ArchivedMessage): boolean {
  return state === 'purged' || (state === 'stored' && complete);
}
