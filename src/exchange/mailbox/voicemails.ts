import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptions, needed, object, path, type Rules, unixMs, whole, words } from '../../base/check.js';
import { TaskSet } from '../../base/task-set.js';
import { copyPrivate, removeFile } from '../../files/private-file.js';
import type { VoicemailFailureReason } from '../../protocol/status/voicemail-status.js';
import type { Identity } from '../../switch/identity.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import type { UserCall } from '../calls/user-call.js';
import type { ExchangeUser } from '../exchange-user.js';
import { ApiObject, type ObjectRecord } from '../object/api-object.js';
import type { StoredObject } from '../object/object-shelf.js';
import { ObjectStore } from '../object/object-store.js';
import { standStill } from '../stand-still.js';
import { checkIdentity } from '../wire-value.js';
import { LeaveMessage, type LeaveStyle } from './leave-message.js';
import {
  settledVoicemail,
  UserVoicemail,
  type VoicemailType,
  voicemailProperties,
} from './user-voicemail.js';
import { FAULT, StepError, type VoicemailFault } from './voicemail-failure.js';
import { TRANSFER_MS, type VoicemailKeeper, type VoicemailsContext } from './voicemail-keeper.js';

/** Longest greeting, in seconds. */
const GREETING_SECONDS = 60;
/** A voicemail to put into a mailbox from outside the exchange. */
export interface Deposit {
  /** Sender of the voicemail. */
  readonly from: { readonly handle: string; readonly fullName?: string };
  /** Path of the WAV file. It is read when the voicemail is played. */
  readonly file: string;
  /** Time of the recording, in milliseconds since the Unix epoch. Default: now. */
  readonly recordedAtMs?: number;
  /** Value of DURATION, in seconds. Default: the duration of the file. */
  readonly durationSec?: number;
  /** A fault to simulate once. Default: none. */
  readonly fault?: VoicemailFault;
}

const FROM_RULES: Rules<Deposit['from']> = { handle: needed(words), fullName: words };
const RULES: Rules<Deposit & { readonly to: string }> = {
  to: needed(words),
  from: needed(object),
  file: needed(path),
  recordedAtMs: unixMs,
  durationSec: whole(0, 1_000_000, 's'),
  fault: FAULT,
};

/** Checks a deposit. @throws ERR_INVALID_ARG, ERR_LINE_BREAK, naming the field. */
export function checkDeposit(deposit: Deposit & { readonly to: string }): void {
  checkOptions(deposit, RULES);
  const { from } = deposit;
  checkOptions(from, FROM_RULES, 'from.');
  checkIdentity('from', { ...from, fullName: from.fullName ?? from.handle, network: 'P2P' });
}

/** All voicemails and greetings. */
export class Voicemails implements VoicemailKeeper {
  readonly context: VoicemailsContext;
  /** VOICEMAIL objects of all users, for voicemails and greetings. */
  readonly objects: ObjectStore<'VOICEMAIL', UserVoicemail>;
  /** The greeting that each user has recorded, by handle. */
  readonly #greetings = new Map<string, UserVoicemail>();
  readonly #pending = new TaskSet((error) => this.context.failed(error));

  constructor(context: VoicemailsContext) {
    this.context = context;
    this.objects = new ObjectStore({
      shelf: context.shelf,
      record: (voicemail) => this.#record(voicemail),
    });
  }

  /** Lists the voicemails for SEARCH VOICEMAILS. Greetings are not listed. */
  objectsOf(user: ExchangeUser): UserVoicemail[] {
    return this.objects.listOf(user).filter(({ isGreeting, status }) => !isGreeting && status !== 'DELETING');
  }

  missedOf(user: ExchangeUser): UserVoicemail[] {
    return this.objectsOf(user).filter(
      ({ type, status }) => type === 'INCOMING' && (status === 'UNPLAYED' || status === 'NOTDOWNLOADED'),
    );
  }

  /** Gives a VOICEMAIL object of `asking` for the greeting of `owner`. */
  greetingOf(asking: ExchangeUser, owner: ExchangeUser): UserVoicemail {
    const own = this.#greetings.get(owner.handle);
    if (own && asking === owner) return own;
    const known = this.objects
      .listOf(asking)
      .find((voicemail) => voicemail.isGreeting && voicemail.object.get('PARTNER_HANDLE') === owner.handle);
    return known ?? this.#copyOfGreeting(asking, owner);
  }

