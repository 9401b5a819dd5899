import { entryOf } from '../../base/entry-of.js';
import { type Identity, phoneNumber } from '../../switch/identity.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Manner } from './manner.js';

/** All users, robots and phones known to the exchange. Handles are not case-sensitive. */
export interface Everyone {
  readonly users: readonly ExchangeUser[];
  userOf(handle: string): ExchangeUser | undefined;
  identityOf(handle: string): Identity | undefined;
  identities(): readonly Identity[];
  /** Gives the behaviour of a robot or phone. */
  mannerOf(handle: string): Manner;
}

/** BUDDYSTATUS of a user who was removed from the list, was asked for authorisation, or has given it. */
export const BUDDY = { removed: '1', pending: '2', authorised: '3' } as const;

/** USER properties that only authorised users see, and the values that others see instead. */
const GUARDED: Readonly<Record<string, string>> = {
  ONLINESTATUS: 'OFFLINE',
  LASTONLINETIMESTAMP: '0',
  MOOD_TEXT: '',
  RICH_MOOD_TEXT: '',
};

/** Defaults of USER properties that each user sets about another. */
const OWN_DEFAULTS: Readonly<Record<string, string>> = {
  BUDDYSTATUS: '0',
  ISAUTHORIZED: 'FALSE',
  ISBLOCKED: 'FALSE',
  SPEEDDIAL: '',
  DISPLAYNAME: '',
  RECEIVEDAUTHREQUEST: '',
};

/** Defaults of USER properties that everyone sees alike. */
const PUBLIC_DEFAULTS: Readonly<Record<string, string>> = {
  BIRTHDAY: '0',
  SEX: 'UNKNOWN',
  HASCALLEQUIPMENT: 'TRUE',
  ALIASES: '',
};

/**
 * Decides which user sees which values of another user. This is the only place that decides it. It reads state and
 * changes nothing.
 *
 * A connected user sees the presence and mood of users who have authorised and not blocked that user; the others are
 * shown as OFFLINE (reference, "USER object", "GET USER"). Everyone sees names and profiles. Everyone sees a robot,
 * except users whose request it has not answered.
 */
export class Sight {
  readonly #everyone: Everyone;

  constructor(everyone: Everyone) {
    this.#everyone = everyone;
  }

  /** True when `owner` has authorised the user `handle`. */
  authorises(owner: ExchangeUser, handle: string): boolean {
    return owner.has('ISAUTHORIZED', handle);
  }

  /** True when `viewer` sees the presence and the mood of the user, robot or phone `handle`. */
  sees(viewer: ExchangeUser, handle: string): boolean {
    const owner = this.#everyone.userOf(handle);
    if (owner === viewer) return true;
    if (!viewer.online) return false;
    if (!owner) return viewer.isContact(handle) || this.agreesAtOnce(handle);
    return this.reaches(viewer.handle, owner) && this.authorises(owner, viewer.handle);
  }

  /** True for a robot or phone that accepts every request at once. */
  agreesAtOnce(handle: string): boolean {
    const { authorises, afterMs } = this.#everyone.mannerOf(handle);
    return authorises && afterMs === 0;
  }

  /** True when `viewer` is notified of changes of `owner`: one of the two has the other in the contact list. */
  watches(viewer: ExchangeUser, owner: ExchangeUser): boolean {
    return viewer === owner || viewer.lists(owner.handle) || owner.isContact(viewer.handle);
  }

  /** True when messages and requests of `sender` reach `owner`, which a blocked user's do not. */
  reaches(sender: string, owner: ExchangeUser): boolean {
    return !owner.has('ISBLOCKED', sender);
  }

  /** True when `viewer` sees that the other user is online. */
  isOnline(viewer: ExchangeUser, handle: string): boolean {
    return !['OFFLINE', 'UNKNOWN', 'SkypeOut'].includes(this.value(viewer, handle, 'ONLINESTATUS'));
  }

