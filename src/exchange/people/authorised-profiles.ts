import type { ExchangeUser } from '../exchange-user.js';
import type { People } from './people.js';

/** Fields of an entry behind the handle. */
const FIELDS = [
  'FULLNAME',
  'PHONE_HOME',
  'PHONE_OFFICE',
  'PHONE_MOBILE',
  'ONLINESTATUS',
  'DISPLAYNAME',
  'CAN_LEAVE_VM',
  'MOOD_TEXT',
] as const;

/**
 * The answer to `GET AUTH_CONTACTS_PROFILES`: nine fields for each contact who has agreed, as programs cut them at
 * `;` and the entries at `,`. Observed; not in the reference.
 */
export function authorisedProfiles(people: People, user: ExchangeUser): string {
  return people
    .handlesWhere(user, (handle) => user.isContact(handle))
    .map((handle) => [handle, ...FIELDS.map((property) => field(people, user, handle, property))].join(';'))
    .join(',');
}

function field(
  people: People,
  user: ExchangeUser,
  handle: string,
  property: (typeof FIELDS)[number],
): string {
  const value = people.sight.value(user, handle, property);
  if (property === 'FULLNAME') return asField(value || handle);
  // Phones are in capitals here (observed).
  return property === 'ONLINESTATUS' ? value.toUpperCase() : asField(value);
}

/** Text that ends no field, no entry and no line. */
function asField(text: string): string {
  const parts = text.split(/[;,\p{Cc}\p{Zl}\p{Zp}]+/u).map((part) => part.trim());
  return parts.filter((part) => part !== '').join(' ');
}
