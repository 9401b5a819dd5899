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

/** Parts of the exchange that commands act on. */
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
  /** Files that clients name and that are no voice streams. */
  readonly files: ClientFiles;
  readonly limits: ExchangeLimits;
  readonly idle: IdleTimers;
  /** Menu items and alerts of clients. */
  readonly extensions: Extensions;
  /** Bytes that SENDING counts too many for each text that an application writes. */
  readonly sendingExtraBytes: number;
  /** Gives a number that no object has had. */
  nextId(): number;
  /** Looks up what `target` names for `user`. */
  lookUp(user: ExchangeUser, target: string): LookUp;
  /** Anyone that the exchange knows of. */
  identityOf(handle: string): Identity | undefined;
  userOf(handle: string): ExchangeUser | undefined;
  /** Everyone that the exchange knows of. */
  identities(): readonly Identity[];
  /** A user's profile or contacts have changed in a way that has to survive a restart. */
  saveUser(user: ExchangeUser): void;
}
