import { phoneNumber } from '../../switch/identity.js';
import { Refusal, taking } from '../api/refusal.js';
import { type Action, type AnyKind, kindOf } from '../object/object-kind.js';
import type { GroupObject } from '../people/group-members.js';
import type { UserGroups } from '../people/user-groups.js';

/** The GROUP object (reference, "GROUP object"), as commands see it. */
export function groupKind(groups: UserGroups): AnyKind {
  return kindOf<'GROUP', GroupObject>({
    object: 'GROUP',
    find: ({ user }, id) => groups.of(user, id),
    value: (group, property) => group.get(property),
    defaults: { CUSTOM_GROUP_ID: '', DISPLAYNAME: '', VISIBLE: 'FALSE', EXPANDED: 'FALSE' },
    get: {
      USERS: ({ user }, group) => groups.members(user, group).join(', '),
      NROFUSERS: ({ user }, group) => String(groups.members(user, group).length),
      NROFUSERS_ONLINE: ({ user }, group) => String(groups.online(user, group)),
    },
    set: {
      DISPLAYNAME(_asking, group, value) {
        if (!groups.rename(group, value)) throw new Refusal('not-now');
        return value;
      },
    },
    alter: {
      ADDUSER: regrouping((group, handle) => groups.add(group, handle)),
      REMOVEUSER: regrouping((group, handle) => groups.remove(group, handle)),
      SHARE: (_asking, group, text) => taking('invalid-argument', () => groups.share(group, text)),
      ACCEPT: (_asking, group) => groups.accept(group),
      DECLINE: (_asking, group) => groups.decline(group),
    },
    create({ user }, name) {
      taking('create-object', () => groups.create(user, name));
      return undefined;
    },
    delete({ user }, id) {
      const group = groups.of(user, id);
      if (!group) throw new Refusal('unknown-object');
      if (!groups.delete(group)) throw new Refusal('not-now');
    },
    search: {
      GROUPS({ user }, which) {
        const custom = () => groups.customOf(user);
        switch (which.toUpperCase()) {
          case '':
          case 'ALL':
            return [...groups.hardwiredOf(user), ...custom()].map(({ id }) => id);
          case 'HARDWIRED':
            return groups.hardwiredOf(user).map(({ id }) => id);
          case 'CUSTOM':
            return custom().map(({ id }) => id);
          default:
            throw new Refusal('invalid-argument');
        }
      },
    },
    restore: (userOf) => groups.restore(userOf),
  });
}

/** Makes an action that adds a contact to a group or removes one. `change` gets a phone number with its `+`. */
function regrouping(change: (group: GroupObject, handle: string) => boolean): Action<GroupObject> {
  return (_asking, group, argument) =>
    taking('invalid-argument', () => change(group, phoneNumber(argument) ?? argument));
}
