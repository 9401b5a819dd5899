import { entryOf } from '../../base/entry-of.js';
import { isHandle } from '../../switch/identity.js';
import { getAvatar } from '../api/answer-indexed.js';
import { Refusal } from '../api/refusal.js';
import { type Asking, kindOf, type Setter } from '../object/object-kind.js';
import {
  askForAuthorisation,
  authorise,
  canLeaveVoicemail,
  friendsOf,
  onlineStatus,
  userProperty,
  waitingFor,
} from './contacts.js';

/** A user as another sees him. */
interface Found {
  readonly asking: Asking;
  readonly handle: string;
}

/** Properties that are the asking user's own, as they are before he sets them. */
const OWN_DEFAULTS: Readonly<Record<string, string>> = {
  BUDDYSTATUS: '0',
  ISAUTHORIZED: 'FALSE',
  ISBLOCKED: 'FALSE',
  SPEEDDIAL: '',
  DISPLAYNAME: '',
  RECEIVEDAUTHREQUEST: '',
};

/** Properties that everyone sees the same, where they are not in the profile. */
const PUBLIC_DEFAULTS: Readonly<Record<string, string>> = {
  BIRTHDAY: '0',
  SEX: 'UNKNOWN',
  HASCALLEQUIPMENT: 'TRUE',
  LASTONLINETIMESTAMP: '0',
  ALIASES: '',
  NROF_AUTHED_BUDDIES: '0',
};

/** The USER object (reference, "USER object"): what the asking user has set about another, then the other's profile. */
export const userKind = kindOf<'USER', Found>({
  object: 'USER',
  find(asking, handle) {
    if (!isHandle(handle)) throw new Refusal('invalid-id');
    return asking.services.identityOf(handle) && { asking, handle };
  },
  value: ({ asking, handle }, property) => userValue(asking, handle, property),
  get: {
    AVATAR: ({ services }, { handle }, argument) => getAvatar(services, services.userOf(handle), argument),
  },
  set: {
    BUDDYSTATUS: lasting((asking, { handle }, value) => {
      if (!/^(1$|2( |$))/.test(value)) throw new Refusal('buddy-status-value');
      if (value !== '1') return askForAuthorisation(asking.services, asking.user, handle, value.slice(2));
      return setOwn(asking, handle, 'BUDDYSTATUS', value);
    }),
    ISAUTHORIZED: lasting(({ services, user }, { handle }, value) => {
      const allowed = truth(value);
      authorise(services, user, handle, allowed);
      return allowed;
    }),
    ISBLOCKED: lasting((asking, { handle }, value) => setOwn(asking, handle, 'ISBLOCKED', truth(value))),
    SPEEDDIAL: lasting((asking, { handle }, value) => {
      if (!/^[0-9]{0,2}$/.test(value)) throw new Refusal('speed-dial-value');
      return setOwn(asking, handle, 'SPEEDDIAL', value);
    }),
    DISPLAYNAME: lasting((asking, { handle }, value) => setOwn(asking, handle, 'DISPLAYNAME', value)),
  },
  search: {
    USERS: ({ services }, text) => found(services, text),
    FRIENDS: ({ services, user }) => friendsOf(services, user),
    USERSWAITINGMYAUTHORIZATION: ({ services, user }) => waitingFor(services, user),
  },
});

/** Gives a property of the user `handle` as `asking` sees it; nothing where USER has no such property. */
export function userValue(asking: Asking, handle: string, property: string): string | undefined {
  const own = asking.user.contact(handle).get(property) ?? entryOf(OWN_DEFAULTS, property);
  return own ?? publicValue(asking, handle, property);
}

/** Has what was set last: contacts are stored. */
function lasting(set: Setter<Found>): Setter<Found> {
  return (asking, other, value) => {
    const answer = set(asking, other, value);
    asking.services.saveUser(asking.user);
    return answer;
  };
}

/** Sets a property that only concerns the asking user, and tells his clients. @returns the value */
function setOwn({ user }: Asking, handle: string, property: string, value: string): string {
  user.setContact(handle, property, value);
  user.notify(userProperty(handle, property, value));
  return value;
}

/** @throws Refusal for what is neither TRUE nor FALSE. */
function truth(value: string): 'TRUE' | 'FALSE' {
  if (!/^(TRUE|FALSE)$/i.test(value)) throw new Refusal('authorization-value');
  return value.toUpperCase() === 'TRUE' ? 'TRUE' : 'FALSE';
}

function publicValue({ services, user }: Asking, handle: string, property: string): string | undefined {
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
      return canLeaveVoicemail(other, user);
    case 'IS_CF_ACTIVE':
      return other?.applies('CALL_APPLY_CF') ? 'TRUE' : 'FALSE';
    case 'LANGUAGE':
      return other?.profile.get('LANGUAGES') ?? '';
    case 'TIMEZONE':
      return String(other?.timezoneMinutes ?? 0);
    default:
      return other?.profile.get(property) ?? entryOf(PUBLIC_DEFAULTS, property) ?? '';
  }
}

/** Lists the handles of those whose handle or name contains `text`. */
function found({ identities }: Asking['services'], text: string): string[] {
  const wanted = text.toLowerCase();
  return identities()
    .filter(({ handle, fullName }) => [handle, fullName].some((name) => name.toLowerCase().includes(wanted)))
    .map(({ handle }) => handle);
}
