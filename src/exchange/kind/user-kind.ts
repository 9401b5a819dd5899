import type { ErrorName } from '../../protocol/catalogue/error-names.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import { getAvatar } from '../api/answer-indexed.js';
import { Refusal, taking } from '../api/refusal.js';
import { type Asking, kindOf, type Setter } from '../object/object-kind.js';
import { Sight } from '../people/sight.js';

/** A user, robot or phone as another user sees it. */
interface Found {
  readonly asking: Asking;
  readonly handle: string;
}

/**
 * The USER object (reference, "USER object"): first the values that the asking user has set for the other user, then
 * the other user's profile.
 */
export const userKind = kindOf<'USER', Found>({
  object: 'USER',
  find(asking, id) {
    const number = phoneNumber(id);
    if (number !== undefined) return { asking, handle: number };
    if (!isHandle(id)) throw new Refusal('invalid-id');
    const known = asking.services.identityOf(id);
    return known && { asking, handle: known.handle };
  },
  value: ({ asking: { services, user }, handle }, property) =>
    services.found.hasForgotten(user, handle) && property !== 'HANDLE'
      ? Sight.unseen(property)
      : services.people.sight.value(user, handle, property),
  get: {
    ALIASES: ({ services, user }, { handle }) => services.found.aliasOf(user, handle),
    AVATAR: ({ services }, { handle }, argument) => getAvatar(services, services.userOf(handle), argument),
  },
  set: {
    BUDDYSTATUS: changing('buddy-status-failed', ({ services: { people }, user }, { handle }, value) => {
      if (!/^(1$|2( |$))/.test(value)) throw new Refusal('buddy-status-value');
      if (value !== '1') return people.ask(user, handle, value.slice(2));
      people.remove(user, handle);
      return value;
    }),
    ISAUTHORIZED: changing('authorization-failed', ({ services: { people }, user }, { handle }, value) => {
      const allowed = truth(value);
      people.authorise(user, handle, allowed === 'TRUE');
      return allowed;
    }),
    ISBLOCKED: changing('authorization-failed', ({ services: { people }, user }, { handle }, value) => {
      const blocked = truth(value);
      people.block(user, handle, blocked === 'TRUE');
      return blocked;
    }),
    SPEEDDIAL: changing('speed-dial-value', ({ services: { people }, user }, { handle }, value) => {
      if (!/^[0-9]{0,2}$/.test(value)) throw new Refusal('speed-dial-value');
      people.note(user, handle, 'SPEEDDIAL', value);
      return value;
    }),
    DISPLAYNAME({ services: { people }, user }, { handle }, value) {
      people.note(user, handle, 'DISPLAYNAME', value);
      return value;
    },
  },
  search: {
    USERS: ({ services: { found }, user }, text) => found.search(user, text),
    FRIENDS: ({ services: { people }, user }) => people.friendsOf(user),
    USERSWAITINGMYAUTHORIZATION: ({ services: { people }, user }) => people.waitingFor(user),
  },
});

/** Makes a setter of a relation between users. A change that is not possible is refused as `failure`. */
function changing(failure: ErrorName, set: Setter<Found>): Setter<Found> {
  return (asking, other, value) => taking(failure, () => set(asking, other, value));
}

/** Reads a TRUE or FALSE. @throws Refusal for any other value. */
function truth(value: string): 'TRUE' | 'FALSE' {
  if (!/^(TRUE|FALSE)$/i.test(value)) throw new Refusal('authorization-value');
  return value.toUpperCase() === 'TRUE' ? 'TRUE' : 'FALSE';
}
