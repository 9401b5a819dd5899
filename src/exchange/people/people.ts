import { invalidArgument } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { Clock } from '../../base/time/clock.js';
import type { PropertyName } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { noticeVersions } from '../../protocol/versions.js';
import type { ExchangeUser } from '../exchange-user.js';
import { checkContact } from '../wire-value.js';
import type { Manner } from './manner.js';
import { BUDDY, type Everyone, type Sight, shownStatus } from './sight.js';
import { Views } from './views.js';

/** Events of {@link People}. A listener may make further changes. */
export interface PeopleEvents extends FencedEvents {
  /** A user's USERSTATUS has changed. */
  status: [change: { user: ExchangeUser; status: string; before: string }];
  /** Properties of a user's PROFILE have changed; `AVATAR` for the picture. */
  profile: [change: { user: ExchangeUser; properties: readonly string[] }];
  /**
   * A property that `user` has about another user has changed. `RECEIVEDAUTHREQUEST` is empty when there is no request
   * any more.
   */
  contact: [change: { user: ExchangeUser; handle: string; property: string; value: string }];
  /** The value of USER `handle` that `viewer` sees has changed. The viewer's clients are notified next. */
  seen: [change: { viewer: ExchangeUser; handle: string; property: string; value: string }];
  /** The contacts of `user`, or their presence, have changed. Lists of them must be rebuilt. */
  people: [change: { user: ExchangeUser }];
}

/** Parts of the exchange that {@link People} works on. */
export interface PeopleContext {
  readonly clock: Clock;
  readonly everyone: Everyone & { setManner(handle: string, manner: Manner): void };
  readonly sight: Sight;
  /** Stores profiles and contacts, all or none. */
  save(...users: ExchangeUser[]): void;
}

/**
 * The relations between users: presence, profiles, contact lists, authorisation and blocking. All changes are made
 * here, from commands, the desk or an account service. The clients of the user are notified. The clients of other users
 * are notified of the values that {@link Sight} lets them see.
 */
export class People extends FencedEmitter<PeopleEvents> {
  /** Rules of visibility between users. */
  readonly sight: Sight;
  readonly #everyone: PeopleContext['everyone'];
  readonly #clock: Clock;
  readonly #save: PeopleContext['save'];
  readonly #views: Views;
  /**
   * Requests and other changes of contacts that came while a user was offline. They are reported when the user comes
   * online.
   */
  readonly #waiting = new Map<ExchangeUser, Map<string, Map<string, string>>>();

  readonly #partners: ((user: ExchangeUser) => Iterable<string>)[] = [];

  constructor({ clock, everyone, sight, save }: PeopleContext) {
    super();
    this.#clock = clock;
    this.#everyone = everyone;
    this.#save = save;
    this.sight = sight;
    this.#views = new Views(clock, everyone, this.sight, (change) => this.emit('seen', change));
  }

