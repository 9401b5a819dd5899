import { invalidArgument } from '../../base/errors.js';
import type { ExchangeUser } from '../exchange-user.js';
import { ApiObject } from '../object/api-object.js';
import type { ObjectShelf } from '../object/object-shelf.js';
import { ObjectStore } from '../object/object-store.js';
import { checkKept } from '../wire-value.js';
import {
  CUSTOM,
  type GroupObject,
  HARDWIRED_TYPES,
  isCustom,
  keptMembers,
  membersOf,
  PROPOSED,
  type Roll,
  SHARED,
} from './group-members.js';
import { GroupNews } from './group-news.js';
import type { People } from './people.js';
import type { GroupFollower, SharedGroup } from './shared-group.js';

/** Most groups of one user that are not hardwired. */
const LIMIT = 1000;

/** Parts of the exchange that {@link UserGroups} works on. */
export interface UserGroupsContext {
  readonly people: People;
  /** Gives a number that no object has had. */
  nextId(): number;
  /** Notified of changes to shared groups. */
  readonly channels: GroupFollower;
  readonly shelf: ObjectShelf<'GROUP'>;
}

/**
 * The groups of all users (reference, "GROUP object"). Hardwired groups follow from the relations between users; others
 * are made and shared by users. Each user of a shared group has a GROUP object of their own. All have the same
 * CUSTOM_GROUP_ID.
 */
