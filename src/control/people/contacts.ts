import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { checkObjectId } from '../../protocol/commands.js';
import type { CommandOptions } from '../client/command-sender.js';
import type { ObjectCollection, PropertyNews } from '../state/object-collection.js';
import type { Groups } from './groups.js';
import type { User } from './user.js';

/** Events of {@link Contacts}. Each follows a notification of the endpoint, not an answer. */
export interface ContactsEvents extends FencedEvents {
  /** A user's presence changed; the status is as on the wire. */
  presence: [user: User, status: string];
  /** A user asks to be authorised. */
  request: [user: User, text: string];
  /** A user is a contact now and has agreed to it. */
  authorised: [user: User];
  /** A user is no longer a contact. */
  removed: [user: User];
}

/** Properties that have events. */
const TOLD: ReadonlySet<string> = new Set(['ONLINESTATUS', 'RECEIVEDAUTHREQUEST', 'BUDDYSTATUS']);

/** The current user's contacts, and users who ask to be: `client.contacts`. A contact is a {@link User}. */
export class Contacts extends FencedEmitter<ContactsEvents> {
  readonly #users: ObjectCollection<'USER', User>;
  readonly #groups: Groups;
  /** Values as last notified. Such a value is news even if an earlier answer gave the same one. */
  readonly #told = new WeakMap<User, Map<string, string>>();

  /** Used by the client. @internal */
  constructor(users: ObjectCollection<'USER', User>, groups: Groups) {
    super();
    this.#users = users;
    this.#groups = groups;
  }

  /** Gives any user by handle, like {@link Client.user}. @throws ERR_INVALID_ARG */
  get(handle: string): User {
    return this.#users.get(checkObjectId('USER', handle, 'handle'));
  }

  /** Lists the contacts, including those who have not agreed yet. */
  async list(options?: CommandOptions): Promise<User[]> {
    return await this.#users.search('FRIENDS', '', options);
  }

  /** Lists users who wait to be authorised. RECEIVEDAUTHREQUEST of each holds the text. */
  async waiting(options?: CommandOptions): Promise<User[]> {
    return await this.#users.search('USERSWAITINGMYAUTHORIZATION', '', options);
  }

  /** Lists blocked users, from the endpoint's group of them; empty when it has no such group. */
  async blocked(options?: CommandOptions): Promise<User[]> {
    const hardwired = await this.#groups.search('GROUPS', 'HARDWIRED', options);
    for (const group of hardwired) {
      if ((await group.get('TYPE', options)) === 'USERS_BLOCKED_BY_ME') return await group.users(options);
    }
    return [];
  }

  /**
   * Makes a user a contact, and asks for authorisation.
   *
   * @param text Text that the user reads.
   * @throws ERR_INVALID_ARG for a handle that is not one word; ERR_API 518, 519.
   */
  async add(handle: string, text = '', options?: CommandOptions): Promise<User> {
    const user = this.get(handle);
    await user.add(text, options);
    return user;
  }

  /** Takes a property of a user; called by the client. @internal */
  heard(user: User, { property, value, sentAfter }: PropertyNews<string>): void {
    if (sentAfter !== undefined || !TOLD.has(property)) return;
    const told = this.#told.get(user) ?? new Map<string, string>();
    this.#told.set(user, told);
    if (told.get(property) === value) return;
    told.set(property, value);
    if (property === 'ONLINESTATUS') this.emit('presence', user, value);
    else if (property === 'RECEIVEDAUTHREQUEST' && value !== '') this.emit('request', user, value);
    else if (property === 'BUDDYSTATUS' && value === '3') this.emit('authorised', user);
    else if (property === 'BUDDYSTATUS' && value === '1') this.emit('removed', user);
  }
}
