import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  signal as abortSignal,
  path as aPath,
  callback,
  checkArgument,
  checkOptions,
  flag,
  having,
  listOf,
  object,
  optionsOf,
  type Rules,
  rule,
  secret,
  text,
  whole,
  words,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { isRowDamage } from '../../files/database.js';
import { expendable, RETENTION, type RetentionRules } from '../../recording/archive/retention.js';
import { ARCHIVE_QUERY, type ArchiveQuery } from './archive-query.js';
import {
  type ArchivedAudio,
  type ArchivedMessage,
  type AttemptFailure,
  isComplete,
  type VoicemailFacts,
} from './archived-message.js';
import type { AudioIntake } from './audio-intake.js';
import { VOICEMAIL_CATALOGUE_FILE } from './catalogue-schema.js';
import { MessageCatalogue, type StoredOutcome } from './message-catalogue.js';
import { type AudioKeys, MessageFiles } from './message-files.js';
import { hasSidecars } from './rebuild-archive.js';
import { type ArchiveFault, verifyMessage } from './verify-message.js';
import { isHeldBy, sidecarPath, writeSidecar } from './voicemail-sidecar.js';

/**
 * Options of {@link VoicemailArchive.open}. Encryption needs the package `age-encryption`. Sidecars and catalogue are
 * not encrypted.
 */
export interface VoicemailArchiveOptions extends AudioKeys {
  /** Clock that dates archived messages. Default: the machine's clock. */
  readonly clock?: Clock;
  /** True to open existing archives only. False to create a missing one. Default false. */
  readonly existing?: boolean;
}

const RULES: Rules<VoicemailArchiveOptions> = {
  encryptTo: listOf(words, 1),
  identity: secret(words),
  clock: CLOCK,
  existing: flag,
};
/** Rule of an archive as an argument. */
export const ARCHIVE = having('find', 'take', 'store');

/** Facts to store with audio. */
export type IntakeAccount = Omit<StoredOutcome, 'audio' | 'archivedAt'>;

/** A stored message. */
export interface StoredMessage {
  readonly message: ArchivedMessage;
  /** True when the archive already had its samples. */
  readonly duplicate: boolean;
  /** Error of its transcription. */
  readonly untranscribed?: Error;
}

/** Options of {@link VoicemailArchive.verify}. */
export interface VerifyArchiveOptions {
  readonly signal?: AbortSignal;
  /** Called after each message. */
  readonly onMessage?: (message: ArchivedMessage) => void;
}

/** Result of {@link VoicemailArchive.verify}. */
export interface ArchiveVerification {
  /** Number of messages whose audio was checked. */
  readonly checked: number;
  /** Number of messages that are listed but not stored. */
  readonly unstored: number;
  readonly faults: readonly ArchiveFault[];
}

/** Rules of {@link VoicemailArchive.purge}. A message is removed when one of the rules allows it. */
export interface RetentionPolicy extends RetentionRules {
  /** True to only list the messages that would be removed. Default false. */
  readonly dryRun?: boolean;
}

const PURGE_RULES: Rules<RetentionPolicy> = { ...RETENTION, dryRun: flag };
const VERIFY_RULES: Rules<VerifyArchiveOptions> = { signal: abortSignal, onMessage: callback };
const KEY = whole(0, Number.MAX_SAFE_INTEGER);
const FAILURE = rule('a failure and its detail', (value) => {
  const { failure, detail } = Object(value) as Partial<AttemptFailure>;
  return words.accepts(failure) && words.accepts(detail);
});
const TAGS = listOf(words);
const REASON = text(1, 100_000);
const INTAKE = having('publish');

/**
 * A folder of voicemails: audio files, a sidecar per message, and a catalogue. A message is safe when the method that
 * stores it resolves. An interrupted operation leaves the archive unchanged.
 */
export class VoicemailArchive implements AsyncDisposable {
  readonly root: string;
  /** @internal */
  readonly catalogue: MessageCatalogue;
  readonly #audio: MessageFiles;
  readonly #clock: Clock;
  #storing: Promise<unknown> = Promise.resolve();
  #finishing: Promise<void> = Promise.resolve();

  private constructor(audio: MessageFiles, catalogue: MessageCatalogue, clock: Clock) {
    this.root = audio.root;
    this.#audio = audio;
    this.catalogue = catalogue;
    this.#clock = clock;
  }

  /**
   * Opens an archive. Creates one in an empty or missing folder.
   * @throws ERR_FILE, also when the catalogue is damaged or lost ({@link rebuildArchive} restores it); ERR_INVALID_ARG
   * for an invalid age recipient; ERR_UNSUPPORTED without `age-encryption`.
   */
  static async open(root: string, options: VoicemailArchiveOptions = {}): Promise<VoicemailArchive> {
    checkArgument('root', root, aPath);
    checkOptions(options, RULES);
    const folder = resolve(root);
    const path = join(folder, VOICEMAIL_CATALOGUE_FILE);
    if (!existsSync(path)) await checkUncatalogued(root, options.existing ?? false);
    const audio = await MessageFiles.open(folder, options);
    const catalogue = new MessageCatalogue(path);
    return new VoicemailArchive(audio, catalogue, options.clock ?? systemClock);
  }