  /** Sets USERSTATUS and notifies clients. @throws ERR_INVALID_ARG for a value that is not a status. */
  setStatus(user: ExchangeUser, status: string): void {
    const before = user.parameters.get('USERSTATUS') ?? '';
    this.#views.presence(user, () => {
      const shown = shownStatus(user);
      user.setParameter('USERSTATUS', status);
      if (shown !== 'OFFLINE' && shownStatus(user) === 'OFFLINE') {
        user.lastOnlineSeconds = Math.floor(this.#clock.unixMs() / 1000);
      }
      user.notify(replies.parameter('USERSTATUS', status));
      for (const each of this.#everyone.users) {
        if (each === user || (each.online && this.sight.watches(each, user))) this.recount(each);
      }
    });
    if (user.online) this.#tellWaiting(user);
    if (status !== before) this.emit('status', { user, status, before });
  }

  /**
   * Sets properties of PROFILE, all or none, and notifies clients.
   *
   * @throws ERR_INVALID_ARG, ERR_LINE_BREAK, ERR_SYNTAX
   */
  setProfile(user: ExchangeUser, properties: Readonly<Record<string, string>>): void {
    const names = Object.keys(properties);
    this.#views.profile(user, names.map(asUserProperty), () => {
      user.setProfile(properties);
      for (const [property, value] of Object.entries(properties)) {
        user.notify(
          replies.property('PROFILE', undefined, property as PropertyName<'PROFILE'>, value),
          noticeVersions('PROFILE', property),
        );
      }
    });
    this.#save(user);
    this.emit('profile', { user, properties: names });
  }

  /** Sets the user's picture and notifies the users who see it. @throws ERR_INVALID_ARG */
  setPicture(user: ExchangeUser, bytes: Uint8Array): void {
    user.setPicture(bytes);
    this.#save(user);
    this.#views.picture(user);
    this.emit('profile', { user, properties: ['AVATAR'] });
  }

  /**
   * Adds another user to a contact list and asks for authorisation. Robots and phones agree at once, and so does a user
   * who has already authorised the asking user. Any other user is notified when online, and agrees by {@link authorise}
   * or by asking in return.
   *
   * @returns BUDDYSTATUS for the answer: `2`, or `3` when the other user has already agreed.
   * @throws ERR_INVALID_ARG when both are the same user or the text is too long; ERR_LINE_BREAK.
   */
  ask(user: ExchangeUser, handle: string, text = ''): string {
    checkContact('RECEIVEDAUTHREQUEST', text);
    if (user.isContact(handle)) return BUDDY.authorised;
    this.#relating(user, handle, (other) => {
      this.#tell(user, handle, 'ISAUTHORIZED', 'TRUE');
      this.#tell(user, handle, 'ISBLOCKED', 'FALSE');
      this.#tell(user, handle, 'BUDDYSTATUS', BUDDY.pending);
      const asked = this.#dropRequest(user, handle);
      if (asked || (other ? this.sight.authorises(other, user.handle) : this.sight.agreesAtOnce(handle))) {
        this.#tell(user, handle, 'BUDDYSTATUS', BUDDY.authorised);
      } else if (!other) this.#askRobot(user, handle);
      else if (this.sight.reaches(user.handle, other)) {
        this.#tellWhenOnline(other, user.handle, 'RECEIVEDAUTHREQUEST', text);
      }
      if (other) this.#grant(user, other);
    });
    return BUDDY.pending;
  }

  /**
   * Makes a robot ask a user for authorisation.
   *
   * @throws ERR_INVALID_ARG for an unknown user or a text that is too long; ERR_LINE_BREAK.
   */
  askFrom(robot: string, handle: string, text = ''): void {
    const user = this.userOf(handle);
    if (!user) throw invalidArgument('handle', 'a user', handle);
    if (!this.sight.reaches(robot, user) || this.sight.authorises(user, robot)) return;
    this.#relating(user, robot, () => this.#tellWhenOnline(user, robot, 'RECEIVEDAUTHREQUEST', text));
  }

  /** Changes the behaviour of a robot and reports its status. The new behaviour also decides about waiting requests. */
  setManner(handle: string, manner: Partial<Manner>): void {
    const before = this.#everyone.mannerOf(handle);
    this.#views.robot(handle, () => {
      this.#everyone.setManner(handle, { ...before, ...manner });
      for (const user of this.#everyone.users) if (user.lists(handle)) this.recount(user);
    });
    const waiting = this.#everyone.users.filter((user) => user.lists(handle) && !user.isContact(handle));
    for (const user of waiting) this.#askRobot(user, handle);
  }

  /**
   * Authorises another user, or takes the authorisation back. Authorising a user who has asked adds that user to the
   * contact list. Refusing dismisses the request and takes back an earlier authorisation.
   *
   * @throws ERR_INVALID_ARG when both are the same user.
   */
  authorise(user: ExchangeUser, handle: string, allowed: boolean): void {
    this.#relating(user, handle, (other) => {
      const asked = this.#dropRequest(user, handle);
      this.#tell(user, handle, 'ISAUTHORIZED', allowed ? 'TRUE' : 'FALSE');
      if (allowed && asked) {
        this.#tell(user, handle, 'ISBLOCKED', 'FALSE');
        if (!other || this.sight.authorises(other, user.handle)) {
          this.#tell(user, handle, 'BUDDYSTATUS', BUDDY.authorised);
        }
      }
      if (!other) return;
      if (allowed) this.#grant(user, other);
      else if (other.isContact(user.handle))
        this.#tellWhenOnline(other, user.handle, 'BUDDYSTATUS', BUDDY.pending);
    });
  }

  /**
   * Blocks another user and drops that user's request, or unblocks the user.
   *
   * @throws ERR_INVALID_ARG when both are the same user.
   */
  block(user: ExchangeUser, handle: string, blocked: boolean): void {
    this.#relating(user, handle, () => {
      this.#tell(user, handle, 'ISBLOCKED', blocked ? 'TRUE' : 'FALSE');
      if (blocked) this.#dropRequest(user, handle);
    });
  }

  /**
   * Removes another user from the contact list and withdraws a request that was not answered.
   *
   * @throws ERR_INVALID_ARG
   */
  remove(user: ExchangeUser, handle: string): void {
    this.#relating(user, handle, (other) => {
      this.#tell(user, handle, 'BUDDYSTATUS', BUDDY.removed);
      if (other) this.#dropRequest(other, user.handle);
    });
  }

  /**
   * Makes two users who share a group authorise each other. A user who has blocked or refused the other is asked
   * instead.
   *
   * @throws ERR_INVALID_ARG when both are the same user.
   */
  introduce(user: ExchangeUser, handle: string): void {
    if (this.userOf(handle) === user || user.isContact(handle)) return;
    const other = this.userOf(handle);
    const isRefused = (one: ExchangeUser, about: string) =>
      one.has('ISBLOCKED', about) || one.contact(about).get('ISAUTHORIZED') === 'FALSE';
    if (isRefused(user, handle)) return;
    this.ask(user, handle);
    if (other && !isRefused(other, user.handle)) this.ask(other, user.handle);
  }

  /** Sets a property that only the user sees. @throws ERR_INVALID_ARG, ERR_LINE_BREAK */
  note(user: ExchangeUser, handle: string, property: 'DISPLAYNAME' | 'SPEEDDIAL', value: string): void {
    this.#tell(user, handle, property, value);
    this.#save(user);
  }

  /**
   * Makes users who start in a contact list authorise each other, unless stated otherwise. It also repairs the relation
   * of two users when an earlier run was killed after storing only one of them. Clients are not notified.
   */
  settle(): void {
    const each = (settle: (user: ExchangeUser, handle: string) => void) => {
      for (const user of this.#everyone.users)
        for (const handle of user.contacts.keys()) settle(user, handle);
    };
    each((user, handle) => {
      if (!user.isContact(handle)) return;
      authoriseUnlessSaid(user, handle);
      authoriseUnlessSaid(this.userOf(handle), user.handle);
    });
    each((user, handle) => {
      const other = this.userOf(handle);
      if (!other || !user.lists(handle)) return;
      const isAuthorised = this.sight.authorises(other, user.handle);
      user.setContact(handle, 'BUDDYSTATUS', isAuthorised ? BUDDY.authorised : BUDDY.pending);
    });
    each((user, handle) => {
      const other = this.userOf(handle);
      const asks = other?.contact(user.handle).get('BUDDYSTATUS') === BUDDY.pending;
      if (other && !asks) user.clearContact(handle, 'RECEIVEDAUTHREQUEST');
    });
  }

  /** Adds a source of users with whom a user was in touch. The source reports changes by {@link recount}. */
  addPartners(partnersOf: (user: ExchangeUser) => Iterable<string>): void {
    this.#partners.push(partnersOf);
  }

  /** Lists the handles of users with whom the user was in touch, by call or chat. */
  recentOf(user: ExchangeUser): string[] {
    return [...new Set(this.#partners.flatMap((partnersOf) => [...partnersOf(user)]))];
  }

  /** Causes the lists of a user's contacts to be rebuilt. */
  recount(user: ExchangeUser): void {
    this.emit('people', { user });
  }

  userOf(handle: string): ExchangeUser | undefined {
    return this.#everyone.userOf(handle);
  }

  /** Gives a handle in the spelling of its owner. */
  nameOf(handle: string): string {
    return this.#everyone.identityOf(handle)?.handle ?? handle;
  }

  /** Lists the handles in a user's table of contacts that `matches` accepts. */
  handlesWhere(user: ExchangeUser, matches: (handle: string) => boolean): string[] {
    return [...user.contacts.keys()].filter(matches).map((handle) => this.nameOf(handle));
  }

  /** Lists the handles in a user's contact list. */
  friendsOf(user: ExchangeUser): string[] {
    return this.handlesWhere(user, (handle) => user.lists(handle));
  }

  /** Lists the handles of users whose request for authorisation has not been answered. */
  waitingFor(user: ExchangeUser): string[] {
    return this.handlesWhere(user, (handle) => user.contact(handle).has('RECEIVEDAUTHREQUEST'));
  }

  /**
   * Makes a change between two users, stores it, and notifies each of what has changed about the other.
   *
   * @throws ERR_INVALID_ARG when both are the same user.
   */
  #relating(user: ExchangeUser, handle: string, change: (other: ExchangeUser | undefined) => void): void {
    const other = this.#everyone.userOf(handle);
    if (other === user) throw invalidArgument('handle', 'somebody else', handle);
    const both = other ? [user, other] : [user];
    this.#views.relation(user, handle, () => change(other));
    this.#save(...both);
    for (const each of both) {
      if (each === user || each.online) this.recount(each);
    }
  }

  /** Makes a robot answer a user's request after its delay. */
  #askRobot(user: ExchangeUser, handle: string): void {
    const { authorises, afterMs } = this.#everyone.mannerOf(handle);
    if (!authorises) return;
    this.#clock.timerAt(this.#clock.now() + afterMs, () => {
      const isWaiting = user.lists(handle) && !user.isContact(handle);
      if (!isWaiting || !this.#everyone.mannerOf(handle).authorises) return;
      this.#relating(user, handle, () => this.#tellWhenOnline(user, handle, 'BUDDYSTATUS', BUDDY.authorised));
    });
  }

  /** Grants the request of `other` to `user`, if there is one. */
  #grant(user: ExchangeUser, other: ExchangeUser): void {
    if (other.contact(user.handle).get('BUDDYSTATUS') !== BUDDY.pending) return;
    this.#tellWhenOnline(other, user.handle, 'BUDDYSTATUS', BUDDY.authorised);
  }

  /** Withdraws a request. @returns true when there was one. */
  #dropRequest(user: ExchangeUser, handle: string): boolean {
    if (!user.clearContact(handle, 'RECEIVEDAUTHREQUEST')) return false;
    // A request that was never reported to the client is withdrawn silently.
    if (!this.#waiting.get(user)?.get(handle.toLowerCase())?.delete('RECEIVEDAUTHREQUEST')) {
      this.#say(user, handle, 'RECEIVEDAUTHREQUEST', '');
    }
    this.emit('contact', { user, handle, property: 'RECEIVEDAUTHREQUEST', value: '' });
    return true;
  }

  /** Sets a property that a user has about another, and notifies the user's clients. */
  #tell(user: ExchangeUser, handle: string, property: string, value: string): void {
    user.setContact(handle, property, value);
    this.#say(user, handle, property, value);
    this.emit('contact', { user, handle, property, value });
  }

  /** As {@link #tell}, for an act of another user. An offline user is notified when coming online. */
  #tellWhenOnline(user: ExchangeUser, handle: string, property: string, value: string): void {
    if (user.online) {
      this.#tell(user, handle, property, value);
      return;
    }
    user.setContact(handle, property, value);
    const news = this.#waiting.get(user) ?? new Map<string, Map<string, string>>();
    const about = news.get(handle.toLowerCase()) ?? new Map<string, string>();
    this.#waiting.set(user, news.set(handle.toLowerCase(), about.set(property, value)));
    this.emit('contact', { user, handle, property, value });
  }

  #tellWaiting(user: ExchangeUser): void {
    const news = this.#waiting.get(user) ?? [];
    this.#waiting.delete(user);
    for (const [key, about] of news) {
      for (const [property, value] of about) this.#say(user, this.nameOf(key), property, value);
    }
  }

  #say(user: ExchangeUser, handle: string, property: string, value: string): void {
    user.notify(replies.property('USER', handle, property as PropertyName<'USER'>, value));
  }
}

/** The USER property under which others see a PROFILE property. Properties that others do not see keep their name. */
function asUserProperty(property: string): string {
  if (property === 'LANGUAGES') return 'LANGUAGE';
  return property === 'CALL_APPLY_CF' ? 'IS_CF_ACTIVE' : property;
}

function authoriseUnlessSaid(user: ExchangeUser | undefined, handle: string): void {
  if (user && !user.contact(handle).has('ISAUTHORIZED')) user.setContact(handle, 'ISAUTHORIZED', 'TRUE');
}
