import type { ExchangeUser } from '../exchange-user.js';
import type { People } from './people.js';

/** Fields of an entry, after the handle. */
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
 * Makes the answer to `GET AUTH_CONTACTS_PROFILES`: nine fields for each contact who has authorised the user. Programs
 * split entries at `,` and fields at `;`. Observed; not in the reference.
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
  // Phones have a status in capitals here (observed).
  return property === 'ONLINESTATUS' ? value.toUpperCase() : asField(value);
}

/** Removes the separators of fields, entries and lines from a text. */
function asField(text: string): string {
  const parts = text.split(/[;,\p{Cc}\p{Zl}\p{Zp}]+/u).map((part) => part.trim());
  return parts.filter((part) => part !== '').join(' ');
}