  /** Yields the matching messages, oldest first. */
  find(query?: ArchiveQuery): Generator<ArchivedMessage, void, void> {
    if (query !== undefined) checkOptions(query, ARCHIVE_QUERY);
    return this.catalogue.find(query);
  }

  /** Absolute path of a message's audio; `undefined` when it has none. */
  audioFile(message: ArchivedMessage): string | undefined {
    checkArgument('message', message, object);
    const { audio } = message;
    return audio && this.#audio.pathOf(audio);
  }

  /**
   * Yields the samples of a message; none when it has no audio.
   *
   * @throws ERR_FILE, ERR_WAV; ERR_UNSUPPORTED for encrypted audio without an identity.
   */
  samples(message: ArchivedMessage): AsyncGenerator<Int16Array, void, void> {
    checkArgument('message', message, object);
    return this.#samples(message);
  }

  /** Starts to receive the audio of a message. @throws ERR_FILE */
  async take(facts: VoicemailFacts): Promise<AudioIntake> {
    checkArgument('facts', facts, object);
    return await this.#audio.take(facts);
  }

  /**
   * Stores received audio as the audio of a message. The catalogue is updated after audio and sidecar, so that its
   * state `stored` is always true.
   *
   * @throws ERR_FILE
   */
  async store(key: number, intake: AudioIntake, account: IntakeAccount): Promise<StoredMessage> {
    checkArgument('key', key, KEY);
    checkArgument('intake', intake, INTAKE);
    checkArgument('account', account, object);
    // One at a time, so that messages with the same samples share their audio.
    const stored = this.#storing.then(() => this.#store(key, intake, account));
    this.#storing = stored.catch(() => undefined);
    return await stored;
  }

  /** Stores the failure of an attempt. Audio of an earlier attempt stays. @throws ERR_INVALID_ARG, ERR_FILE */
  async fail(key: number, reason: AttemptFailure): Promise<void> {
    checkArgument('key', key, KEY);
    checkArgument('reason', reason, FAILURE);
    const { failure, detail } = reason;
    this.catalogue.fail(key, failure, detail);
    await this.#finish(key);
  }

  /** Sets the message's tags, which can be searched. @throws ERR_INVALID_ARG, ERR_FILE */
  async setTags(key: number, tags: readonly string[]): Promise<void> {
    checkArgument('key', key, KEY);
    checkArgument('tags', tags, TAGS);
    this.catalogue.setTags(key, tags);
    await this.#finish(key);
  }

  /** Sets the message's transcript, which can be searched. @throws ERR_INVALID_ARG, ERR_FILE */
  async setTranscript(key: number, transcript: string): Promise<void> {
    checkArgument('key', key, KEY);
    checkArgument('transcript', transcript, words);
    this.catalogue.setTranscript(key, transcript);
    await this.#finish(key);
  }

  /**
   * Sets a legal hold on a message (with a reason), or removes it. When this resolves, the sidecar of a message with
   * audio has the hold as well, so that it does not depend on the catalogue.
   *
   * @throws ERR_INVALID_ARG, at once; ERR_FILE.
   */
  setHold(key: number, reason: string | undefined): Promise<void> {
    checkArgument('key', key, KEY);
    if (reason !== undefined) checkArgument('reason', reason, REASON);
    this.catalogue.setHold(key, reason);
    return this.#finish(key);
  }