  /**
   * Gives a property of USER `handle` as `viewer` sees it: the value that the viewer has set, otherwise the one of the
   * other's profile. A value that does not exist, or that the viewer may not see, is empty or a default.
   */
  value(viewer: ExchangeUser, handle: string, property: string): string {
    const own = viewer.contact(handle).get(property) ?? entryOf(OWN_DEFAULTS, property);
    if (own !== undefined) return own;
    const owner = this.#everyone.userOf(handle);
    return owner ? this.#userValue(viewer, owner, property) : this.#otherValue(viewer, handle, property);
  }

  /** The value of a property as long as the viewer sees nothing of the other user. */
  static unseen(property: string): string {
    return entryOf(GUARDED, property) ?? entryOf(PUBLIC_DEFAULTS, property) ?? '';
  }

  /** True for a property that only authorised users see. */
  static isGuarded(property: string): boolean {
    return Object.hasOwn(GUARDED, property);
  }

  #userValue(viewer: ExchangeUser, owner: ExchangeUser, property: string): string {
    if (Sight.isGuarded(property) && !this.sees(viewer, owner.handle)) return Sight.unseen(property);
    switch (property) {
      case 'HANDLE':
        return owner.handle;
      case 'FULLNAME':
        return owner.fullName;
      case 'ONLINESTATUS':
        return shownStatus(owner);
      case 'LASTONLINETIMESTAMP':
        return shownStatus(owner) === 'OFFLINE' ? String(owner.lastOnlineSeconds) : Sight.unseen(property);
      case 'IS_VIDEO_CAPABLE':
        return truth(owner.settings.video);
      case 'IS_VOICEMAIL_CAPABLE':
        return truth(owner.hasVoicemail);
      case 'CAN_LEAVE_VM':
        return truth(owner.hasVoicemail && this.reaches(viewer.handle, owner));
      case 'IS_CF_ACTIVE':
        return truth(owner.applies('CALL_APPLY_CF'));
      case 'LANGUAGE':
        return owner.profile.get('LANGUAGES') ?? '';
      case 'TIMEZONE':
        return String(owner.timezoneMinutes);
      case 'NROF_AUTHED_BUDDIES':
        return String([...owner.contacts.keys()].filter((handle) => owner.isContact(handle)).length);
      default:
        return owner.profile.get(property) ?? Sight.unseen(property);
    }
  }

  /** Gives a property of a robot, a phone or an unknown name. */
  #otherValue(viewer: ExchangeUser, handle: string, property: string): string {
    const identity = this.#everyone.identityOf(handle);
    switch (property) {
      case 'HANDLE':
        return identity?.handle ?? phoneNumber(handle) ?? handle;
      case 'FULLNAME':
        return identity?.fullName ?? phoneNumber(handle) ?? '';
      case 'ONLINESTATUS':
        if (!identity) return phoneNumber(handle) === undefined ? 'UNKNOWN' : 'SkypeOut';
        return this.sees(viewer, handle) ? this.#everyone.mannerOf(handle).status : 'OFFLINE';
      case 'IS_VIDEO_CAPABLE':
      case 'IS_VOICEMAIL_CAPABLE':
      case 'CAN_LEAVE_VM':
      case 'IS_CF_ACTIVE':
        return 'FALSE';
      case 'TIMEZONE':
      case 'NROF_AUTHED_BUDDIES':
        return '0';
      default:
        return Sight.unseen(property);
    }
  }
}

/** The status of a user that authorised users see. */
export function shownStatus(user: ExchangeUser): string {
  const status = user.parameters.get('USERSTATUS') ?? 'ONLINE';
  return status === 'INVISIBLE' || status === 'LOGGEDOUT' ? 'OFFLINE' : status;
}

function truth(is: boolean): 'TRUE' | 'FALSE' {
  return is ? 'TRUE' : 'FALSE';
}
