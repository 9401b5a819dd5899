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

/** Events of {@link People}. A listener may change something in its turn. */
export interface PeopleEvents extends FencedEvents {
  /** A user's USERSTATUS has changed. */
  status: [change: { user: ExchangeUser; status: string; before: string }];
  /** Properties of a user's PROFILE have changed; `AVATAR` for the picture. */
  profile: [change: { user: ExchangeUser; properties: readonly string[] }];
  /** A property that `user` has about another has changed. `RECEIVEDAUTHREQUEST` is empty when there is none any more. */
  contact: [change: { user: ExchangeUser; handle: string; property: string; value: string }];
  /** `viewer` sees another value of USER `handle` than before: their clients are told of it next. */
  seen: [change: { viewer: ExchangeUser; handle: string; property: string; value: string }];
  /** Contacts of `user`, or their presence, have changed: lists of them are to be made anew. */
  people: [change: { user: ExchangeUser }];
}

/** Parts of the exchange that {@link People} works on. */
export interface PeopleContext {
  readonly clock: Clock;
  readonly everyone: Everyone & { setManner(handle: string, manner: Manner): void };
  readonly sight: Sight;
  /** Keeps profiles and contacts over a restart, all or none. */
  save(...users: ExchangeUser[]): void;
}

/**
 * The relations between users: presence, profiles, contact lists, authorisation, blocking. Every change of them comes
 * through here, whether a command, the desk or an account service wants it. The clients of the user are told of it, and
 * the clients of others of as much as {@link Sight} lets them see.
 */
export class People extends FencedEmitter<PeopleEvents> {
  /** The rules of who sees whom. */
  readonly sight: Sight;
  readonly #everyone: PeopleContext['everyone'];
  readonly #clock: Clock;
  readonly #save: PeopleContext['save'];
  readonly #views: Views;
  /** Requests, and other news of contacts, that came while a user was offline: told when they come. */
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

  /** Sets USERSTATUS, and tells it. @throws ERR_INVALID_ARG for a value that is not a status. */
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

  /** Sets properties of PROFILE, all or none, and tells them. @throws ERR_INVALID_ARG, ERR_LINE_BREAK, ERR_SYNTAX */
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

  /** Takes a picture, which those who have the user in their list may fetch anew. @throws ERR_INVALID_ARG */
  setPicture(user: ExchangeUser, bytes: Uint8Array): void {
    user.setPicture(bytes);
    this.#save(user);
    this.#views.picture(user);
    this.emit('profile', { user, properties: ['AVATAR'] });
  }

  /**
   * Adds another to a user's contact list and asks for their authorisation. Robots and phones agree at once, as does a
   * user who lets the asking one see them. Others are told, when they are online, and agree by {@link authorise} or by
   * asking in their turn.
   *
   * @returns BUDDYSTATUS for the answer: `2`, or `3` where that is so already.
   * @throws ERR_INVALID_ARG where both are the same user or a text that is too long; ERR_LINE_BREAK.
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
   * Has a robot ask a user for their authorisation.
   *
   * @throws ERR_INVALID_ARG where there is no such user, or for a text that is too long; ERR_LINE_BREAK.
   */
  askFrom(robot: string, handle: string, text = ''): void {
    const user = this.userOf(handle);
    if (!user) throw invalidArgument('handle', 'a user', handle);
    if (!this.sight.reaches(robot, user) || this.sight.authorises(user, robot)) return;
    this.#relating(user, robot, () => this.#tellWhenOnline(user, robot, 'RECEIVEDAUTHREQUEST', text));
  }

