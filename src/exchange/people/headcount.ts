import type { PropertyName } from '../../protocol/message.js';
import { type GroupObject, membersOf, type Roll } from './group-members.js';

/** Members of a group, as the clients of its owner know them. */
interface Count {
  readonly users: string;
  readonly size: number;
  readonly online: number;
}

/** Remembers the last reported members of each group, and finds what has changed. */
export class Headcount {
  readonly #told = new WeakMap<GroupObject, Count>();

  /** Takes the present state of a group as known to its owner. */
  begin(group: GroupObject, roll: Roll): void {
    this.#told.set(group, count(group, roll));
  }

  /** Lists the properties that have changed since, in the order in which they are reported. */
  news(group: GroupObject, roll: Roll): [property: PropertyName<'GROUP'>, value: string][] {
    const before = this.#told.get(group);
    const now = count(group, roll);
    this.#told.set(group, now);
    if (!before) return [];
    const others = now.users !== before.users;
    return [
      // NROFUSERS is also reported when the members change but their number does not: a client may use it to notice a
      // change of USERS.
      ...(others ? [['NROFUSERS', String(now.size)] as [PropertyName<'GROUP'>, string]] : []),
      ...(now.online === before.online
        ? []
        : [['NROFUSERS_ONLINE', String(now.online)] as [PropertyName<'GROUP'>, string]]),
      ...(others ? [['USERS', now.users] as [PropertyName<'GROUP'>, string]] : []),
    ];
  }
}

function count(group: GroupObject, roll: Roll): Count {
  const members = membersOf(group, roll);
  const { people, user } = roll;
  const online = members.filter((handle) => people.sight.isOnline(user, handle)).length;
  return { users: members.join(', '), size: members.length, online };
}