  /** Begins to leave a voicemail for `owner` over `call`. */
  leave(call: UserCall, owner: ExchangeUser, style: LeaveStyle): UserVoicemail {
    const greeting = this.#copyOfGreeting(call.user, owner);
    const message = this.create(call.user, 'OUTGOING', owner, owner.settings.voicemailSeconds);
    const leaving = new LeaveMessage(this, call, greeting, message, style);
    this.track(leaving.start().finally(() => this.#drop(greeting)));
    return message;
  }

  /** Makes a BLANK voicemail with a file of its own. Clients are not notified yet. */
  create(user: ExchangeUser, type: VoicemailType, partner: Identity, allowedSeconds: number): UserVoicemail {
    const voicemail = this.#make(user, type, partner, allowedSeconds);
    voicemail.object.put('STATUS', 'BLANK');
    return voicemail;
  }

  async deliver(voicemail: UserVoicemail): Promise<void> {
    if (!voicemail.canBecome('UPLOADED')) return;
    const recipient = this.context.userOf(voicemail.object.get('PARTNER_HANDLE') ?? '');
    voicemail.attempt('upload');
    reach(voicemail.user);
    if (!recipient?.hasVoicemail) throw new StepError('NO_VOICEMAIL_PRIVILEGE');
    if (voicemail.isGreeting) this.#greetings.set(voicemail.user.handle, voicemail);
    else await this.#deliverTo(voicemail, recipient);
    voicemail.become('UPLOADED');
    this.save(voicemail);
  }

  /** Simulates the download of a voicemail. The exchange itself is the server. */
  download(voicemail: UserVoicemail): void {
    const { clock } = this.context;
    voicemail.become('DOWNLOADING');
    this.save(voicemail);
    clock.timerAt(clock.now() + TRANSFER_MS, () => {
      const fetching = this.#fetch(voicemail);
      this.track(fetching);
      return fetching;
    });
  }

  delete(voicemail: UserVoicemail): void {
    if (!voicemail.become('DELETING')) return;
    this.objects.forget(voicemail);
    if (this.#greetings.get(voicemail.user.handle) === voicemail)
      this.#greetings.delete(voicemail.user.handle);
    this.track(this.#end(voicemail).finally(() => this.#drop(voicemail)));
  }

  save(voicemail: UserVoicemail): void {
    this.objects.save(voicemail);
  }

  /** Deletes all voicemails of the user's history. */
  clear(user: ExchangeUser): void {
    for (const voicemail of this.objectsOf(user)) this.delete(voicemail);
  }

  /** Restores the stored voicemails after a restart. */
  restore(): void {
    const restored = this.objects.restore(
      (handle) => this.context.userOf(handle),
      (id, user, { properties, file }) =>
        this.#new(user, id, settledVoicemail(properties), file ?? this.fileFor(id)),
    );
    for (const voicemail of restored) {
      if (voicemail.isGreeting) this.#greetings.set(voicemail.user.handle, voicemail);
    }
  }

  fileFor(id: number): string {
    return join(this.context.folder, `${id}.wav`);
  }

  track(work: Promise<void>): void {
    this.#pending.add(work);
  }

  failed(voicemail: UserVoicemail, error: unknown, otherwise: VoicemailFailureReason): void {
    const { reason, cause } = error instanceof StepError ? error : { reason: otherwise, cause: error };
    if (cause !== undefined) this.context.failed(cause);
    voicemail.fail(reason);
  }

  /** Ends all recordings and playbacks. */
  async close(): Promise<void> {
    for (const { activity } of this.objects.all()) activity?.by.stop();
    await this.#pending.settled();
    await Promise.all(this.objects.all().map(({ voice }) => voice.leave()));
  }

  /** Puts a voicemail into the mailbox of `user`, where it waits to be downloaded. @returns its id. */
  async deposit(user: ExchangeUser, deposit: Deposit): Promise<number> {
    const { from, file, fault, recordedAtMs = this.context.clock.unixMs() } = deposit;
    const seconds = deposit.durationSec ?? (await secondsOf(file));
    const partner = { handle: from.handle, fullName: from.fullName ?? from.handle, network: 'P2P' } as const;
    const incoming = this.#make(user, 'INCOMING', partner, user.settings.voicemailSeconds, file);
    if (fault) incoming.faults.push(fault);
    this.#arrive(incoming, String(seconds), recordedAtMs);
    return incoming.id;
  }

  /** Ends the activity of a voicemail and removes its file. */
  async #end(voicemail: UserVoicemail): Promise<void> {
    const activity = voicemail.activity?.by;
    if (activity?.discard) await activity.discard();
    else activity?.stop();
    await removeFile(this.fileFor(voicemail.id));
  }

  async #deliverTo(message: UserVoicemail, recipient: ExchangeUser): Promise<void> {
    const allowed = recipient.settings.voicemailSeconds;
    const incoming = this.#make(recipient, 'INCOMING', message.user, allowed);
    // The disk is full, or the voicemail was deleted meanwhile. The recipient has not been notified yet.
    const takeBack = () => Promise.all([this.#drop(incoming), removeFile(incoming.file)]);
    try {
      await standStill(this.context.clock, copyPrivate(message.file, incoming.file));
    } catch (error) {
      await takeBack();
      throw error;
    }
    if (!message.canBecome('UPLOADED')) {
      await takeBack();
      return;
    }
    this.#arrive(incoming, message.object.get('DURATION') ?? '0', this.context.clock.unixMs());
    this.download(incoming);
  }

  async #fetch(voicemail: UserVoicemail): Promise<void> {
    try {
      voicemail.attempt('download');
      reach(voicemail.user);
      await access(voicemail.file).catch((error) => {
        throw new StepError('NO_SUCH_VOICEMAIL', error);
      });
      voicemail.become('UNPLAYED');
    } catch (error) {
      this.failed(voicemail, error, 'MISC_ERROR');
    }
    this.save(voicemail);
  }

  #arrive(incoming: UserVoicemail, seconds: string, recordedAtMs: number): void {
    const { object } = incoming;
    object.put('DURATION', seconds);
    object.put('TIMESTAMP', String(Math.floor(recordedAtMs / 1000)));
    incoming.introduce();
    incoming.become('NOTDOWNLOADED');
    this.save(incoming);
  }

  #copyOfGreeting(asking: ExchangeUser, owner: ExchangeUser): UserVoicemail {
    const custom = this.#greetings.get(owner.handle)?.file ?? owner.settings.greeting;
    const type = custom === undefined ? 'DEFAULT_GREETING' : 'CUSTOM_GREETING';
    const file = custom ?? this.context.defaultGreeting;
    const properties = voicemailProperties(type, owner, GREETING_SECONDS, this.context.clock.unixMs());
    return this.#add(asking, this.context.nextId(), { ...properties, STATUS: 'NOTDOWNLOADED' }, file);
  }

  #make(
    user: ExchangeUser,
    type: VoicemailType,
    partner: Identity,
    allowed: number,
    file?: string,
  ): UserVoicemail {
    const properties = voicemailProperties(type, partner, allowed, this.context.clock.unixMs());
    const id = this.context.nextId();
    return this.#add(user, id, properties, file ?? this.fileFor(id));
  }

