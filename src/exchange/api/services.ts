import type { Clock } from '../../base/time/clock.js';
import type { Identity } from '../../switch/identity.js';
import type { Calls } from '../calls/calls.js';
import type { ExchangeChats } from '../chats/chats.js';
import type { ClientFiles } from '../client-files.js';
import type { Extensions } from '../desk/extension.js';
import type { IdleTimers } from '../desk/idle-timers.js';
import type { LookUp } from '../directory.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ExchangeLimits } from '../limits.js';
import type { Voicemails } from '../mailbox/voicemails.js';
import type { FoundUsers } from '../people/found-users.js';
import type { People } from '../people/people.js';
import type { UserGroups } from '../people/user-groups.js';
import type { SmsMessages } from '../sms/sms-messages.js';
import type { Transfers } from '../transfers/transfers.js';
import type { StreamOpener } from '../voice/voice-router.js';

/** Parts of the exchange that commands use. */
export interface Services {
  readonly clock: Clock;
  readonly calls: Calls;
  readonly voicemails: Voicemails;
  readonly sms: SmsMessages;
  readonly transfers: Transfers;
  readonly people: People;
  readonly chats: ExchangeChats;
  readonly groups: UserGroups;
  readonly found: FoundUsers;
  readonly opener: StreamOpener;
  /** Files named by clients, apart from voice streams. */
  readonly files: ClientFiles;
  readonly limits: ExchangeLimits;
  readonly idle: IdleTimers;
  /** Menu items and alerts of clients. */
  readonly extensions: Extensions;
  /** Extra bytes that SENDING reports for each text that an application writes. */
  readonly sendingExtraBytes: number;
  /** Gives an unused object number. */
  nextId(): number;
  /** Looks up the destination that `target` names for `user`. */
  lookUp(user: ExchangeUser, target: string): LookUp;
  /** Gives a known user or robot by its handle. */
  identityOf(handle: string): Identity | undefined;
  userOf(handle: string): ExchangeUser | undefined;
  /** Lists all known identities. */
  identities(): readonly Identity[];
  /** Stores a user's profile and contacts after a change. */
  saveUser(user: ExchangeUser): void;
}
