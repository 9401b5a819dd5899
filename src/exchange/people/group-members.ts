import { entryOf } from '../../base/entry-of.js';
import { phoneNumber } from '../../switch/identity.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ApiObject } from '../object/api-object.js';
import type { People } from './people.js';

/** A GROUP object of the exchange. */
export type GroupObject = ApiObject<'GROUP'>;

/** TYPE of a group made by a user, of a shared group, and of a proposed group that waits for ACCEPT or DECLINE. */
export const CUSTOM = 'CUSTOM_GROUP';
export const SHARED = 'SHARED_GROUP';
export const PROPOSED = 'PROPOSED_SHARED_GROUP';

/** Contacts and groups of one user, from which the members of a group are computed. */
export interface Roll {
  readonly people: People;
  readonly user: ExchangeUser;
  /** Handles in the contact list. */
  readonly friends: readonly string[];
  /** Groups that were made by users. */
  readonly custom: readonly GroupObject[];
}

type Members = (roll: Roll) => Iterable<string>;

/** The groups that Skype maintains itself, with the members of each (reference, "GROUP object"). */
const HARDWIRED = {
  ALL_USERS: ({ people, user }) =>
    new Set([...people.handlesWhere(user, () => true), ...people.recentOf(user)]),
  ALL_FRIENDS: ({ friends }) => friends,
  SKYPE_FRIENDS: ({ friends }) => friends.filter((handle) => !isPhone(handle)),
  SkypeOut_FRIENDS: ({ friends }) => friends.filter(isPhone),
  ONLINE_FRIENDS: ({ people, user, friends }) =>
    friends.filter((handle) => people.sight.isOnline(user, handle)),
  UNKNOWN_OR_PENDINGAUTH_FRIENDS: ({ user, friends }) => friends.filter((handle) => !user.isContact(handle)),
  RECENTLY_CONTACTED_USERS: ({ people, user }) => people.recentOf(user),
  USERS_WAITING_MY_AUTHORIZATION: ({ people, user }) => people.waitingFor(user),
  USERS_AUTHORIZED_BY_ME: ({ people, user }) =>
    people.handlesWhere(user, (handle) => people.sight.authorises(user, handle)),
  USERS_BLOCKED_BY_ME: ({ people, user }) =>
    people.handlesWhere(user, (handle) => user.has('ISBLOCKED', handle)),
  UNGROUPED_FRIENDS({ friends, custom }) {
    const grouped = new Set(custom.flatMap(keptMembers));
    return friends.filter((handle) => !grouped.has(handle.toLowerCase()));
  },
} as const satisfies Readonly<Record<string, Members>>;

/** TYPE of each group that exists without being created. */
export const HARDWIRED_TYPES = Object.keys(HARDWIRED) as readonly (keyof typeof HARDWIRED)[];

/**
 * Lists the handles of the members of a group. A shared group has the same members for all its users; the asking user
 * is left out. A former contact is not listed in other groups that the user has made.
 */
export function membersOf(group: GroupObject, roll: Roll): string[] {
  const hardwired: Members | undefined = entryOf<Members>(HARDWIRED, group.get('TYPE') ?? '');
  if (hardwired) return [...hardwired(roll)];
  const kept = keptMembers(group);
  if (group.get('TYPE') === CUSTOM) {
    const members = new Set(kept);
    return roll.friends.filter((handle) => members.has(handle.toLowerCase()));
  }
  const own = roll.user.handle.toLowerCase();
  return kept.filter((handle) => handle !== own).map((handle) => roll.people.nameOf(handle));
}

/** Handles that were added to a group, in lower case, as in a user's table of contacts. */
export function keptMembers(group: GroupObject): string[] {
  return (group.get('USERS') ?? '').split(', ').filter((handle) => handle !== '');
}

/** True for a group made by a user, shared or not. */
export function isCustom(group: GroupObject): boolean {
  return !Object.hasOwn(HARDWIRED, group.get('TYPE') ?? '');
}

function isPhone(handle: string): boolean {
  return phoneNumber(handle) !== undefined;
}
