import type { CancelTimer } from '../../base/time/clock.js';
import type { ChatRole } from '../../protocol/catalogue/chat.js';
import { type SharedChat, type SharedChatMember, sameHandle } from './chat.js';
import { type ChatMembership, MAX_MEMBERS } from './chat-membership.js';
import { type ChatPosting, DELIVERY_MS } from './chat-posting.js';
import { hasOption, joinersRole, may } from './chat-rights.js';
import { type ChatTable, hashed } from './chat-table.js';
import type { ChatView, Standing } from './chat-view.js';
import { historyFrom, sees, tellRole } from './introduction.js';

/**
 * Gives the role of a user who joins. The creator stays creator and a former listener stays listener. Other former
 * members become USER.
 */
function roleOf(chat: SharedChat, handle: string): ChatRole {
  const former = chat.formerRole(handle);
  if (former === undefined) return joinersRole(chat.face);
  if (sameHandle(handle, chat.state.creator)) return 'CREATOR';
  return former === 'LISTENER' ? 'LISTENER' : 'USER';
}

/** Standings from which a user can join. */
const OUTSIDE: readonly Standing[] = ['UNSUBSCRIBED', 'KICKED', 'BANNED', 'APPLICATION_DENIED'];

/**
 * Steps by which a user joins a chat without being added (reference, "ALTER CHAT JOIN", "ENTERPASSWORD"):
 *
 *     CONNECTING -> [RETRY_CONNECTING] -> [PASSWORD_REQUIRED] -> [QUEUED_BECAUSE_CHAT_IS_FULL]
 *       -> WAITING_REMOTE_ACCEPT -> SUBSCRIBED | APPLICATION_DENIED
 */
export class ChatJoining {
  readonly #table: ChatTable;
  readonly #posting: ChatPosting;
  readonly #membership: ChatMembership;
  readonly #steps = new Map<ChatView, CancelTimer>();

  constructor(table: ChatTable, posting: ChatPosting, membership: ChatMembership) {
    this.#table = table;
    this.#posting = posting;
    this.#membership = membership;
    membership.onRoom = (chat) => this.#next(chat);
    membership.onAccepted = (chat, member) => {
      const view = this.#table.viewOf(member.handle, chat.name);
      if (view) this.#step(view, () => this.#enter(view, member));
    };
  }

  /** Begins to join. @returns false for a member, and for a chat that new users cannot join. */
  join(view: ChatView): boolean {
    const { chat, user, state } = view;
    if (!OUTSIDE.includes(state.standing) || chat.state.over || chat.face.kind !== 'MULTICHAT') {
      return false;
    }
    if (!hasOption(chat.face, 'JOINING_ENABLED') && !chat.formerRole(user.handle)) return false;
    this.#connect(view);
    return true;
  }

