import { entryOf } from '../../base/entry-of.js';
import { phoneNumber } from '../../switch/identity.js';
import type { ApiObject } from '../object/api-object.js';
import type { Asking } from '../object/object-kind.js';
import { friendsOf, handlesWhere, onlineStatus, waitingFor } from './contacts.js';

/** A GROUP object of the exchange. */
export type GroupObject = ApiObject<'GROUP'>;

/** TYPE of the groups that users make. */
export const CUSTOM_GROUP = 'CUSTOM_GROUP';

type Members = (asking: Asking, custom: readonly GroupObject[]) => Iterable<string>;

/** The groups that Skype keeps by itself, and who is in each (reference, "GROUP object"). */
const HARDWIRED = {
  ALL_USERS: (asking) => new Set([...known(asking, () => true), ...recentPartners(asking)]),
  ALL_FRIENDS: ({ services, user }) => friendsOf(services, user),
  SKYPE_FRIENDS: ({ services, user }) => friendsOf(services, user).filter((handle) => !isPhone(handle)),
  SkypeOut_FRIENDS: ({ services, user }) => friendsOf(services, user).filter(isPhone),
  ONLINE_FRIENDS: (asking) =>
    friendsOf(asking.services, asking.user).filter((handle) => isOnline(asking, handle)),
  UNKNOWN_OR_PENDINGAUTH_FRIENDS: (asking) => known(asking, (contact) => contact.get('BUDDYSTATUS') === '2'),
  RECENTLY_CONTACTED_USERS: (asking) => recentPartners(asking),
  USERS_WAITING_MY_AUTHORIZATION: ({ services, user }) => waitingFor(services, user),
  USERS_AUTHORIZED_BY_ME: (asking) => known(asking, (contact) => contact.get('ISAUTHORIZED') === 'TRUE'),
  USERS_BLOCKED_BY_ME: (asking) => known(asking, (contact) => contact.get('ISBLOCKED') === 'TRUE'),
  UNGROUPED_FRIENDS({ services, user }, custom) {
    const grouped = new Set(custom.flatMap(keptMembers));
    return friendsOf(services, user).filter((handle) => !grouped.has(handle.toLowerCase()));
  },
} as const satisfies Readonly<Record<string, Members>>;

/** TYPE of each group that there is without being made. */
export const HARDWIRED_TYPES = Object.keys(HARDWIRED) as readonly (keyof typeof HARDWIRED)[];

/**
 * Lists the handles of those in a group. Whoever is no contact any more is in no group that the user has made.
 *
 * @param custom Groups that the user has made.
 */
export function membersOf(asking: Asking, group: GroupObject, custom: readonly GroupObject[]): string[] {
  const hardwired: Members | undefined = entryOf<Members>(HARDWIRED, group.get('TYPE') ?? '');
  if (hardwired) return [...hardwired(asking, custom)];
  const kept = new Set(keptMembers(group));
  return friendsOf(asking.services, asking.user).filter((handle) => kept.has(handle.toLowerCase()));
}

/** Handles that were put into a group, in small letters, as a user's table of contacts has them. */
export function keptMembers(group: GroupObject): string[] {
  return (group.get('USERS') ?? '').split(', ').filter((handle) => handle !== '');
}

export function isOnline({ services }: Asking, handle: string): boolean {
  return !['OFFLINE', 'UNKNOWN', 'SkypeOut'].includes(onlineStatus(services, handle));
}

function known({ services, user }: Asking, matches: Parameters<typeof handlesWhere>[2]): string[] {
  return handlesWhere(services, user, matches);
}

/** Handles of the other parties of the user's calls. */
function recentPartners({ services: { calls }, user }: Asking): Set<string> {
  return new Set(calls.objects.listOf(user).map((call) => call.get('PARTNER_HANDLE') ?? ''));
}

function isPhone(handle: string): boolean {
  return phoneNumber(handle) !== undefined;
}
