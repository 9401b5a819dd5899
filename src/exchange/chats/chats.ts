import { CHAT_OPTIONS, type ChatRole } from '../../protocol/catalogue/chat.js';
import type { ExchangeUser } from '../exchange-user.js';
import { checkText } from '../wire-value.js';
import {
  type Participant,
  type SharedChat,
  type SharedChatMember,
  sameHandle,
  UNKNOWN_FACE,
} from './chat.js';
import { checkBody } from './chat-body.js';
import { ChatJoining } from './chat-joining.js';
import { ChatLists } from './chat-lists.js';
import { ChatMembership } from './chat-membership.js';
import { ChatPosting } from './chat-posting.js';
import { refusedIn } from './chat-privacy.js';
import { partnerOf } from './chat-properties.js';
import { may, mayEdit } from './chat-rights.js';
import { type ChatRobot, robotChat } from './chat-robot.js';
import { ChatRobots } from './chat-robots.js';
import { ChatSettings } from './chat-settings.js';
import { type ChatContext, ChatTable, type CopyNews, chatName, newBlob } from './chat-table.js';
import type { ChatView, FoundMessage } from './chat-view.js';
import { GroupChannels } from './group-channels.js';
import { showDialog, tellDialog, tellMade, tellRole } from './introduction.js';

/** Longest topic, guidelines and password with its hint, in characters. */
const MAX_TEXT_LENGTH = 10_000;

/**
 * The chats of an exchange, for commands, robots, the desk and the account services. Each method is one change, which
 * is stored as a whole or not at all. Those who are in the chat are notified of it.
 */
export class ExchangeChats {
  readonly table: ChatTable;
  readonly #membership: ChatMembership;
  readonly #posting: ChatPosting;
  readonly #joining: ChatJoining;
  readonly #robots: ChatRobots;
  /** Robots that chat, by lower-case handle. */
  readonly #parts = new Map<string, ChatRobot>();
  readonly settings: ChatSettings;
  /** The chats behind shared groups. */
  readonly groups: GroupChannels;
  /** Lists of chats and messages, for SEARCH. */
  readonly lists: ChatLists;

