import type { PropertyName } from '../../protocol/message.js';
import { phoneNumber } from '../../switch/identity.js';
import { Refusal, taking } from '../api/refusal.js';
import type { ExchangeUser } from '../exchange-user.js';
import { ApiObject } from '../object/api-object.js';
import { type Action, type AnyKind, type Asking, kindOf } from '../object/object-kind.js';
import type { ObjectShelf } from '../object/object-shelf.js';
import { ObjectStore } from '../object/object-store.js';
import { checkKept } from '../wire-value.js';
import { friendsOf } from './contacts.js';
import {
  CUSTOM_GROUP,
  type GroupObject,
  HARDWIRED_TYPES,
  isOnline,
  keptMembers,
  membersOf,
} from './group-members.js';

/** Most groups that one user can make. */
const LIMIT = 1000;

/**
 * The GROUP object (reference, "GROUP object"): the hardwired groups, to be read, and the user's own, which are kept. No
 * group is shared with others.
 */
export function groupKind(shelf: ObjectShelf<'GROUP'>): AnyKind {
  const groups = new Groups(shelf);
  return kindOf<'GROUP', GroupObject>({
    object: 'GROUP',
    find: ({ user }, id) => groups.objects.of(user, id),
    value: (group, property) => group.get(property),
    defaults: { CUSTOM_GROUP_ID: '', DISPLAYNAME: '', VISIBLE: 'FALSE', EXPANDED: 'FALSE' },
    get: {
      USERS: (asking, group) => groups.members(asking, group).join(', '),
      NROFUSERS: (asking, group) => String(groups.members(asking, group).length),
      NROFUSERS_ONLINE: (asking, group) => String(groups.online(asking, group)),
    },
    set: {
      DISPLAYNAME(_asking, group, value) {
        checkCustom(group);
        group.tell('DISPLAYNAME', checkKept('DISPLAYNAME', value));
        groups.objects.save(group);
        return value;
      },
    },
    alter: {
      ADDUSER: regrouping(groups, ({ services, user }, handles, handle) => {
        const friend = friendsOf(services, user).some((each) => each.toLowerCase() === handle);
        if (!friend) throw new Refusal('invalid-argument');
        return [...handles.filter((each) => each !== handle), handle];
      }),
      REMOVEUSER: regrouping(groups, (_asking, handles, handle) => {
        if (!handles.includes(handle)) throw new Refusal('invalid-argument');
        return handles.filter((each) => each !== handle);
      }),
      SHARE: () => false,
      ACCEPT: () => false,
      DECLINE: () => false,
    },
    create(asking, name) {
      groups.create(asking, name);
      return undefined;
    },
    delete(asking, id) {
      const group = groups.objects.of(asking.user, id);
      if (!group) throw new Refusal('unknown-object');
      checkCustom(group);
      groups.delete(asking, group);
    },
    search: {
      GROUPS(asking, which) {
        const own = groups.customOf(asking.user);
        switch (which.toUpperCase()) {
          case '':
          case 'ALL':
            return [...groups.hardwiredOf(asking), ...own].map(({ id }) => id);
          case 'HARDWIRED':
            return groups.hardwiredOf(asking).map(({ id }) => id);
          case 'CUSTOM':
            return own.map(({ id }) => id);
          default:
            throw new Refusal('invalid-argument');
        }
      },
    },
    restore(userOf) {
      groups.objects.restore(
        userOf,
        (id, user, { properties }) => new ApiObject('GROUP', id, user, properties),
      );
    },
  });
}

/** The groups of all users. */
class Groups {
  readonly objects: ObjectStore<'GROUP', GroupObject>;

  constructor(shelf: ObjectShelf<'GROUP'>) {
    this.objects = new ObjectStore({
      shelf,
      record: (group) => (isCustom(group) ? { properties: group.record() } : undefined),
    });
  }

  customOf(user: ExchangeUser): GroupObject[] {
    return this.objects.listOf(user).filter(isCustom);
  }