  /** Takes the password that was asked for. It is checked a moment later. */
  enterPassword(view: ChatView, password: string): boolean {
    if (view.state.standing !== 'PASSWORD_REQUIRED') return false;
    this.#table.stand(view, 'CONNECTING');
    this.#step(view, () => {
      if (this.#isRight(view.chat, password)) {
        view.change({ trusted: true });
        this.#table.touch(view);
        this.#ask(view);
      } else this.#table.stand(view, 'PASSWORD_REQUIRED');
    });
    return true;
  }

  /** Continues pending joins when the member they go through is reachable again. */
  retry(chat: SharedChat): void {
    for (const { handle } of this.#waiting(chat, 'RETRY_CONNECTING')) {
      const view = this.#table.viewOf(handle, chat.name);
      if (view) this.#connect(view);
    }
  }

  /** Continues a join that the previous run left unfinished. */
  resume(view: ChatView): void {
    const { standing } = view.state;
    if (standing === 'CONNECTING') this.#connect(view);
    else if (standing === 'WAITING_REMOTE_ACCEPT' && !view.chat.member(view.user.handle)) this.#ask(view);
  }

  #connect(view: ChatView): void {
    this.#table.stand(view, 'CONNECTING');
    this.#step(view, () => {
      const { chat, user } = view;
      if (chat.isBanned(user.handle)) this.#table.stand(view, 'BANNED');
      else if (chat.state.over) this.#table.stand(view, 'CHAT_DISBANDED');
      else if (!this.#joinPoint(chat)) this.#table.stand(view, 'RETRY_CONNECTING');
      else this.#connected(view);
    });
  }

  #connected(view: ChatView): void {
    const { chat } = view;
    if (chat.state.password && !view.state.trusted) {
      this.#table.say(view, ['PASSWORDHINT', `"${chat.face.passwordHint}"`]);
      this.#table.stand(view, 'PASSWORD_REQUIRED');
      return;
    }
    this.#showMembers(view);
    this.#ask(view);
  }

  /** Shows the parts of a chat that are visible before joining: its members, and the time of the last message. */
  #showMembers(view: ChatView): void {
    const { chat, user } = view;
    const isNew = chat.formerRole(user.handle) === undefined;
    const { activity, members } = chat.face;
    const [first] = [this.#joinPoint(chat)].flatMap((member) => member ?? []);
    if (isNew && first) {
      this.#table.sayMember(view, first.handle, 'ROLE', 'USER');
      view.change({ kept: { ...view.face, kind: chat.face.kind, members: [first] } });
      this.#table.say(view, 'MEMBERS', 'FRIENDLYNAME', 'ACTIVEMEMBERS');
    }
    view.change({ kept: { ...view.face, kind: chat.face.kind, activity, members }, bookmarked: true });
    if (isNew) this.#table.say(view, 'ACTIVITY_TIMESTAMP', 'BOOKMARKED', 'MEMBERS', 'FRIENDLYNAME');
    else this.#table.say(view, 'MEMBERS', 'ACTIVEMEMBERS', 'BOOKMARKED', 'MEMBERS');
    this.#table.say(view, 'ACTIVEMEMBERS');
  }

  /** Applies for membership. The user enters at once if there is room and no member has to accept. */
  #ask(view: ChatView): void {
    const { chat, user } = view;
    if (chat.face.members.length >= MAX_MEMBERS) {
      chat.list('queue', user.handle, true);
      this.#table.touch(chat);
      this.#table.stand(view, 'QUEUED_BECAUSE_CHAT_IS_FULL');
      return;
    }
    this.#table.stand(view, 'WAITING_REMOTE_ACCEPT');
    const role = roleOf(chat, user.handle);
    const adder = this.#joinPoint(chat)?.handle ?? chat.state.creator;
    const member = { handle: user.handle, role, active: false, adder };
    if (role !== 'APPLICANT') {
      this.#step(view, () => this.#enter(view, member));
      return;
    }
    chat.put(member);
    this.#table.touch(chat);
    view.change({ kept: { ...view.face, members: chat.face.members } });
    this.#table.say(view, 'MEMBERS', 'MYROLE');
    for (const each of this.#table.takingPart(chat)) this.#table.say(each, 'MEMBERS', 'APPLICANTS');
    this.#posting.post(chat, user.handle, { type: 'JOINEDASAPPLICANT', users: [user.handle] });
  }

  /** Makes an accepted applicant a member, and shows them the chat. */
  #enter(view: ChatView, member: SharedChatMember): void {
    const { chat, user } = view;
    if (chat.state.over) return;
    if (!chat.member(user.handle) && chat.face.members.length >= MAX_MEMBERS) {
      this.#ask(view);
      return;
    }
    const isNew = chat.formerRole(user.handle) === undefined;
    const others = chat.face.members.filter(({ handle }) => !sameHandle(handle, user.handle));
    const unheard = others.filter(({ handle }) => isNew && !sameHandle(handle, member.adder));
    chat.put({ ...member, active: true });
    this.#table.touch(chat);
    const from = isNew ? historyFrom(chat) : view.state.delivered;
    view.change({ kept: undefined, standing: 'WAITING_REMOTE_ACCEPT', adder: member.adder, delivered: from });
    view.miss();
    this.#table.touch(view);
    const late = isNew ? unheard : [...others.slice(0, 1), { handle: user.handle }];
    for (const { handle } of late) this.#table.sayMember(view, handle, 'IS_ACTIVE', 'FALSE');
    view.settling = true;
    this.#tellFace(view, member, isNew, late);
    this.#membership.tellMembers(chat, view);
    if (isNew) this.#posting.post(chat, member.adder, { type: 'ADDEDMEMBERS', users: [user.handle] });
    else this.#posting.schedule(chat);
    this.#step(view, () => {
      view.settling = false;
      for (const { handle } of late) this.#table.sayMember(view, handle, 'IS_ACTIVE', 'TRUE');
      this.#table.say(view, 'ACTIVEMEMBERS');
      sees(this.#table, this.#posting, view, 'READ');
    });
  }

  /** Notifies the new member of the chat's properties, in the order of the reference's examples. */
  #tellFace(
    view: ChatView,
    member: SharedChatMember,
    isNew: boolean,
    late: readonly { handle: string }[],
  ): void {
    const { face } = view;
    const isLate = (handle: string) => late.some((each) => each.handle === handle) && handle !== view.handle;
    const heard = face.members.filter(({ handle, active: is }) => is && !isLate(handle));
    const active = heard.map(({ handle }) => handle).join(' ');
    if (!isNew) {
      this.#table.say(view, 'MEMBERS', ['ACTIVEMEMBERS', active]);
      this.#table.stand(view, 'SUBSCRIBED');
      return;
    }
    this.#table.say(view, ['MYROLE', 'USER'], 'MEMBERS');
    if (face.guidelines === '') this.#posting.catchUp(view);
    this.#table.say(view, ['ACTIVEMEMBERS', active], 'TIMESTAMP', 'ADDER');
    if (face.guidelines !== '') {
      this.#table.say(view, 'GUIDELINES');
      this.#posting.catchUp(view);
    }
    if (face.topic !== '') this.#table.say(view, 'TOPIC');
    this.#table.say(view, 'OPTIONS');
    if (member.role !== 'USER') tellRole(this.#table, view, member.role);
    const creator = view.chat.member(view.chat.state.creator);
    if (creator) this.#table.sayMember(view, creator.handle, 'ROLE', creator.role);
    this.#table.stand(view, 'SUBSCRIBED');
    this.#table.say(view, 'FRIENDLYNAME');
  }

  /** Lets the first user in the queue go on joining, if there is room. */
  #next(chat: SharedChat): void {
    const [first] = chat.state.queue;
    if (first === undefined || chat.face.members.length >= MAX_MEMBERS) return;
    chat.list('queue', first, false);
    this.#table.touch(chat);
    const view = this.#table.viewOf(first, chat.name);
    if (view?.state.standing === 'QUEUED_BECAUSE_CHAT_IS_FULL') this.#ask(view);
    else this.#next(chat);
  }

  /** Gives the member through whom a user joins: the creator, or another reachable member. */
  #joinPoint(chat: SharedChat): SharedChatMember | undefined {
    const isThere = (member: SharedChatMember) =>
      may(chat.face, member, 'read') && (this.#table.userOf(member.handle)?.online ?? true);
    const creator = chat.member(chat.state.creator);
    return creator && isThere(creator) ? creator : chat.face.members.find(isThere);
  }

  #waiting(chat: SharedChat, standing: Standing): { readonly handle: string }[] {
    return this.#table
      .viewsIn(chat)
      .filter(({ state }) => state.standing === standing)
      .map(({ user }) => user);
  }

  #isRight(chat: SharedChat, password: string): boolean {
    const kept = chat.state.password;
    return kept === undefined || hashed(password, kept.salt).hash === kept.hash;
  }

  /** Does the next step a moment later, unless the user has given up joining meanwhile. */
  #step(view: ChatView, act: () => void): void {
    this.#steps.get(view)?.();
    const { standing } = view.state;
    this.#steps.set(
      view,
      this.#table.later(DELIVERY_MS, () => {
        this.#steps.delete(view);
        if (view.state.standing === standing) act();
      }),
    );
  }
}
