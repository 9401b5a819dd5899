import type { ChatRole } from '../../protocol/catalogue/chat.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type Participant, type SharedChat, type SharedChatMember, sameHandle } from './chat.js';
import type { LeaveReason, NewMessage } from './chat-message.js';
import type { ChatPosting } from './chat-posting.js';
import { refusedBy } from './chat-privacy.js';
import { canSetRole, may, outranks } from './chat-rights.js';
import { type ChatTable, newBlob } from './chat-table.js';
import type { ChatView, Standing } from './chat-view.js';
import { historyFrom } from './introduction.js';

/** Most members of a chat (reference, "CHAT object", QUEUED_BECAUSE_CHAT_IS_FULL). */
export const MAX_MEMBERS = 100;

/** Membership of chats: adding, leaving, kicking, roles. */
export class ChatMembership {
  readonly #table: ChatTable;
  readonly #posting: ChatPosting;
  /** Called when there may be room for an applicant. */
  onRoom: ((chat: SharedChat) => void) | undefined;
  /** Called when an applicant was accepted. */
  onAccepted: ((chat: SharedChat, member: SharedChatMember) => void) | undefined;

  constructor(table: ChatTable, posting: ChatPosting) {
    this.#table = table;
    this.#posting = posting;
  }

  /**
   * Adds the handles that can be added, on behalf of `adder`. For each other handle the adder gets a message with the
   * reason.
   */
  admit(chat: SharedChat, adder: string, handles: readonly string[]): string[] {
    const admitted: string[] = [];
    for (const handle of handles) {
      const reason = this.refusalOf(handle, adder);
      if (reason) this.#tellRefused(chat, adder, handle, reason);
      else admitted.push(this.enter(chat, { handle, role: 'USER', active: false, adder }).handle);
    }
    return admitted;
  }

  /** Adds a member, and a view of the chat when the member is a user. */
  enter(chat: SharedChat, member: SharedChatMember): SharedChatMember {
    const handle = this.#table.identityOf(member.handle)?.handle ?? member.handle;
    const entered = { ...member, handle };
    chat.put(entered);
    chat.list('banned', handle, false);
    this.#table.touch(chat);
    const user = this.#table.userOf(handle);
    if (user) this.#viewFor(chat, user, entered);
    return entered;
  }