  /** Lists the groups that are there without being made: they get their ids when they are first asked for. */
  hardwiredOf({ services, user }: Asking): GroupObject[] {
    const made = this.objects.listOf(user).filter((group) => !isCustom(group));
    if (made.length > 0) return made;
    return HARDWIRED_TYPES.map((type) => {
      const group = new ApiObject('GROUP', services.nextId(), user, { TYPE: type });
      this.objects.add(group);
      return group;
    });
  }

  members(asking: Asking, group: GroupObject): string[] {
    return membersOf(asking, group, this.customOf(asking.user));
  }

  /** Number of those in a group who are online. */
  online(asking: Asking, group: GroupObject): number {
    return this.members(asking, group).filter((handle) => isOnline(asking, handle)).length;
  }

  /** Makes an empty group (reference, "CREATE GROUP"). @throws Refusal */
  create({ services, user }: Asking, name: string): void {
    const displayName = taking('create-object', () => checkKept('DISPLAYNAME', name));
    if (displayName === '' || this.customOf(user).length >= LIMIT) throw new Refusal('create-object');
    const customId = String(services.nextId());
    const kept = { TYPE: CUSTOM_GROUP, CUSTOM_GROUP_ID: customId, DISPLAYNAME: displayName, USERS: '' };
    const group = new ApiObject('GROUP', services.nextId(), user, kept);
    this.objects.add(group);
    tell(group, 'TYPE', CUSTOM_GROUP);
    tell(group, 'NROFUSERS', '0');
    tell(group, 'NROFUSERS_ONLINE', '0');
    tell(group, 'CUSTOM_GROUP_ID', customId);
    tell(group, 'DISPLAYNAME', displayName);
    tell(group, 'USERS', '');
  }

  /** Deletes a group. A client that is told of that forgets it, so that it hears of its members before. */
  delete(asking: Asking, group: GroupObject): void {
    tell(group, 'USERS', this.members(asking, group).join(', '));
    this.#tellingSizes(asking, () => this.objects.remove(group));
    asking.user.notify({ kind: 'deleted', object: 'GROUP', id: group.id });
  }

  /** Keeps other members of a group. */
  regroup(asking: Asking, group: GroupObject, handles: readonly string[]): void {
    const users = taking('invalid-argument', () => checkKept('USERS', handles.join(', ')));
    this.#tellingSizes(asking, () => group.put('USERS', users));
    this.objects.save(group);
  }

  /** Does `change`, and tells the sizes of those groups that it has changed. */
  #tellingSizes(asking: Asking, change: () => void): void {
    const sizes = () =>
      new Map(this.objects.listOf(asking.user).map((group) => [group, this.members(asking, group).length]));
    const before = sizes();
    change();
    for (const [group, size] of sizes()) {
      if (size !== before.get(group)) tell(group, 'NROFUSERS', String(size));
    }
  }
}

/** Takes a contact into a group, or out of it. `change` gets its handle in small letters. */
function regrouping(
  groups: Groups,
  change: (asking: Asking, handles: string[], handle: string) => string[],
): Action<GroupObject> {
  return (asking, group, argument) => {
    checkCustom(group);
    const handle = (phoneNumber(argument) ?? argument).toLowerCase();
    groups.regroup(asking, group, change(asking, keptMembers(group), handle));
    return true;
  };
}

function isCustom(group: GroupObject): boolean {
  return group.get('TYPE') === CUSTOM_GROUP;
}

/** @throws Refusal for a hardwired group, which nobody changes. */
function checkCustom(group: GroupObject): void {
  if (!isCustom(group)) throw new Refusal('not-now');
}

/** Tells the owner's clients of a value that is not necessarily kept. */
function tell({ owner, id }: GroupObject, property: PropertyName<'GROUP'>, value: string): void {
  owner.notify({ kind: 'property', object: 'GROUP', id, property, value });
}