  /**
   * Reads one message back from disk, and checks its audio against checksums and ledger, and its sidecar.
   * @returns the first fault, if any.
   */
  async verifyMessage(message: ArchivedMessage): Promise<ArchiveFault | undefined> {
    checkArgument('message', message, object);
    return await verifyMessage(this.#audio, message);
  }

  /** Reads all matching messages back from disk and compares them with the catalogue. */
  async verify(query: ArchiveQuery = {}, options: VerifyArchiveOptions = {}): Promise<ArchiveVerification> {
    checkOptions(query, ARCHIVE_QUERY);
    checkOptions(options, VERIFY_RULES);
    const faults: ArchiveFault[] = [];
    let [checked, unstored] = [0, 0];
    await this.#finish();
    for (const message of this.find(query)) {
      options.signal?.throwIfAborted();
      if (message.state === 'stored') {
        const fault = await this.verifyMessage(message);
        if (fault) faults.push(fault);
        checked++;
      } else if (message.state !== 'purged') unstored++;
      observe('onMessage', options.onMessage, message);
    }
    const known = new Set(Array.from(this.catalogue.allAudio(), ({ path }) => path));
    for await (const path of this.#audio.published()) {
      if (!known.has(path))
        faults.push({ kind: 'stray', path, key: undefined, detail: 'No message refers to it.' });
    }
    return { checked, unstored, faults };
  }

  /**
   * Removes messages by retention rules. Their rows stay as `purged`, so that they are not fetched again. Messages
   * under legal hold and their audio are never removed.
   *
   * @returns the removed messages; with `dryRun`, those that would be removed.
   * @throws ERR_INVALID_ARG for a rule out of range.
   */
  async purge(policy: RetentionPolicy): Promise<readonly ArchivedMessage[]> {
    checkOptions(policy, PURGE_RULES);
    await this.#finish();
    const doomed: ArchivedMessage[] = [];
    for (const message of this.#doomed(optionsOf<RetentionRules>(policy, RETENTION))) {
      const file = this.audioFile(message);
      // A hold may exist only in the sidecar.
      if (file === undefined || !(await isHeldBy(sidecarPath(file, message)))) doomed.push(message);
    }
    if (policy.dryRun) return doomed;
    for (const message of doomed) {
      this.catalogue.purge(message.key);
      await this.#finish(message.key);
    }
    return doomed;
  }

  /**
   * Cleans up after killed runs: removes partial audio, and applies pending changes of the catalogue. Other processes
   * may use the archive meanwhile. {@link archiveVoicemails} calls it first.
   */
  async sweep(): Promise<void> {
    await this.#audio.sweep();
    await this.#finish();
  }

  async close(): Promise<void> {
    await this.#audio.close();
    await this.#finishing;
    this.catalogue.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#samples({ audio }: ArchivedMessage): AsyncGenerator<Int16Array, void, void> {
    if (audio) yield* this.#audio.samples(audio);
  }

  #doomed(rules: RetentionRules): ArchivedMessage[] {
    const doomed: ArchivedMessage[] = [];
    // Audio is freed only with the last message that uses it.
    const users = new Map<string, number>();
    const freedBy = (audio: ArchivedAudio | undefined) => {
      if (!audio) return 0;
      const left = (users.get(audio.sha256) ?? this.catalogue.usersOf(audio)) - 1;
      users.set(audio.sha256, left);
      return left === 0 ? audio.bytes : 0;
    };
    const factsOf = ({ hold, audio, timestamp }: ArchivedMessage) => ({
      held: hold !== undefined,
      atMs: timestamp * 1000,
      bytes: hold === undefined ? freedBy(audio) : 0,
    });
    const limits = { totalBytes: this.catalogue.storedBytes, nowMs: this.#clock.unixMs() };
    for (const message of expendable(this.find({ state: 'stored' }), factsOf, rules, limits))
      doomed.push(message);
    return doomed;
  }

  async #store(key: number, intake: AudioIntake, account: IntakeAccount): Promise<StoredMessage> {
    const before = this.catalogue.message(key);
    const { audio, duplicate } = await intake.publish(this.catalogue);
    const archivedAt = Math.floor(this.#clock.unixMs() / 1000);
    const outcome = { ...account, audio, archivedAt };
    const described = {
      ...before,
      ...{ audio, archivedAt, ledger: account.ledger, unwritten: account.unwritten },
      complete: isComplete(account),
      transcript: account.transcript ?? before.transcript,
      hold: account.hold ?? before.hold,
      tags: [...new Set([...before.tags, ...(account.tags ?? [])])],
    };
    await writeSidecar(this.#audio.pathOf(audio), described);
    this.catalogue.store(key, outcome);
    await this.#finish(key);
    return { message: this.catalogue.message(key), duplicate };
  }

  /** Applies pending changes of the catalogue to the folder, for one message or for all. */
  #finish(key?: number): Promise<void> {
    const finished = this.#finishing.then(async () => {
      for (const unfinished of this.catalogue.unfinished(key)) {
        if (unfinished.remove) await this.#audio.remove(unfinished);
        else if (!(await this.#describe(unfinished.key))) continue;
        this.catalogue.finished(unfinished);
      }
    });
    this.#finishing = finished.catch(() => undefined);
    return finished;
  }

  /** Writes a message's sidecar again. @returns false when its row is damaged: then the sidecar does not change. */
  async #describe(key: number): Promise<boolean> {
    try {
      const message = this.catalogue.message(key);
      const file = this.audioFile(message);
      if (file !== undefined) await writeSidecar(file, message);
      return true;
    } catch (error) {
      if (isRowDamage(error)) return false;
      throw error;
    }
  }
}

/**
 * Checks that a folder without a catalogue may become an archive. An archive that has lost its catalogue is refused,
 * because its legal holds would be unknown.
 */
async function checkUncatalogued(root: string, mayNot: boolean): Promise<void> {
  if (await hasSidecars(root)) {
    const text = `The archive ${printable(root)} has no ${VOICEMAIL_CATALOGUE_FILE} any more.`;
    throw new JackfieldError(
      'ERR_FILE',
      `${text} \`jackfield voicemail index\` builds a new one from the sidecars.`,
    );
  }
  if (mayNot) {
    throw new JackfieldError(
      'ERR_FILE',
      `${printable(root)} is not an archive of voicemails: it has no ${VOICEMAIL_CATALOGUE_FILE}.`,
    );
  }
}