  /** Gives the reason why a user or robot cannot be added to a multichat, if there is one. */
  refusalOf(handle: string, adder: string): LeaveReason | undefined {
    if (!this.#table.identityOf(handle)) return 'USER_NOT_FOUND';
    const robot = this.#table.robotOf(handle);
    if (robot?.refuses) return robot.refuses;
    const user = this.#table.userOf(handle);
    if (!user) return undefined;
    return user.settings.multichats ? refusedBy(user, adder) : 'USER_INCAPABLE';
  }

  /** Adds members (reference, "ALTER CHAT ADDMEMBERS"). A dialog becomes a multichat. */
  add({ chat, handle: adder }: Participant, handles: readonly string[]): boolean {
    const self = chat.member(adder);
    if (!may(chat.face, self, 'add-members')) return false;
    const wanted = handles.filter((handle) => !chat.member(handle));
    const banned = wanted.some((handle) => chat.isBanned(handle));
    if (wanted.length === 0 || chat.face.members.length + wanted.length > MAX_MEMBERS) return false;
    if (banned && !may(chat.face, self, 'administer')) return false;
    const reasons = wanted.map((handle) => this.refusalOf(handle, adder));
    const widened = chat.isDialog && reasons.includes(undefined);
    if (widened) this.#widen(chat);
    const admitted = this.admit(chat, adder, wanted);
    if (admitted.length === 0) return true;
    for (const each of this.#table.takingPart(chat)) {
      if (widened) this.#table.say(each, 'STATUS', 'TYPE');
      this.#table.say(each, 'MEMBERS', 'FRIENDLYNAME');
    }
    if (widened) this.#tellCreator(chat);
    this.#posting.post(chat, adder, { type: 'ADDEDMEMBERS', users: admitted });
    return true;
  }

  /** Leaves a chat, or gives up joining it. */
  leave({ chat, handle }: Participant): boolean {
    const member = chat.member(handle);
    const view = this.#table.viewOf(handle, chat.name);
    if (!member) return view !== undefined && this.#giveUp(view);
    const reads = may(chat.face, member, 'read');
    if (reads) this.#posting.post(chat, handle, { type: 'LEFT', reason: 'UNSUBSCRIBE' });
    this.#remove(chat, member);
    if (view) this.#out(view, 'UNSUBSCRIBED', reads);
    return true;
  }

  /** Removes a member from a chat without posting a message. */
  expel(chat: SharedChat, member: SharedChatMember): void {
    const view = this.#table.viewOf(member.handle, chat.name);
    this.#remove(chat, member);
    if (view) this.#out(view, 'UNSUBSCRIBED', true);
  }

  /**
   * Removes other members, permanently with `ban` (reference, "ALTER CHAT KICK", "KICKBAN"). Applicants are rejected.
   */
  kick({ chat, handle: kicker }: Participant, handles: readonly string[], ban: boolean): boolean {
    const self = chat.member(kicker);
    if (chat.isDialog || !self || !may(chat.face, self, 'administer')) return false;
    const targets = handles.flatMap((handle) => chat.member(handle) ?? []);
    if (targets.length < handles.length || targets.length === 0) return false;
    if (!targets.every((target) => outranks(self, target))) return false;
    for (const target of targets) {
      const theirs = this.#table.viewOf(target.handle, chat.name);
      const reads = may(chat.face, target, 'read');
      const type = ban ? 'KICKBANNED' : 'KICKED';
      if (reads) this.#post(chat, kicker, { type, users: [target.handle] }, theirs);
      if (ban) chat.list('banned', target.handle, true);
      this.#remove(chat, target);
      if (theirs) this.#out(theirs, ban ? 'BANNED' : reads ? 'KICKED' : 'APPLICATION_DENIED', false);
    }
    return true;
  }

  /** Removes all members and closes the chat. */
  disband({ chat, handle: by }: Participant): boolean {
    if (chat.isDialog || !may(chat.face, chat.member(by), 'disband')) return false;
    const views = chat.face.members.flatMap(({ handle }) => this.#table.viewOf(handle, chat.name) ?? []);
    for (const each of views) {
      each.freeze();
      each.settling = false;
    }
    chat.change({ over: true, queue: [] });
    chat.show({ members: [] });
    this.#table.touch(chat);
    for (const each of views) {
      if (each.state.introduced) this.#table.stand(each, 'CHAT_DISBANDED');
      else each.change({ standing: 'CHAT_DISBANDED' });
    }
    return true;
  }

  /** Gives a member a role. This accepts an applicant. */
  setRole({ chat, handle: by }: Participant, handle: string, role: ChatRole): boolean {
    const member = chat.member(handle);
    if (!member || !canSetRole(chat.face, chat.member(by), member, role)) return false;
    chat.put({ ...member, role });
    this.#table.touch(chat);
    this.#posting.post(chat, by, { type: 'SETROLE', users: [member.handle], role });
    this.tellRole(chat, member.handle, role);
    if (member.role !== 'APPLICANT') return true;
    for (const each of this.#table.takingPart(chat)) this.#table.say(each, 'APPLICANTS');
    this.onAccepted?.(chat, { ...member, role });
    return true;
  }

  /** Notifies all who take part of a member's role. */
  tellRole(chat: SharedChat, handle: string, role: ChatRole): void {
    for (const each of this.#table.takingPart(chat)) {
      this.#table.sayMember(each, handle, 'ROLE', role);
      if (sameHandle(each.user.handle, handle)) this.#table.say(each, 'MYROLE');
    }
  }

  /** Notifies those who take part of the present members. */
  tellMembers(chat: SharedChat, but?: ChatView): void {
    for (const each of this.#table.takingPart(chat)) {
      if (each === but) continue;
      this.#table.say(each, 'MEMBERS', 'ACTIVEMEMBERS');
      if (chat.face.topic === '') this.#table.say(each, 'FRIENDLYNAME');
    }
  }

  #viewFor(chat: SharedChat, user: ExchangeUser, { handle, adder }: SharedChatMember): void {
    const by = sameHandle(handle, adder) ? '' : adder;
    const state = { standing: 'SUBSCRIBED', kept: undefined, adder: by, added: true } as const;
    const known = this.#table.viewOf(handle, chat.name);
    const view = known ?? this.#table.view(chat, user, { delivered: historyFrom(chat) });
    view.change(state);
    view.miss();
    view.settling = true;
    this.#table.touch(view);
  }

  /** Turns a dialog into a multichat. Its earlier messages stay hidden from new members. */
  #widen(chat: SharedChat): void {
    chat.change({ closedUpTo: chat.state.last });
    this.#table.setBlob(chat, newBlob());
    chat.show({ kind: 'MULTICHAT' });
    const creator = chat.member(chat.state.creator);
    if (creator) chat.put({ ...creator, role: 'CREATOR' });
    this.#table.touch(chat);
  }

  #tellCreator(chat: SharedChat): void {
    this.tellRole(chat, chat.state.creator, 'CREATOR');
  }

  #tellRefused(chat: SharedChat, adder: string, handle: string, reason: LeaveReason): void {
    const view = this.#table.viewOf(adder, chat.name);
    if (view) this.#posting.note(view, { type: 'LEFT', from: handle, reason, users: [handle] }, 'RECEIVED');
  }

  /** Posts a message that also reaches the member who is about to leave. */
  #post(chat: SharedChat, from: string, message: NewMessage, going: ChatView | undefined): void {
    this.#posting.post(chat, from, message);
    if (going?.user.online && going.subscribed && going.state.introduced) this.#posting.catchUp(going);
  }

  #remove(chat: SharedChat, member: SharedChatMember): void {
    const view = this.#table.viewOf(member.handle, chat.name);
    chat.drop(member);
    this.#table.touch(chat);
    this.tellMembers(chat, view);
    if (member.role === 'APPLICANT') {
      for (const each of this.#table.takingPart(chat)) this.#table.say(each, 'APPLICANTS');
    }
    this.onRoom?.(chat);
  }

  /** Marks a user as outside the chat. The user keeps its last state. */
  #out(view: ChatView, standing: Standing, tellMembers: boolean): void {
    view.freeze();
    view.settling = false;
    view.change({ trusted: false, added: false });
    if (tellMembers) this.#table.say(view, 'MEMBERS', 'ACTIVEMEMBERS');
    if (view.state.introduced) this.#table.stand(view, standing);
    else view.change({ standing });
    if (view.state.bookmarked) {
      view.change({ bookmarked: false });
      this.#table.say(view, 'BOOKMARKED');
    }
    this.#table.touch(view);
  }

  #giveUp(view: ChatView): boolean {
    const { chat, user, state } = view;
    const joining: readonly Standing[] = [
      'CONNECTING',
      'WAITING_REMOTE_ACCEPT',
      'PASSWORD_REQUIRED',
      'QUEUED_BECAUSE_CHAT_IS_FULL',
      'RETRY_CONNECTING',
    ];
    if (!joining.includes(state.standing)) return false;
    chat.list('queue', user.handle, false);
    this.#table.touch(chat);
    this.#table.stand(view, 'UNSUBSCRIBED');
    return true;
  }
}
