import type { Fence } from '../base/listener/fence.js';
import { EndingClock } from '../base/time/ending-clock.js';
import type { Destination } from '../switch/attempt.js';
import { VoiceTicker } from '../switch/voice-ticker.js';
import { PhoneCharges } from './account/phone-charges.js';
import { Commands } from './api/commands.js';
import type { Services } from './api/services.js';
import { Calls } from './calls/calls.js';
import type { UserCall } from './calls/user-call.js';
import type { ChatStore } from './chat-store/chat-store.js';
import { ExchangeChats } from './chats/chats.js';
import { makeExtensions } from './desk/extension.js';
import { IdleTimers } from './desk/idle-timers.js';
import { Ringers } from './devices/ringers.js';
import { Directory } from './directory.js';
import type { ResolvedOptions } from './exchange-options.js';
import type { ExchangeUser } from './exchange-user.js';
import { Voicemails } from './mailbox/voicemails.js';
import { OpenLines } from './open-lines.js';
import { followConnection } from './people/follow-connection.js';
import { FoundUsers } from './people/found-users.js';
import { countPartners } from './people/partners.js';
import { People } from './people/people.js';
import { UserGroups } from './people/user-groups.js';
import { SmsMessages } from './sms/sms-messages.js';
import { ExchangeStore } from './store/exchange-store.js';
import type { StateJournal } from './store/state-journal.js';
import { Transfers } from './transfers/transfers.js';
import { beep, promptFile } from './voice/prompt-files.js';
import type { ClosedStream } from './voice/voice-router.js';

/** Storage for the data that survives a restart. */
export interface Kept {
  /** Undefined without a state folder. */
  readonly journal: StateJournal | undefined;
  readonly chats: ChatStore;
  /** Folder of the voicemails. */
  readonly voicemails: string;
}

/** Callbacks from the interior of an exchange to its owner. */
export interface InteriorContext {
  readonly fence: Fence;
  /** A redirected stream has ended. */
  streamClosed(closed: ClosedStream): void;
  /** Ends the sessions of a user's clients. */
  detach(user: ExchangeUser): void;
}

/**
 * The parts of an exchange, wired to each other: calls, voicemails, people, chats, texts and files. It has no reference
 * to listeners or sessions.
 */
export class Interior {
  readonly clock: EndingClock;
  readonly store: ExchangeStore;
  readonly directory: Directory;
  readonly lines: OpenLines;
  readonly people: People;
  readonly calls: Calls;
  readonly voicemails: Voicemails;
  readonly sms: SmsMessages;
  readonly chats: ExchangeChats;
  readonly services: Services;
  readonly commands: Commands;
  readonly #context: InteriorContext;
  readonly #idle: IdleTimers;
  readonly #transfers: Transfers;
  #lastId: number;

