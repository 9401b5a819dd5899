import { entryOf } from '../../base/entry-of.js';
import type { PropertySpec } from '../../protocol/catalogue/spec.js';
import { PROFILE, USER } from '../../protocol/catalogue/user.js';
import type { EndpointMessage, GetCommandOf, SetCommandOf } from '../../protocol/message.js';
import { decodeProperty } from '../../protocol/values.js';
import { isHandle } from '../../switch/identity.js';
import type { User } from '../user.js';
import { getAvatar } from './answer-indexed.js';
import { askForAuthorisation, authorise, canLeaveVoicemail, onlineStatus, userProperty } from './contacts.js';
import { Refusal, taking } from './refusal.js';
import type { Services } from './services.js';

/** Properties of USER that are the asking user's own; with what they are before he sets them. */
const OWN_DEFAULTS: Readonly<Record<string, string>> = {
  BUDDYSTATUS: '0',
  ISAUTHORIZED: 'FALSE',
  ISBLOCKED: 'FALSE',
  SPEEDDIAL: '',
  DISPLAYNAME: '',
  RECEIVEDAUTHREQUEST: '',
};

/** Properties of USER that everyone sees the same, where they are not in the profile. */
const PUBLIC_DEFAULTS: Readonly<Record<string, string>> = {
  BIRTHDAY: '0',
  SEX: 'UNKNOWN',
  HASCALLEQUIPMENT: 'TRUE',
  LASTONLINETIMESTAMP: '0',
  ALIASES: '',
  NROF_AUTHED_BUDDIES: '0',
};

type Answer = EndpointMessage | Promise<EndpointMessage>;

/** `GET USER`: what the asking user has set about the other, then the other's profile. */
export function getUser(services: Services, user: User, command: GetCommandOf<'USER'>): Answer {
  const { id, property, argument } = command;
  if (!isHandle(id)) throw new Refusal('invalid-user-handle');
  if (!services.identityOf(id)) throw new Refusal('unknown-user');
  const reply = (value: string) => userProperty(id, property, value);
  if (property === 'AVATAR') return getAvatar(services, services.userOf(id), argument).then(reply);
  return reply(known(ownValue(user, id, property) ?? publicValue(services, user, id, property)));
}

export function setUser(services: Services, user: User, command: SetCommandOf<'USER'>): EndpointMessage {
  const { id, property, value } = command;
  if (!isHandle(id)) throw new Refusal('invalid-user-handle');
  if (!services.identityOf(id)) throw new Refusal('unknown-user');
  const stored = settable(property, value);
  const answer = taking('user-property', () => set(services, user, id, property, stored));
  services.saveUser(user);
  return userProperty(id, property, answer);
}

/** `GET PROFILE`: the user's own data, and every property that he has as a USER. */
export function getProfile(services: Services, user: User, command: GetCommandOf<'PROFILE'>): Answer {
  const { property, argument } = command;
  const reply = (value: string): EndpointMessage => ({
    kind: 'property',
    object: 'PROFILE',
    id: undefined,
    property,
    value,
  });
  if (property === 'AVATAR') return getAvatar(services, user, argument).then(reply);
  const { handle } = user;
  return reply(
    known(
      user.profile.get(property) ??
        ownValue(user, handle, property) ??
        publicValue(services, user, handle, property),
    ),
  );
}

export function setProfile(
  services: Services,
  user: User,
  command: SetCommandOf<'PROFILE'>,
): EndpointMessage {
  const { property, value } = command;
  const spec = entryOf<PropertySpec>(PROFILE.properties, property);
  if (spec?.access !== 'read-write') throw new Refusal('profile-property');
  if (property === 'CALL_SEND_TO_VM' && !user.settings.voicemail) throw new Refusal('no-voicemail-privilege');
  taking('set-what', () => {
    // What is no text cannot be emptied by a client.
    decodeProperty('PROFILE', property as 'FULLNAME', value);
    user.setProfile({ [property]: value, ...impliedBy(property, value) });
  });
  services.saveUser(user);
  return { kind: 'property', object: 'PROFILE', id: undefined, property, value };
}

/** What else of a profile a value sets (reference, "SET PROFILE MOOD_TEXT"). */
function impliedBy(property: string, value: string): Readonly<Record<string, string>> {
  if (property === 'RICH_MOOD_TEXT') return { MOOD_TEXT: withoutTags(value) };
  return property === 'MOOD_TEXT' ? { RICH_MOOD_TEXT: '' } : {};
}

/** The text without its XML tags. A `<` that no `>` follows is text. */
function withoutTags(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', at)) {
    const close = text.indexOf('>', open);
    if (close < 0) break;
    parts.push(text.slice(at, open));
    at = close + 1;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

function ownValue(user: User, handle: string, property: string): string | undefined {
  return user.contacts.get(handle.toLowerCase())?.get(property) ?? entryOf(OWN_DEFAULTS, property);
}

/** @throws Refusal where there is no such property. */
function known(value: string | undefined): string {
  if (value === undefined) throw new Refusal('user-property');
  return value;
}

/** Stores what was set and tells it. @returns the value of the answer. */
function set(services: Services, user: User, handle: string, property: string, value: string): string {
  if (property === 'BUDDYSTATUS' && value !== '1') {
    return askForAuthorisation(services, user, handle, value.slice('2 '.length));
  }
  if (property === 'ISAUTHORIZED') {
    authorise(services, user, handle, value === 'TRUE' ? 'TRUE' : 'FALSE');
    return value;
  }
  user.setContact(handle, property, value);
  user.notify(userProperty(handle, property, value));
  return value;
}

function publicValue(services: Services, asking: User, handle: string, property: string): string | undefined {
  const other = services.userOf(handle);
  switch (property) {
    case 'HANDLE':
      return handle;
    case 'FULLNAME':
      return services.identityOf(handle)?.fullName;
    case 'ONLINESTATUS':
      return onlineStatus(services, handle);
    case 'IS_VIDEO_CAPABLE':
      return other?.settings.video ? 'TRUE' : 'FALSE';
    case 'IS_VOICEMAIL_CAPABLE':
      return other?.settings.voicemail ? 'TRUE' : 'FALSE';
    case 'CAN_LEAVE_VM':
      return canLeaveVoicemail(other, asking);
    case 'IS_CF_ACTIVE':
      return other?.applies('CALL_APPLY_CF') ? 'TRUE' : 'FALSE';
    case 'LANGUAGE':
      return other?.profile.get('LANGUAGES') ?? '';
    case 'TIMEZONE':
      return String(other?.timezoneMinutes ?? 0);
    default:
      if (!Object.hasOwn(USER.properties, property)) return undefined;
      return other?.profile.get(property) ?? entryOf(PUBLIC_DEFAULTS, property) ?? '';
  }
}

/** What SET USER stores. @throws Refusal for a property that cannot be set, or a value that it cannot have. */
function settable(property: string, value: string): string {
  switch (property) {
    case 'BUDDYSTATUS':
      if (!/^(1$|2( |$))/.test(value)) throw new Refusal('buddy-status-value');
      return value;
    case 'ISBLOCKED':
    case 'ISAUTHORIZED':
      if (!/^(TRUE|FALSE)$/i.test(value)) throw new Refusal('authorization-value');
      return value.toUpperCase();
    case 'SPEEDDIAL':
      if (!/^[0-9]{0,2}$/.test(value)) throw new Refusal('speed-dial-value');
      return value;
    case 'DISPLAYNAME':
      return value;
    default:
      throw new Refusal('user-property');
  }
}
