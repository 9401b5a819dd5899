import { entryOf } from '../../entry-of.js';
import { PROFILE, USER } from '../../protocol/catalogue/user.js';
import type { EndpointMessage, GetCommandOf, SetCommandOf } from '../../protocol/message.js';
import { decodeProperty } from '../../protocol/values.js';
import { isHandle } from '../identity.js';
import type { User } from '../user.js';
import { Refusal } from './refusal.js';
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
  AVATAR: '',
};

/** `GET USER`: what the asking user has set about the other, then the other's profile. */
export function getUser(services: Services, user: User, command: GetCommandOf<'USER'>): EndpointMessage {
  const { id, property } = command;
  if (!isHandle(id)) throw new Refusal(8);
  const identity = services.identityOf(id);
  if (!identity) throw new Refusal(9);
  const value = ownValue(user, id, property) ?? publicValue(services, user, id, property);
  if (value === undefined) throw new Refusal(10);
  return { kind: 'property', object: 'USER', id, property, value };
}

export function setUser(services: Services, user: User, command: SetCommandOf<'USER'>): EndpointMessage {
  const { id, property, value } = command;
  if (!isHandle(id)) throw new Refusal(8);
  if (!services.identityOf(id)) throw new Refusal(9);
  const stored = settable(property, value);
  user.contact(id).set(property, stored);
  services.saveUser(user);
  const reply: EndpointMessage = { kind: 'property', object: 'USER', id, property, value: stored };
  user.notify(reply);
  return reply;
}

export function getProfile(user: User, command: GetCommandOf<'PROFILE'>): EndpointMessage {
  const value = user.profile.get(command.property);
  if (value === undefined) throw new Refusal(10);
  return { kind: 'property', object: 'PROFILE', id: undefined, property: command.property, value };
}

export function setProfile(
  services: Services,
  user: User,
  command: SetCommandOf<'PROFILE'>,
): EndpointMessage {
  const { property, value } = command;
  const spec = Object.hasOwn(PROFILE.properties, property)
    ? (PROFILE.properties[property as keyof typeof PROFILE.properties] as { readonly access?: string })
    : undefined;
  if (spec?.access !== 'read-write') throw new Refusal(552);
  if (property === 'CALL_SEND_TO_VM' && !user.settings.voicemail) throw new Refusal(553);
  try {
    decodeProperty('PROFILE', property as 'FULLNAME', value);
  } catch {
    throw new Refusal(18);
  }
  user.profile.set(property, value);
  if (property === 'RICH_MOOD_TEXT') user.profile.set('MOOD_TEXT', value.replace(/<[^>]*>/g, ''));
  if (property === 'MOOD_TEXT') user.profile.set('RICH_MOOD_TEXT', '');
  services.saveUser(user);
  return { kind: 'property', object: 'PROFILE', id: undefined, property, value };
}

function ownValue(user: User, handle: string, property: string): string | undefined {
  return user.contacts.get(handle.toLowerCase())?.get(property) ?? entryOf(OWN_DEFAULTS, property);
}

function publicValue(services: Services, asking: User, handle: string, property: string): string | undefined {
  const other = services.userOf(handle);
  switch (property) {
    case 'HANDLE':
      return handle;
    case 'FULLNAME':
      return services.identityOf(handle)?.fullName;
    case 'ONLINESTATUS':
      return other ? onlineStatus(other) : 'ONLINE';
    case 'IS_VIDEO_CAPABLE':
      return other?.settings.video ? 'TRUE' : 'FALSE';
    case 'IS_VOICEMAIL_CAPABLE':
      return other?.settings.voicemail ? 'TRUE' : 'FALSE';
    case 'CAN_LEAVE_VM':
      return other?.settings.voicemail && !other.has('ISBLOCKED', asking.handle) ? 'TRUE' : 'FALSE';
    case 'IS_CF_ACTIVE':
      return other?.applies('CALL_APPLY_CF') ? 'TRUE' : 'FALSE';
    case 'LANGUAGE':
      return other?.profile.get('LANGUAGES') ?? '';
    default:
      if (!Object.hasOwn(USER.properties, property)) return undefined;
      return other?.profile.get(property) ?? entryOf(PUBLIC_DEFAULTS, property) ?? '';
  }
}

function onlineStatus(user: User): string {
  const status = user.parameters.get('USERSTATUS') ?? 'ONLINE';
  return status === 'INVISIBLE' || status === 'LOGGEDOUT' ? 'OFFLINE' : status;
}

/** What SET USER stores. @throws Refusal for a property that cannot be set, or a value that it cannot have. */
function settable(property: string, value: string): string {
  switch (property) {
    case 'BUDDYSTATUS': {
      // 2 asks for authorisation, with a text; on this exchange it is given at once.
      if (value === '1') return '1';
      if (/^2( |$)/.test(value)) return '3';
      throw new Refusal(518);
    }
    case 'ISBLOCKED':
    case 'ISAUTHORIZED':
      if (!/^(TRUE|FALSE)$/i.test(value)) throw new Refusal(516);
      return value.toUpperCase();
    case 'SPEEDDIAL':
      if (!/^[0-9]{0,2}$/.test(value)) throw new Refusal(515);
      return value;
    case 'DISPLAYNAME':
      return value;
    default:
      throw new Refusal(10);
  }
}
