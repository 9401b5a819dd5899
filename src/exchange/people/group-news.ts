import type { PropertyName } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { noticeVersions, type Versions } from '../../protocol/versions.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type GroupObject, membersOf, type Roll } from './group-members.js';
import { Headcount } from './headcount.js';

/** Parts of the exchange that {@link GroupNews} looks at. */
export interface GroupNewsContext {
  groupsOf(user: ExchangeUser): readonly GroupObject[];
  rollOf(user: ExchangeUser): Roll;
}

/**
 * Notifies users of changes to their groups. Changes made while a user is offline are reported when the user comes
 * online.
 */
export class GroupNews {
  readonly #context: GroupNewsContext;
  readonly #headcount = new Headcount();
  /** Notifications that wait for offline users. */
  readonly #waiting = new Map<ExchangeUser, (() => void)[]>();

  constructor(context: GroupNewsContext) {
    this.#context = context;
  }

  /** Takes the present state of a group as known to its owner. */
  begin(group: GroupObject, roll: Roll): void {
    this.#headcount.begin(group, roll);
  }

  /** Calls `tell` now if the user is online, otherwise when the user comes online. */
  tell(user: ExchangeUser, tell: () => void): void {
    if (user.online) tell();
    else this.#waiting.set(user, [...(this.#waiting.get(user) ?? []), tell]);
  }

  /** Delivers the waiting notifications to a user who has come online. */
  tellWaiting(user: ExchangeUser): void {
    if (!user.online) return;
    const waiting = this.#waiting.get(user) ?? [];
    this.#waiting.delete(user);
    for (const tell of waiting) tell();
  }

  /** Notifies the user of a new group. */
  made(user: ExchangeUser, group: GroupObject): void {
    this.tell(user, () => {
      const roll = this.#context.rollOf(user);
      const members = membersOf(group, roll);
      const online = members.filter((handle) => roll.people.sight.isOnline(user, handle)).length;
      this.begin(group, roll);
      say(group, 'TYPE', group.get('TYPE') ?? '');
      say(group, 'NROFUSERS', String(members.length));
      say(group, 'NROFUSERS_ONLINE', String(online));
      say(group, 'CUSTOM_GROUP_ID', group.get('CUSTOM_GROUP_ID') ?? '');
      say(group, 'DISPLAYNAME', group.get('DISPLAYNAME') ?? '');
      say(group, 'USERS', members.join(', '));
      // Its members may have been in no group before.
      this.recount(user);
    });
  }

  /** Notifies the user of a group that was removed. @param members handles of its former members. */
  removed(user: ExchangeUser, group: GroupObject, members: readonly string[]): void {
    this.tell(user, () => {
      // From protocol 7 on, the members are reported before the group is deleted. Below protocol 7, the order is that
      // of the reference.
      say(group, 'USERS', members.join(', '), { from: 7 });
      this.recount(user);
      user.notify({ kind: 'deleted', object: 'GROUP', id: group.id });
      say(group, 'USERS', members.join(', '), { below: 7 });
    });
  }

  /** Notifies a user of the groups whose members have changed. */
  recount(user: ExchangeUser): void {
    const groups = this.#context.groupsOf(user);
    if (groups.length === 0) return;
    const roll = this.#context.rollOf(user);
    for (const group of groups) {
      for (const [property, value] of this.#headcount.news(group, roll)) {
        say(group, property, value, noticeVersions('GROUP', property));
      }
    }
  }
}

/** Notifies the owner's clients of a value that may not be stored. */
function say(
  { owner, id }: GroupObject,
  property: PropertyName<'GROUP'>,
  value: string,
  versions?: Versions,
): void {
  owner.notify(replies.property('GROUP', id, property, value), versions);
}