  constructor(context: Omit<ChatContext, 'robotOf'> & { isAway(robot: string): boolean }) {
    const robotOf = (handle: string): ChatRobot => {
      return { ...this.#parts.get(handle.toLowerCase()), online: !context.isAway(handle) };
    };
    this.table = new ChatTable({ ...context, robotOf });
    this.#posting = new ChatPosting(this.table);
    this.#membership = new ChatMembership(this.table, this.#posting);
    this.#robots = new ChatRobots(this.table, this.#posting, this.#membership);
    this.lists = new ChatLists(this.table);
    this.groups = new GroupChannels(this.table, this.#posting, this.#membership);
    this.settings = new ChatSettings(this.table, this.#posting);
    this.#joining = new ChatJoining(this.table, this.#posting, this.#membership);
    this.#posting.onHeard = (handle, chat, { from, body }) =>
      robotOf(handle).hear?.({ chat: chat.name, from, body }, robotChat(this, { chat, handle }));
  }

  /** Gives a chat as `user` sees it; undefined when the user has none of this name. */
  find(user: ExchangeUser, name: string): ChatView | undefined {
    const view = this.table.viewOf(user.handle, name);
    return view?.state.introduced ? view : undefined;
  }

  /** Lists the chats of a user, oldest first. */
  list(user: ExchangeUser): ChatView[] {
    return this.table.viewsOf(user.handle);
  }

  /**
   * Calls `listener` for every message that a user has sent or received, once it is stored.
   *
   * @returns a function that removes it.
   */
  onMessage(listener: (news: CopyNews) => void): () => void {
    return this.table.onCopy(listener);
  }

  /**
   * Gives the dialog of `user` with a partner, and creates it if there is none.
   *
   * @param partner Any handle. If the partner does not exist or refuses, a message of TYPE LEFT says so.
   */
  dialog(user: ExchangeUser, partner: string): ChatView {
    const handle = this.table.identityOf(partner)?.handle ?? partner;
    const known = this.table
      .allViewsOf(user.handle)
      .find((view) => view.subscribed && view.chat.isDialog && this.#isWith(view, handle));
    return this.table.change(() => {
      if (!known) return this.#makeDialog(user, handle);
      // The other user has created it, and it has not been delivered here yet.
      if (!known.state.introduced) this.#posting.deliver(known.chat);
      // The user refuses the other's messages, but has now written.
      if (!known.state.introduced) showDialog(this.table, known);
      return known;
    });
  }

  /** Makes a multichat. For each target that cannot be added there is a message of TYPE LEFT. */
  create(user: ExchangeUser, targets: readonly string[]): ChatView {
    return this.table.change(() => {
      const options = targets.length === 0 ? CHAT_OPTIONS.JOINING_ENABLED : 0;
      const chat = this.table.make({
        name: chatName(user.handle),
        creator: user.handle,
        blob: newBlob(),
        face: { ...UNKNOWN_FACE, options },
      });
      const maker = { handle: user.handle, role: 'CREATOR', active: true, adder: user.handle } as const;
      chat.put(maker);
      const view = this.table.view(chat, user, { introduced: true });
      const admitted = this.#membership.admit(chat, user.handle, targets);
      this.#posting.open(view, { type: 'CREATEDCHATWITH', users: admitted });
      view.settling = true;
      tellMade(this.table, view);
      this.table.later(0, () => {
        view.settling = false;
        // A member who has left in the meantime was notified of the role then.
        if (view.self) tellRole(this.table, view, view.self.role);
      });
      return view;
    });
  }

  /**
   * Sends a message, with markup if a web client gave any.
   *
   * @returns the id of the sender's copy; undefined when the sender may not write.
   * @throws ERR_INVALID_ARG, ERR_LINE_BREAK
   */
  send(view: ChatView, body: string, rich = ''): number | undefined {
    checkBody(body);
    const { chat, user } = view;
    if (body === '' || !view.subscribed || !may(chat.face, view.self, 'write')) return undefined;
    return this.table.change(() => {
      const id = this.#posting.post(chat, user.handle, { type: 'SAID', body, rich });
      if (chat.isDialog) this.#checkPartner(view);
      return id;
    });
  }

  /** Writes into a chat as a robot that is in it. @returns false when the robot may not write. */
  sayAs(handle: string, name: string, body: string): boolean {
    checkBody(body);
    const chat = this.table.chatOf(name);
    if (!chat || !may(chat.face, chat.member(handle), 'write')) return false;
    this.table.change(() => this.#posting.post(chat, handle, { type: 'SAID', body }));
    return true;
  }

  /** Sets how a robot behaves in chats. A robot without this only listens. */
  setRobot(handle: string, robot: ChatRobot): void {
    this.#parts.set(handle.toLowerCase(), robot);
  }

  /** Writes to a user as a robot, in their dialog. */
  writeAs(robot: string, user: string, body: string): void {
    this.sayAs(robot, this.table.change(() => this.#robots.dialog(robot, user)).name, body);
  }

  /** Makes a multichat as a robot. @returns the name of the chat. */
  gatherAs(robot: string, handles: readonly string[]): string {
    return this.table.change(() => this.#robots.gather(robot, handles)).name;
  }

  /** Gives the newest multichat that a robot is in. */
  newestOf(robot: string): SharedChat | undefined {
    return this.#robots.chatsOf(robot).findLast((chat) => !chat.isDialog);
  }

  /** Delivers missed messages to a robot that can be reached again. */
  robotArrived(robot: string): void {
    this.table.change(() => {
      for (const chat of this.#robots.chatsOf(robot)) this.#posting.deliver(chat);
    });
  }

  /** Gives a message of `user`; undefined for the id of another user's message. */
  message(user: ExchangeUser, id: number): FoundMessage | undefined {
    const copy = this.table.store.copy(id);
    const view = copy && this.table.viewByNumber(copy.view);
    const message = copy && view?.user === user ? this.table.store.message(copy.seq) : undefined;
    return copy && view && message ? { id, view, message, status: copy.status } : undefined;
  }

  /** Marks a message as seen. @returns false when it was seen before. */
  see({ id, view, status }: FoundMessage): boolean {
    if (status !== 'RECEIVED') return false;
    this.table.change(() => this.#posting.setStatus(view, id, 'READ'));
    return true;
  }

  /** Marks all messages of a chat as seen. */
  seeAll(view: ChatView): void {
    this.table.change(() => {
      for (const id of this.table.store.ids([view.number], 'unseen'))
        this.#posting.setStatus(view, id, 'READ');
    });
  }

  /** Changes the text of a message. @returns false when that is not permitted. @throws as {@link send} */
  edit(found: FoundMessage, body: string, rich = ''): boolean {
    checkBody(body);
    if (body === '' || !mayEdit(found)) return false;
    this.table.change(() => this.#posting.edit(found.message, found.view.user.handle, body, rich));
    return true;
  }

  /** Removes the text of a message, which stays as an empty one. @returns false when that is not permitted. */
  remove(found: FoundMessage): boolean {
    if (!mayEdit(found)) return false;
    this.table.change(() => this.#posting.edit(found.message, found.view.user.handle, ''));
    return true;
  }

  /** Like {@link onMessage}, for messages whose text was changed. */
  onEdit(listener: (news: CopyNews) => void): () => void {
    return this.table.onEdit(listener);
  }

  setBookmark(view: ChatView, bookmarked: boolean): void {
    this.table.change(() => {
      view.change({ bookmarked });
      this.table.touch(view);
      this.table.say(view, 'BOOKMARKED');
    });
  }

  /** Sets the text that a message must contain to alert the user. */
  setAlert(view: ChatView, alert: string): void {
    checkText('SETALERTSTRING', alert, MAX_TEXT_LENGTH);
    this.table.change(() => {
      view.change({ alert });
      this.table.touch(view);
    });
  }

  /** Empties the list of recent messages. */
  clearRecent(view: ChatView): void {
    this.table.change(() => {
      view.change({ recentAfter: this.table.store.recent(view.number, 0, 1)[0] ?? 0 });
      this.table.touch(view);
    });
  }

  /** Opens or closes the window of a chat and notifies clients (reference, "Chat notifications"). */
  setOpen(view: ChatView, open: boolean): void {
    if (view.open === open) return;
    view.open = open;
    const property = open ? 'OPENED' : 'CLOSED';
    view.user.notify({ kind: 'property', object: 'CHAT', id: view.chat.name, property, value: '' });
  }

  /** Adds members. @returns false when `by` may not, when none is new, or when there is no room. */
  add(by: Participant, handles: readonly string[]): boolean {
    return this.table.change(() => this.#membership.add(by, handles));
  }

  /** Leaves, or gives up joining. @returns false for a user who is not in the chat. */
  leave(by: Participant): boolean {
    if (by.chat.face.kind === 'SHAREDGROUP') return this.groups.answer(by, false);
    return this.table.change(() => this.#membership.leave(by));
  }

  /** Removes members, permanently with `ban`. @returns false when `by` may not; none is then removed. */
  kick(by: Participant, handles: readonly string[], ban = false): boolean {
    return this.table.change(() => this.#membership.kick(by, handles, ban));
  }

  /** Removes all members and closes the chat. @returns false when `by` may not. */
  disband(by: Participant): boolean {
    return this.table.change(() => this.#membership.disband(by));
  }

  /** Gives a member a role. This accepts an applicant. @returns false when `by` may not. */
  setRole(by: Participant, handle: string, role: ChatRole): boolean {
    return this.table.change(() => this.#membership.setRole(by, handle, role));
  }

  /** Begins to join. @returns false for a member, and when no new members can join. */
  join(view: ChatView): boolean {
    return this.table.change(() => this.#joining.join(view));
  }

  /** Takes the password that was asked for. @returns false when none was. */
  enterPassword(view: ChatView, password: string): boolean {
    return this.table.change(() => this.#joining.enterPassword(view, password));
  }

  /** Finds a chat by its blob and gives the user's view of it, which is created if needed. */
  byBlob(user: ExchangeUser, blob: string): ChatView | undefined {
    const chat = this.table.chatByBlob(blob);
    if (!chat || chat.state.over) return undefined;
    const known = this.find(user, chat.name);
    if (known) return known;
    return this.table.change(() => {
      // A user who was added while away has a view that their clients do not know yet.
      this.#posting.deliver(chat);
      const hidden = this.table.viewOf(user.handle, chat.name);
      if (hidden?.state.introduced) return hidden;
      const kept = UNKNOWN_FACE;
      const view = hidden ?? this.table.view(chat, user, { standing: 'UNSUBSCRIBED', kept });
      view.change({ introduced: true });
      this.table.touch(view);
      this.table.say(view, 'NAME', ['ACTIVITY_TIMESTAMP', '0'], 'STATUS', 'TYPE', 'MYSTATUS', 'STATUS');
      return view;
    });
  }

  /** Finds among the chats of a user the one with this blob. */
  knownBlob(user: ExchangeUser, blob: string): ChatView | undefined {
    const chat = this.table.chatByBlob(blob);
    return chat && this.find(user, chat.name);
  }

  /** Accepts the invitation to a shared group (reference, "ALTER CHAT ACCEPTADD"). @returns false if there is none. */
  acceptAdd(view: ChatView): boolean {
    return view.state.standing === 'ACCEPT_REQUIRED' && this.groups.answer(view, true);
  }

  /** Removes all messages of a user (reference, "CLEAR CHATHISTORY"). The chats stay. */
  clearHistory(user: ExchangeUser): void {
    const views = this.table.allViewsOf(user.handle).map(({ number }) => number);
    this.table.change(() => this.table.store.clear(views));
  }

  /**
   * Handles a user who can be reached again: delivers missed messages, and continues pending joins through this user.
   */
  arrived(user: ExchangeUser): void {
    // One change for each chat, since all of them together may be large.
    for (const view of this.table.allViewsOf(user.handle)) {
      this.table.change(() => {
        this.table.touch(view);
        this.#posting.deliver(view.chat);
        this.#joining.retry(view.chat);
      });
    }
  }

  /** Restores the state of the previous run. */
  restore(): void {
    this.table.restore();
    this.table.change(() => {
      this.#posting.restore();
      for (const view of this.table.allViews()) this.#joining.resume(view);
    });
  }

  close(): void {
    this.table.close();
  }

  #makeDialog(user: ExchangeUser, partner: string): ChatView {
    const chat = this.table.make({
      name: chatName(user.handle, partner),
      creator: user.handle,
      blob: '',
      face: { ...UNKNOWN_FACE, kind: 'DIALOG' },
    });
    const member = (handle: string, active: boolean): SharedChatMember => ({
      handle,
      role: 'USER',
      active,
      adder: user.handle,
    });
    chat.put(member(user.handle, true));
    const view = this.table.view(chat, user, { introduced: true });
    this.#membership.enter(chat, member(partner, false));
    tellDialog(this.table, view, () => {
      this.#posting.note(view, { type: 'CREATEDCHATWITH', users: [partner] }, 'SENDING');
    });
    return view;
  }

  /** Informs the sender of a message that its receiver does not accept it (reference, "MESSAGE", notes). */
  #checkPartner(view: ChatView): void {
    const partner = partnerOf(view);
    const theirs = this.table.viewOf(partner, view.chat.name);
    const isBlocked = theirs?.user.has('ISBLOCKED', view.handle);
    const unknown = this.table.identityOf(partner) ? undefined : 'USER_NOT_FOUND';
    const refused =
      this.table.robotOf(partner)?.refuses ?? (theirs && !isBlocked ? refusedIn(theirs) : undefined);
    const reason = unknown ?? refused;
    if (!reason) return;
    this.table.later(0, () => {
      this.#posting.note(view, { type: 'LEFT', from: partner, users: [partner], reason }, 'RECEIVED');
    });
  }

  #isWith(view: ChatView, partner: string): boolean {
    return sameHandle(partnerOf(view), partner);
  }
}