  constructor(options: ResolvedOptions, kept: Kept, context: InteriorContext) {
    const { fence } = context;
    this.#context = context;
    this.clock = new EndingClock(fence.clock(options.clock));
    this.store = new ExchangeStore(kept.journal, (error) => fence.tell(error, 'state'));
    this.#lastId = Math.max(this.store.lastId, kept.chats.lastId);
    this.directory = new Directory(this.clock);
    if (options.gateway) this.directory.lines.add(options.gateway);
    this.lines = this.#makeLines();
    this.people = this.#makePeople();
    const charges = new PhoneCharges({
      clock: this.clock,
      people: this.people,
      save: (user) => this.store.saveUsers(user),
    });
    const ticker = new VoiceTicker(this.clock, fence);
    this.calls = this.#makeCalls(options, ticker, charges);
    this.voicemails = this.#makeVoicemails(kept.voicemails, ticker);
    this.sms = new SmsMessages({
      clock: this.clock,
      gateway: options.smsGateway,
      shelf: this.store.shelf('SMS'),
      nextId: this.#nextId,
      people: this.people,
      failed: (error) => fence.tell(error, 'SMS gateway'),
    });
    this.#transfers = new Transfers({
      clock: this.clock,
      people: this.people,
      shelf: this.store.shelf('FILETRANSFER'),
      isKept: kept.journal !== undefined,
      bytesPerSecond: options.transferBytesPerSecond,
      nextId: this.#nextId,
      userOf: this.#userOf,
      failed: (error) => fence.tell(error, 'file transfer'),
    });
    this.#idle = new IdleTimers(this.clock, this.people);
    this.chats = this.#makeChats(kept.chats);
    countPartners(this.people, this.calls, this.chats);
    this.services = this.#makeServices(options);
    this.commands = new Commands(this.services);
  }

  /** Restores the stored state, once the users exist. */
  restore(): void {
    for (const user of this.directory.users) {
      this.store.restoreUser(user);
      this.#idle.rearm(user);
    }
    this.people.settle();
    this.calls.restore(this.#userOf);
    this.voicemails.restore();
    this.chats.restore();
    this.#transfers.restore();
    this.sms.restore(this.#userOf);
    this.commands.restore();
  }

  /** Steps that end all activity, in their order. Storage is closed after all of them. */
  get closing(): (() => unknown)[] {
    return [this.#idle, this.calls, this.lines, this.voicemails, this.#transfers, this.chats].map(
      (part) => () => part.close(),
    );
  }

  readonly #nextId = (): number => ++this.#lastId;

  readonly #userOf = (handle: string): ExchangeUser | undefined => this.directory.userOf(handle);

  #makePeople(): People {
    const people = new People({
      clock: this.clock,
      everyone: this.directory,
      sight: this.directory.sight,
      save: (...users) => this.store.saveUsers(...users),
    });
    followConnection(people, this.clock, (user) => this.#context.detach(user));
    people.on('failure', (error) => this.#context.fence.tell(error, 'people'));
    return people;
  }

  #makeCalls(options: ResolvedOptions, ticker: VoiceTicker, charges: PhoneCharges): Calls {
    const { fence, streamClosed } = this.#context;
    return new Calls({
      clock: this.clock,
      ticker,
      ringers: new Ringers({ clock: this.clock, files: options.files, fence }),
      historyLimit: options.historyLimit,
      conferenceLimit: options.conferenceLimit,
      callsPerUser: options.limits.callsPerUser,
      fence,
      nextId: this.#nextId,
      shelf: this.store.shelf('CALL'),
      historyChanged: ({ handle }) => this.#recount(handle),
      takeMessage: (call, destination) => this.#takeMessage(call, destination),
      placed: (call) => charges.placed(call),
      ended: (call) => charges.ended(call),
      streamClosed,
    });
  }

  #makeLines(): OpenLines {
    const { directory, clock } = this;
    const { fence } = this.#context;
    return new OpenLines({
      table: directory.lines,
      clock,
      fence,
      place: (leg, target, { onward = 'none', ...way } = {}) => {
        const destination =
          directory.lookUpInside(target, this.calls) ?? directory.lookUpOutside(target, onward);
        if (destination) this.calls.placeFrom(leg, destination, way);
        return destination !== undefined;
      },
    });
  }

  #makeVoicemails(folder: string, ticker: VoiceTicker): Voicemails {
    const { fence, streamClosed } = this.#context;
    return new Voicemails({
      clock: this.clock,
      ticker,
      folder,
      defaultGreeting: promptFile('voicemail-greeting.wav'),
      beep: beep(),
      userOf: this.#userOf,
      nextId: this.#nextId,
      shelf: this.store.shelf('VOICEMAIL'),
      failed: (error) => fence.tell(error, 'mailbox'),
      streamClosed,
    });
  }

  #makeChats(store: ChatStore): ExchangeChats {
    store.failed = (error) => this.#context.fence.tell(error, 'chats');
    return new ExchangeChats({
      clock: this.clock,
      store,
      nextId: this.#nextId,
      userOf: this.#userOf,
      identityOf: (handle) => this.directory.identityOf(handle),
      isAway: (robot) => this.directory.mannerOf(robot).status === 'OFFLINE',
    });
  }

  #makeServices(options: ResolvedOptions): Services {
    const { directory } = this;
    return {
      clock: this.clock,
      limits: options.limits,
      extensions: makeExtensions(),
      idle: this.#idle,
      sendingExtraBytes: options.sendingExtraBytes,
      nextId: this.#nextId,
      calls: this.calls,
      voicemails: this.voicemails,
      sms: this.sms,
      transfers: this.#transfers,
      people: this.people,
      chats: this.chats,
      groups: new UserGroups({
        people: this.people,
        nextId: this.#nextId,
        channels: this.chats.groups,
        shelf: this.store.shelf('GROUP'),
      }),
      found: new FoundUsers(directory, options.searchForgets),
      opener: options.opener((error) => this.#context.fence.tell(error, 'voice file')),
      files: options.files,
      lookUp: (user, target) => directory.lookUp(user, target, this.calls),
      identityOf: (handle) => directory.identityOf(handle),
      userOf: this.#userOf,
      identities: () => directory.identities(),
      saveUser: (user) => this.store.saveUsers(user),
    };
  }

  #recount(handle: string): void {
    const user = this.#userOf(handle);
    if (user) this.people.recount(user);
  }

  #takeMessage(call: UserCall, destination: Destination): boolean {
    const owner = this.#userOf(destination.identity.handle);
    if (!owner?.hasVoicemail) return false;
    this.voicemails.leave(call, owner, 'forwarded');
    return true;
  }
}
