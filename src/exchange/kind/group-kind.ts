import { phoneNumber } from '../../switch/identity.js';
import { Refusal } from '../api/refusal.js';
import { type AnyKind, type Asking, kindOf } from '../object/object-kind.js';
import { ObjectStore } from '../object/object-store.js';
import type { User } from '../user.js';
import { friendsOf, handlesWhere, onlineStatus, waitingFor } from './contacts.js';

type Members = (asking: Asking) => Iterable<string>;

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
  // There are no custom groups yet.
  UNGROUPED_FRIENDS: ({ services, user }) => friendsOf(services, user),
} as const satisfies Readonly<Record<string, Members>>;

/** A group as its user sees it. */
interface Group {
  readonly id: number;
  readonly owner: User;
  readonly type: keyof typeof HARDWIRED;
}

/** The GROUP object (reference, "GROUP object"): the hardwired groups, to be read. They are made when they are asked for. */
export function groupKind(): AnyKind {
  const groups = new ObjectStore<'GROUP', Group>();
  const hardwiredOf = ({ services, user }: Asking): Group[] => {
    const made = groups.listOf(user);
    if (made.length > 0) return made;
    for (const type of Object.keys(HARDWIRED) as (keyof typeof HARDWIRED)[]) {
      groups.add({ id: services.nextId(), owner: user, type });
    }
    return groups.listOf(user);
  };
  return kindOf<'GROUP', Group>({
    object: 'GROUP',
    find: ({ user }, id) => groups.of(user, id),
    value: ({ type }, property) => (property === 'TYPE' ? type : undefined),
    defaults: { CUSTOM_GROUP_ID: '', DISPLAYNAME: '', VISIBLE: 'FALSE', EXPANDED: 'FALSE' },
    get: {
      USERS: (asking, { type }) => [...HARDWIRED[type](asking)].join(', '),
      NROFUSERS: (asking, { type }) => String([...HARDWIRED[type](asking)].length),
      NROFUSERS_ONLINE: (asking, { type }) =>
        String([...HARDWIRED[type](asking)].filter((handle) => isOnline(asking, handle)).length),
    },
    search: {
      GROUPS(asking, which) {
        switch (which.toUpperCase()) {
          case '':
          case 'ALL':
          case 'HARDWIRED':
            return hardwiredOf(asking).map(({ id }) => id);
          case 'CUSTOM':
            return [];
          default:
            throw new Refusal('invalid-argument');
        }
      },
    },
  });
}

function known({ services, user }: Asking, matches: Parameters<typeof handlesWhere>[2]): string[] {
  return handlesWhere(services, user, matches);
}

/** Handles of those with whom the user has had calls. */
function recentPartners({ services: { calls }, user }: Asking): Set<string> {
  return new Set(calls.objects.listOf(user).map((call) => call.get('PARTNER_HANDLE') ?? ''));
}

function isPhone(handle: string): boolean {
  return phoneNumber(handle) !== undefined;
}

function isOnline({ services }: Asking, handle: string): boolean {
  return !['OFFLINE', 'UNKNOWN', 'SkypeOut'].includes(onlineStatus(services, handle));
}