export class UserGroups {
  readonly #people: People;
  readonly #nextId: () => number;
  readonly #channels: GroupFollower;
  readonly #objects: ObjectStore<'GROUP', GroupObject>;
  readonly #news = new GroupNews({
    groupsOf: (user) => this.#objects.listOf(user),
    rollOf: (user) => this.#rollOf(user),
  });

  constructor({ people, nextId, channels, shelf }: UserGroupsContext) {
    this.#people = people;
    this.#channels = channels;
    this.#nextId = nextId;
    this.#objects = new ObjectStore({
      shelf,
      record: (group) => ({ properties: group.record() }),
    });
    people.on('people', ({ user }) => this.#news.recount(user));
    people.on('contact', ({ user, handle, property, value }) => {
      if (property === 'BUDDYSTATUS' && value === '3') this.#proposeAgain(user, handle);
    });
    people.on('status', ({ user }) => this.#news.tellWaiting(user));
    channels.onAnswer = (user, id, accepts) => {
      const group = this.customOf(user).find((each) => each.get('CUSTOM_GROUP_ID') === id);
      if (!group) return false;
      if (accepts) return this.accept(group);
      this.#leave(group);
      return true;
    };
  }

  /** Gives the group with this id, if it is one of the user's. */
  of(user: ExchangeUser, id: number): GroupObject | undefined {
    return this.#objects.of(user, id);
  }

  /** Lists the groups that the user has made, or that others share with the user. */
  customOf(user: ExchangeUser): GroupObject[] {
    return this.#objects.listOf(user).filter(isCustom);
  }

  /** Lists the hardwired groups. They get their ids when they are first requested, and keep them. */
  hardwiredOf(user: ExchangeUser): GroupObject[] {
    const made = new Map(this.#objects.listOf(user).map((group) => [group.get('TYPE'), group]));
    const roll = this.#rollOf(user);
    return HARDWIRED_TYPES.map((type) => {
      const known = made.get(type);
      if (known) return known;
      const group = new ApiObject('GROUP', this.#nextId(), user, { TYPE: type });
      this.#objects.add(group);
      this.#news.begin(group, roll);
      return group;
    });
  }

  /** Lists the handles of the members of a group of `user`. */
  members(user: ExchangeUser, group: GroupObject): string[] {
    return membersOf(group, this.#rollOf(user));
  }

  /** Counts the members of a group whom `user` sees online. */
  online(user: ExchangeUser, group: GroupObject): number {
    return this.members(user, group).filter((handle) => this.#people.sight.isOnline(user, handle)).length;
  }

  /** Makes an empty group. @throws ERR_INVALID_ARG for a bad name or too many groups; ERR_LINE_BREAK for its name. */
  create(user: ExchangeUser, name: string): GroupObject {
    checkKept('DISPLAYNAME', name);
    if (name === '') throw invalidArgument('name', 'a name', name);
    if (this.#isFull(user))
      throw invalidArgument('group', `at most ${LIMIT} groups`, this.customOf(user).length);
    return this.#make(user, {
      TYPE: CUSTOM,
      CUSTOM_GROUP_ID: String(this.#nextId()),
      DISPLAYNAME: name,
      USERS: '',
    });
  }

  /** Renames a group for all who share it. @returns false when the user may not rename it. */
  rename(group: GroupObject, name: string): boolean {
    if (!isOwn(group)) return false;
    checkKept('DISPLAYNAME', name);
    const sharers = this.#sharersOf(group);
    for (const each of sharers) each.put('DISPLAYNAME', name);
    this.#objects.save(...sharers);
    for (const each of sharers) {
      this.#news.tell(this.#ownerOf(each), () => each.tell('DISPLAYNAME', name));
    }
    this.#follow(group);
    return true;
  }

  /**
   * Adds a contact to a group. A shared group is proposed to the contact.
   *
   * @param handle as in the contact list, in any case of letters.
   * @returns false when `handle` is not a contact, or the user may not change the group.
   */
  add(group: GroupObject, handle: string): boolean {
    const user = this.#ownerOf(group);
    const key = handle.toLowerCase();
    if (!isOwn(group) || !user.lists(handle)) return false;
    this.#regroup(group, [...keptMembers(group).filter((each) => each !== key), key]);
    if (group.get('TYPE') === SHARED) this.#propose(group, handle, '');
    return true;
  }

  /** Removes a user from a group. @returns false when the user is not a member, or the group may not be changed. */
  remove(group: GroupObject, handle: string): boolean {
    const key = handle.toLowerCase();
    if (!isOwn(group) || key === group.owner.handle.toLowerCase() || !keptMembers(group).includes(key))
      return false;
    const theirs = this.#sharersOf(group).find(({ owner }) => owner.handle.toLowerCase() === key);
    if (theirs && theirs !== group) this.#leave(theirs);
    else
      this.#regroup(
        group,
        keptMembers(group).filter((each) => each !== key),
      );
    return true;
  }

  /**
   * Shares a group with its members. Members who have authorised the user are asked to accept it. The others are asked
   * for authorisation first.
   *
   * @param text of the requests for authorisation.
   * @returns false for a group that is shared, hardwired or empty.
   */
  share(group: GroupObject, text: string): boolean {
    const user = this.#ownerOf(group);
    const members = group.get('TYPE') === CUSTOM ? this.members(user, group) : [];
    if (members.length === 0) return false;
    group.tell('TYPE', SHARED);
    this.#regroup(group, [...members.map((handle) => handle.toLowerCase()), user.handle.toLowerCase()]);
    for (const handle of members) this.#propose(group, handle, text);
    this.#follow(group);
    return true;
  }

  /** Accepts a proposed group. All who have accepted it authorise each other. @returns false for another group. */
  accept(group: GroupObject): boolean {
    if (group.get('TYPE') !== PROPOSED) return false;
    group.tell('TYPE', SHARED);
    this.#objects.save(group);
    this.#follow(group);
    const user = this.#ownerOf(group);
    for (const handle of keptMembers(group)) {
      const other = this.#people.userOf(handle);
      const theirs = other && this.#sharersOf(group).find(({ owner }) => owner === other);
      if (!other || theirs?.get('TYPE') === SHARED) this.#people.introduce(user, handle);
    }
    return true;
  }

  /** Declines a proposed group. @returns false for another group. */
  decline(group: GroupObject): boolean {
    if (group.get('TYPE') !== PROPOSED) return false;
    this.#leave(group);
    return true;
  }

  /** Deletes a group. The others keep a shared group, without this user. @returns false for a hardwired group. */
  delete(group: GroupObject): boolean {
    if (!isCustom(group)) return false;
    if (group.get('TYPE') === CUSTOM) this.#drop(group);
    else this.#leave(group);
    return true;
  }

  /** Restores the stored groups after a restart, once the users exist. */
  restore(userOf: (handle: string) => ExchangeUser | undefined): void {
    const groups = this.#objects.restore(
      userOf,
      (id, user, { properties }) => new ApiObject('GROUP', id, user, properties),
    );
    // A run that was killed may have stored or proposed a change for some users only. The first object holds the newest
    // state.
    const all = groups.filter((group) => [SHARED, PROPOSED].includes(group.get('TYPE') ?? ''));
    for (const group of all) {
      const [first = group] = this.#sharersOf(group);
      group.put('USERS', first.get('USERS') ?? '');
      group.put('DISPLAYNAME', first.get('DISPLAYNAME') ?? '');
    }
    // An owner who is not a member was about to leave the group.
    const isLeft = (group: GroupObject) => !keptMembers(group).includes(group.owner.handle.toLowerCase());
    for (const group of all.filter(isLeft)) this.#objects.remove(group);
    const shared = all.filter((group) => !isLeft(group));
    for (const group of shared.filter((each) => each.get('TYPE') === SHARED)) {
      for (const handle of keptMembers(group)) this.#propose(group, handle);
    }
    for (const group of this.#objects.all()) this.#news.begin(group, this.#rollOf(this.#ownerOf(group)));
    const byId = new Map(shared.map((group) => [group.get('CUSTOM_GROUP_ID'), group]));
    this.#channels.restore(Array.from(byId.values(), (group) => this.#asShared(group)));
  }

  /** Makes a group and notifies its owner. */
  #make(user: ExchangeUser, kept: Readonly<Record<string, string>>): GroupObject {
    const group = new ApiObject('GROUP', this.#nextId(), user, kept);
    this.#objects.add(group);
    this.#news.made(user, group);
    return group;
  }

  /**
   * Proposes a shared group to a member, or asks the member for authorisation first.
   *
   * @param text of the request. Default: no request is sent.
   */
  #propose(group: GroupObject, handle: string, text?: string): void {
    const user = this.#ownerOf(group);
    const other = this.#people.userOf(handle);
    if (!other || other === user) return;
    if (this.#sharersOf(group).some(({ owner }) => owner === other)) return;
    const { sight } = this.#people;
    if (!sight.authorises(other, user.handle)) {
      if (text !== undefined && user.lists(handle)) this.#people.ask(user, handle, text);
      return;
    }
    if (!sight.reaches(user.handle, other) || this.#isFull(other)) return;
    this.#make(other, { ...group.record(), TYPE: PROPOSED });
    this.#follow(group);
  }

  /** Proposes the shared groups to a user who has just authorised their owner. */
  #proposeAgain(user: ExchangeUser, handle: string): void {
    for (const group of this.customOf(user)) {
      const isShared = group.get('TYPE') === SHARED && keptMembers(group).includes(handle.toLowerCase());
      if (isShared) this.#propose(group, handle);
    }
  }

  /** Removes the owner of a shared group from it. */
  #leave(group: GroupObject): void {
    const own = group.owner.handle.toLowerCase();
    const rest = this.#sharersOf(group).filter((each) => each !== group);
    // The leaving user is removed everywhere first. Otherwise the group would be proposed to that user again after a
    // kill.
    this.#keepMembers(
      group,
      keptMembers(group).filter((each) => each !== own),
    );
    this.#drop(group);
    this.#tellMembers(rest);
    this.#channels.follow(this.#asShared(group));
  }

  /** Reports a change of a shared group to its chat. */
  #follow(group: GroupObject): void {
    if (group.get('TYPE') !== CUSTOM) this.#channels.follow(this.#asShared(group));
  }

  #asShared(group: GroupObject): SharedGroup {
    const sharers = this.#sharersOf(group).map((each) => ({
      user: this.#ownerOf(each),
      accepted: each.get('TYPE') === SHARED,
    }));
    return { id: group.get('CUSTOM_GROUP_ID') ?? '', name: group.get('DISPLAYNAME') ?? '', sharers };
  }

  /** Removes a group object from its owner. */
  #drop(group: GroupObject): void {
    const user = this.#ownerOf(group);
    const members = this.members(user, group);
    this.#objects.remove(group);
    this.#news.removed(user, group, members);
  }

  /** Stores other members of a group, for all who share it. @throws ERR_INVALID_ARG for too many. */
  #regroup(group: GroupObject, handles: readonly string[]): void {
    this.#keepMembers(group, handles);
    this.#tellMembers(this.#sharersOf(group));
  }

  #keepMembers(group: GroupObject, handles: readonly string[]): void {
    const users = checkKept('USERS', handles.join(', '));
    const sharers = this.#sharersOf(group);
    for (const each of sharers) each.put('USERS', users);
    this.#objects.save(...sharers);
  }

  #tellMembers(groups: readonly GroupObject[]): void {
    for (const owner of groups.map((group) => this.#ownerOf(group)))
      this.#news.tell(owner, () => this.#news.recount(owner));
  }

  /**
   * Lists the objects of a shared group, of all its users, the one that is stored first in front. A group that is not
   * shared has only one.
   */
  #sharersOf(group: GroupObject): GroupObject[] {
    const id = group.get('CUSTOM_GROUP_ID');
    return group.get('TYPE') === CUSTOM
      ? [group]
      : this.#objects
          .all()
          .filter((each) => isCustom(each) && each.get('CUSTOM_GROUP_ID') === id)
          .sort((a, b) => a.id - b.id);
  }

  #rollOf(user: ExchangeUser): Roll {
    return { people: this.#people, user, friends: this.#people.friendsOf(user), custom: this.customOf(user) };
  }

  #isFull(user: ExchangeUser): boolean {
    return this.customOf(user).length >= LIMIT;
  }

  #ownerOf({ owner }: GroupObject): ExchangeUser {
    const user = this.#people.userOf(owner.handle);
    if (!user) throw invalidArgument('group', "a user's", owner.handle);
    return user;
  }
}

/** True for a group whose name and members the owner may change. */
function isOwn(group: GroupObject): boolean {
  return [CUSTOM, SHARED].includes(group.get('TYPE') ?? '');
}
