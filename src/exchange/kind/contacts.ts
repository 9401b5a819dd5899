import type { EndpointMessage } from '../../protocol/message.js';
import { phoneNumber } from '../../switch/identity.js';
import type { Services } from '../api/services.js';
import type { Contact, ExchangeUser } from '../exchange-user.js';
import { checkContact } from '../wire-value.js';

/** BUDDYSTATUS of one who was asked for authorisation, and of one who gave it. */
const PENDING = '2';
const AUTHORISED = '3';

/** Those in a user's contact list, by the names that they go by. */
export function friendsOf(services: Services, user: ExchangeUser): string[] {
  return handlesWhere(services, user, (contact) =>
    [PENDING, AUTHORISED].includes(contact.get('BUDDYSTATUS') ?? ''),
  );
}

/** Those who have asked a user for his authorisation, and have no answer. */
export function waitingFor(services: Services, user: ExchangeUser): string[] {
  return handlesWhere(services, user, (contact) => contact.has('RECEIVEDAUTHREQUEST'));
}

/**
 * The answer to `GET AUTH_CONTACTS_PROFILES`: nine fields for each contact who has agreed, as programs cut them at
 * `;` and the entries at `,`. Observed; not in the reference.
 */
export function authorisedProfiles(services: Services, user: ExchangeUser): string {
  const handles = handlesWhere(services, user, (contact) => contact.get('BUDDYSTATUS') === AUTHORISED);
  return handles
    .map((handle) => {
      const fullName = services.identityOf(handle)?.fullName ?? handle;
      const other = services.userOf(handle);
      const fields = [
        fullName,
        other?.profile.get('PHONE_HOME'),
        other?.profile.get('PHONE_OFFICE'),
        other?.profile.get('PHONE_MOBILE'),
        seenStatus(services, handle),
        user.contact(handle).get('DISPLAYNAME'),
        canLeaveVoicemail(other, user),
        other?.profile.get('MOOD_TEXT'),
      ];
      return [handle, ...fields.map((field) => asField(field ?? ''))].join(';');
    })
    .join(',');
}

/** ONLINESTATUS of anyone, as others see it. */
export function onlineStatus(services: Services, handle: string): string {
  const user = services.userOf(handle);
  if (user) return statusSeen(user);
  if (services.identityOf(handle)) return 'ONLINE';
  return phoneNumber(handle) === undefined ? 'UNKNOWN' : 'SkypeOut';
}

/** TRUE when `asking` can leave a voicemail for `owner`, as the wire says it. */
export function canLeaveVoicemail(owner: ExchangeUser | undefined, asking: ExchangeUser): 'TRUE' | 'FALSE' {
  return owner?.settings.voicemail && !owner.has('ISBLOCKED', asking.handle) ? 'TRUE' : 'FALSE';
}

/**
 * `SET USERSTATUS`. A change is told to the user's clients, with the ONLINESTATUS that others see now, and that to
 * those who have him in their contact list or are in his, unless he blocks them.
 */
export function changeStatus(services: Services, user: ExchangeUser, status: string): void {
  const before = statusSeen(user);
  user.setParameter('USERSTATUS', status);
  user.notify({ kind: 'parameter', parameter: 'USERSTATUS', value: status });
  const seen = statusSeen(user);
  if (seen === before) return;
  const told = userProperty(user.handle, 'ONLINESTATUS', seen);
  user.notify(told);
  for (const { handle } of services.identities()) {
    const other = services.userOf(handle);
    if (!other || other === user || user.has('ISBLOCKED', handle)) continue;
    if (other.isContact(user.handle) || user.isContact(handle)) other.notify(told);
  }
}

/**
 * `SET USER <handle> BUDDYSTATUS 2 <text>`: asks for authorisation. Robots agree at once, as does a user who has the
 * asking one in his own list or has authorised him; others are told, and agree by ISAUTHORIZED.
 *
 * @returns the status that the command is answered with.
 */
export function askForAuthorisation(
  services: Services,
  user: ExchangeUser,
  handle: string,
  text: string,
): string {
  if (user.contact(handle).get('BUDDYSTATUS') === AUTHORISED) return AUTHORISED;
  checkContact('RECEIVEDAUTHREQUEST', text);
  for (const [property, value] of [
    ['ISAUTHORIZED', 'TRUE'],
    ['ISBLOCKED', 'FALSE'],
    ['BUDDYSTATUS', PENDING],
  ] as const) {
    user.setContact(handle, property, value);
    user.notify(userProperty(handle, property, value));
  }
  const other = services.userOf(handle);
  if (!other || other.isContact(user.handle) || other.has('ISAUTHORIZED', user.handle)) {
    befriend(services, user, handle);
  } else if (!other.has('ISBLOCKED', user.handle)) {
    other.setContact(user.handle, 'RECEIVEDAUTHREQUEST', text);
    services.saveUser(other);
    other.notify(userProperty(user.handle, 'RECEIVEDAUTHREQUEST', text));
  }
  return PENDING;
}

/** `SET USER <handle> ISAUTHORIZED`: says yes or no, to who has asked or will ask. */
export function authorise(
  services: Services,
  user: ExchangeUser,
  handle: string,
  allowed: 'TRUE' | 'FALSE',
): void {
  const asked = user.clearContact(handle, 'RECEIVEDAUTHREQUEST');
  user.setContact(handle, 'ISAUTHORIZED', allowed);
  if (asked) user.notify(userProperty(handle, 'RECEIVEDAUTHREQUEST', ''));
  user.notify(userProperty(handle, 'ISAUTHORIZED', allowed));
  if (!asked || allowed === 'FALSE') return;
  user.setContact(handle, 'ISBLOCKED', 'FALSE');
  user.notify(userProperty(handle, 'ISBLOCKED', 'FALSE'));
  befriend(services, user, handle);
  const other = services.userOf(handle);
  if (other) befriend(services, other, user.handle);
}

/** A notification of `USER <handle> <property>`. */
export function userProperty(handle: string, property: string, value: string): EndpointMessage {
  return { kind: 'property', object: 'USER', id: handle, property, value };
}

function befriend(services: Services, user: ExchangeUser, handle: string): void {
  user.setContact(handle, 'BUDDYSTATUS', AUTHORISED);
  services.saveUser(user);
  user.notify(userProperty(handle, 'BUDDYSTATUS', AUTHORISED));
}

/** The user's status as others see it. */
function statusSeen(user: ExchangeUser): string {
  const status = user.parameters.get('USERSTATUS') ?? 'ONLINE';
  return status === 'INVISIBLE' || status === 'LOGGEDOUT' ? 'OFFLINE' : status;
}

/** Phones are in capitals here (observed). */
function seenStatus(services: Services, handle: string): string {
  return onlineStatus(services, handle).toUpperCase();
}

/** Lists the handles of contacts for which `matches` accepts what the user has set. */
export function handlesWhere(
  services: Services,
  user: ExchangeUser,
  matches: (contact: Contact) => boolean,
): string[] {
  const handles = [...user.contacts].flatMap(([handle, contact]) => (matches(contact) ? [handle] : []));
  // A user's table of others is kept in small letters.
  return handles.map((handle) => services.identityOf(handle)?.handle ?? handle);
}

/** Text that ends no field, no entry and no line. */
function asField(text: string): string {
  const parts = text.split(/[;,\p{Cc}\p{Zl}\p{Zp}]+/u).map((part) => part.trim());
  return parts.filter((part) => part !== '').join(' ');
}