  /** Changes the manner of a robot, and tells its status. Those whom it keeps waiting are answered by the new one. */
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
   * Lets another see the user, or not any more. Saying yes to a user who has asked adds them to the contact list;
   * saying no dismisses the request, and takes back what was given before.
   *
   * @throws ERR_INVALID_ARG where both are the same user.
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
   * Blocks another, whose request goes with that, or lets them through again.
   *
   * @throws ERR_INVALID_ARG where both are the same user.
   */
  block(user: ExchangeUser, handle: string, blocked: boolean): void {
    this.#relating(user, handle, () => {
      this.#tell(user, handle, 'ISBLOCKED', blocked ? 'TRUE' : 'FALSE');
      if (blocked) this.#dropRequest(user, handle);
    });
  }

  /** Takes another off the contact list, and back a request that they have not answered. @throws ERR_INVALID_ARG */
  remove(user: ExchangeUser, handle: string): void {
    this.#relating(user, handle, (other) => {
      this.#tell(user, handle, 'BUDDYSTATUS', BUDDY.removed);
      if (other) this.#dropRequest(other, user.handle);
    });
  }

  /**
   * Has two users who share a group authorise each other. A user who blocks the other, or has said no to them, is asked
   * instead.
   *
   * @throws ERR_INVALID_ARG where both are the same user.
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

  /** Sets what concerns the user alone. @throws ERR_INVALID_ARG, ERR_LINE_BREAK */
  note(user: ExchangeUser, handle: string, property: 'DISPLAYNAME' | 'SPEEDDIAL', value: string): void {
    this.#tell(user, handle, property, value);
    this.#save(user);
  }

  /**
   * Has users who are in a contact list from the start authorise each other, where nothing else is said, and makes
   * whole what a former run has left that was killed between what it keeps of two users. Nobody is told.
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

  /** Adds a list of those with whom a user was in touch. It says when it has changed by {@link recount}. */
  addPartners(partnersOf: (user: ExchangeUser) => Iterable<string>): void {
    this.#partners.push(partnersOf);
  }

  /** Lists the handles of those with whom a user was in touch, by call or chat. */
  recentOf(user: ExchangeUser): string[] {
    return [...new Set(this.#partners.flatMap((partnersOf) => [...partnersOf(user)]))];
  }

  /** Has lists of a user's people made anew. */
  recount(user: ExchangeUser): void {
    this.emit('people', { user });
  }

  userOf(handle: string): ExchangeUser | undefined {
    return this.#everyone.userOf(handle);
  }

  /** Gives a handle in the letters of its owner. */
  nameOf(handle: string): string {
    return this.#everyone.identityOf(handle)?.handle ?? handle;
  }

  /** Lists the handles of others of whom `matches` accepts what the user has about them. */
  handlesWhere(user: ExchangeUser, matches: (handle: string) => boolean): string[] {
    return [...user.contacts.keys()].filter(matches).map((handle) => this.nameOf(handle));
  }

  /** Lists those in a user's contact list. */
  friendsOf(user: ExchangeUser): string[] {
    return this.handlesWhere(user, (handle) => user.lists(handle));
  }

  /** Lists those who have asked a user for their authorisation, and have no answer. */
  waitingFor(user: ExchangeUser): string[] {
    return this.handlesWhere(user, (handle) => user.contact(handle).has('RECEIVEDAUTHREQUEST'));
  }

  /**
   * Does a change between two users, keeps it, and tells what each sees of the other now.
   *
   * @throws ERR_INVALID_ARG where both are the same user.
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

  /** Has a robot answer a user's request, in its time. */
  #askRobot(user: ExchangeUser, handle: string): void {
    const { authorises, afterMs } = this.#everyone.mannerOf(handle);
    if (!authorises) return;
    this.#clock.timerAt(this.#clock.now() + afterMs, () => {
      const isWaiting = user.lists(handle) && !user.isContact(handle);
      if (!isWaiting || !this.#everyone.mannerOf(handle).authorises) return;
      this.#relating(user, handle, () => this.#tellWhenOnline(user, handle, 'BUDDYSTATUS', BUDDY.authorised));
    });
  }

  /** Answers the request that `other` has made to `user`, if they have made one. */
  #grant(user: ExchangeUser, other: ExchangeUser): void {
    if (other.contact(user.handle).get('BUDDYSTATUS') !== BUDDY.pending) return;
    this.#tellWhenOnline(other, user.handle, 'BUDDYSTATUS', BUDDY.authorised);
  }

  /** Takes a request back. @returns true where there was one. */
  #dropRequest(user: ExchangeUser, handle: string): boolean {
    if (!user.clearContact(handle, 'RECEIVEDAUTHREQUEST')) return false;
    // A request that the client was never told of is taken back silently.
    if (!this.#waiting.get(user)?.get(handle.toLowerCase())?.delete('RECEIVEDAUTHREQUEST')) {
      this.#say(user, handle, 'RECEIVEDAUTHREQUEST', '');
    }
    this.emit('contact', { user, handle, property: 'RECEIVEDAUTHREQUEST', value: '' });
    return true;
  }

  /** Sets a property that a user has about another, and tells their clients. */
  #tell(user: ExchangeUser, handle: string, property: string, value: string): void {
    user.setContact(handle, property, value);
    this.#say(user, handle, property, value);
    this.emit('contact', { user, handle, property, value });
  }

  /** As {@link #tell}, for an act of another user: a user who is offline hears of it when they come. */
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

/** USER property that a property of PROFILE is seen as; properties that others do not see stay as they are. */
function asUserProperty(property: string): string {
  if (property === 'LANGUAGES') return 'LANGUAGE';
  return property === 'CALL_APPLY_CF' ? 'IS_CF_ACTIVE' : property;
}

function authoriseUnlessSaid(user: ExchangeUser | undefined, handle: string): void {
  if (user && !user.contact(handle).has('ISAUTHORIZED')) user.setContact(handle, 'ISAUTHORIZED', 'TRUE');
}