  /** Makes the record to store; undefined for a voicemail that is being deleted. */
  #record({ id, object, status, file }: UserVoicemail): Omit<StoredObject, 'user'> | undefined {
    if (status === 'DELETING') return undefined;
    return { properties: object.record(), ...(file !== this.fileFor(id) && { file }) };
  }

  #add(user: ExchangeUser, id: number, record: ObjectRecord, file: string): UserVoicemail {
    const voicemail = this.#new(user, id, record, file);
    this.objects.take(voicemail);
    return voicemail;
  }

  #new(user: ExchangeUser, id: number, record: ObjectRecord, file: string): UserVoicemail {
    return new UserVoicemail(
      new ApiObject('VOICEMAIL', id, user, record),
      user,
      file,
      this.context.streamClosed,
    );
  }

  /** Removes a voicemail and closes its redirected streams. */
  #drop(voicemail: UserVoicemail): Promise<void> {
    this.objects.drop(voicemail);
    return voicemail.voice.leave();
  }
}

/** Checks that the user can reach the server. @throws StepError when the user is offline. */
function reach(user: ExchangeUser): void {
  if (!user.online) throw new StepError('CONNECT_ERROR');
}

/** Duration of a WAV file in seconds, rounded up. */
async function secondsOf(file: string): Promise<number> {
  await using reader = await WavReader.open(file);
  return Math.ceil(reader.sampleCount / reader.format.sampleRate);
}
