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
 * The chats of an exchange: what commands, robots, the desk and the account services do with them. Each method is one
 * change, which is kept whole or not at all; those who are in the chat are told of it.
 */
export class ExchangeChats {
  readonly table: ChatTable;
  readonly #membership: ChatMembership;
  readonly #posting: ChatPosting;
  readonly #joining: ChatJoining;
  readonly #robots: ChatRobots;
  /** Parts of robots in chats, by handle in small letters. */
  readonly #parts = new Map<string, ChatRobot>();
  readonly settings: ChatSettings;
  /** The chats behind shared groups. */
  readonly groups: GroupChannels;
  /** Lists of chats and messages, as SEARCH gives them. */
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

  /** Gives a chat as `user` sees it: nothing where they have none of this name. */
  find(user: ExchangeUser, name: string): ChatView | undefined {
    const view = this.table.viewOf(user.handle, name);
    return view?.state.introduced ? view : undefined;
  }

  /** Lists the chats of a user, oldest first. */
  list(user: ExchangeUser): ChatView[] {
    return this.table.viewsOf(user.handle);
  }

  /** Has `listener` hear of every message that a user has sent or got, once it is kept. @returns what takes it off. */
  onMessage(listener: (news: CopyNews) => void): () => void {
    return this.table.onCopy(listener);
  }

  /**
   * Gives the dialog of `user` with somebody, and makes it if there is none.
   *
   * @param partner any handle: a message of TYPE LEFT tells of a partner who does not exist, or does not want it.
   */
  dialog(user: ExchangeUser, partner: string): ChatView {
    const handle = this.table.identityOf(partner)?.handle ?? partner;
    const known = this.table
      .allViewsOf(user.handle)
      .find((view) => view.subscribed && view.chat.isDialog && this.#isWith(view, handle));
    return this.table.change(() => {
      if (!known) return this.#makeDialog(user, handle);
      // The other user has made it, and it has not got here yet.
      if (!known.state.introduced) this.#posting.deliver(known.chat);
      // The user refuses what the other writes, and has now written nevertheless.
      if (!known.state.introduced) showDialog(this.table, known);
      return known;
    });
  }

  /** Makes a chat of many. Those who cannot be added are told of by messages of TYPE LEFT. */
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
        // A member who has left meanwhile was told their role then.
        if (view.self) tellRole(this.table, view, view.self.role);
      });
      return view;
    });
  }

  /**
   * Sends a message, with its markup where a web client gave some.
   *
   * @returns its id among the sender's; nothing where the sender may not write.
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

  /** Has a robot, which has no endpoint, write into a chat that it is in. @returns false where it may not. */
  sayAs(handle: string, name: string, body: string): boolean {
    checkBody(body);
    const chat = this.table.chatOf(name);
    if (!chat || !may(chat.face, chat.member(handle), 'write')) return false;
    this.table.change(() => this.#posting.post(chat, handle, { type: 'SAID', body }));
    return true;
  }

  /** Gives a robot its part in chats. One without a part only listens. */
  setRobot(handle: string, robot: ChatRobot): void {
    this.#parts.set(handle.toLowerCase(), robot);
  }

  /** Has a robot write to a user, in their dialog. */
  writeAs(robot: string, user: string, body: string): void {
    this.sayAs(robot, this.table.change(() => this.#robots.dialog(robot, user)).name, body);
  }

  /** Has a robot make a chat of many. @returns its name. */
  gatherAs(robot: string, handles: readonly string[]): string {
    return this.table.change(() => this.#robots.gather(robot, handles)).name;
  }

  /** Gives the newest chat of many that a robot is in. */
  newestOf(robot: string): SharedChat | undefined {
    return this.#robots.chatsOf(robot).findLast((chat) => !chat.isDialog);
  }

  /** A robot can be reached again: it hears what it has missed. */
  robotArrived(robot: string): void {
    this.table.change(() => {
      for (const chat of this.#robots.chatsOf(robot)) this.#posting.deliver(chat);
    });
  }

  /** Gives a message of `user`: undefined for an id of another user's. */
  message(user: ExchangeUser, id: number): FoundMessage | undefined {
    const copy = this.table.store.copy(id);
    const view = copy && this.table.viewByNumber(copy.view);
    const message = copy && view?.user === user ? this.table.store.message(copy.seq) : undefined;
    return copy && view && message ? { id, view, message, status: copy.status } : undefined;
  }

  /** Marks a message as seen. @returns false for one that was. */
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

  /** Changes the text of a message. @returns false where that may not be. @throws as {@link send} */
  edit(found: FoundMessage, body: string, rich = ''): boolean {
    checkBody(body);
    if (body === '' || !mayEdit(found)) return false;
    this.table.change(() => this.#posting.edit(found.message, found.view.user.handle, body, rich));
    return true;
  }

  /** Removes the text of a message: it stays as one that is empty. @returns false where that may not be. */
  remove(found: FoundMessage): boolean {
    if (!mayEdit(found)) return false;
    this.table.change(() => this.#posting.edit(found.message, found.view.user.handle, ''));
    return true;
  }

  /** As {@link onMessage}, for messages whose text was changed. */
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

  /** Sets the text that a message has to hold for the user to be alerted. */
  setAlert(view: ChatView, alert: string): void {
    checkText('SETALERTSTRING', alert, MAX_TEXT_LENGTH);
    this.table.change(() => {
      view.change({ alert });
      this.table.touch(view);
    });
  }

  /** Forgets which messages are recent. */
  clearRecent(view: ChatView): void {
    this.table.change(() => {
      view.change({ recentAfter: this.table.store.recent(view.number, 0, 1)[0] ?? 0 });
      this.table.touch(view);
    });
  }

  /** Opens or closes the window of a chat, and tells that it has changed (reference, "Chat notifications"). */
  setOpen(view: ChatView, open: boolean): void {
    if (view.open === open) return;
    view.open = open;
    const property = open ? 'OPENED' : 'CLOSED';
    view.user.notify({ kind: 'property', object: 'CHAT', id: view.chat.name, property, value: '' });
  }

  /** Adds members. @returns false where `by` may not, or where none is new or there is no room. */
  add(by: Participant, handles: readonly string[]): boolean {
    return this.table.change(() => this.#membership.add(by, handles));
  }

  /** Leaves, or gives up joining. @returns false for a user who is not in the chat. */
  leave(by: Participant): boolean {
    if (by.chat.face.kind === 'SHAREDGROUP') return this.groups.answer(by, false);
    return this.table.change(() => this.#membership.leave(by));
  }

  /** Removes members, for good with `ban`. @returns false where `by` may not; then none is removed. */
  kick(by: Participant, handles: readonly string[], ban = false): boolean {
    return this.table.change(() => this.#membership.kick(by, handles, ban));
  }

  /** Removes everybody and closes the chat. @returns false where `by` may not. */
  disband(by: Participant): boolean {
    return this.table.change(() => this.#membership.disband(by));
  }

  /** Gives a member a role, by which an applicant is accepted. @returns false where `by` may not. */
  setRole(by: Participant, handle: string, role: ChatRole): boolean {
    return this.table.change(() => this.#membership.setRole(by, handle, role));
  }

  /** Begins to join. @returns false for a member, and where no new members can join. */
  join(view: ChatView): boolean {
    return this.table.change(() => this.#joining.join(view));
  }

  /** Gives the password that was asked for. @returns false where none was. */
  enterPassword(view: ChatView, password: string): boolean {
    return this.table.change(() => this.#joining.enterPassword(view, password));
  }

  /** Finds a chat by its blob and gives a user's view of it, which is made if need be. */
  byBlob(user: ExchangeUser, blob: string): ChatView | undefined {
    const chat = this.table.chatByBlob(blob);
    if (!chat || chat.state.over) return undefined;
    const known = this.find(user, chat.name);
    if (known) return known;
    return this.table.change(() => {
      // A user who was added while they were away has a view that they have not heard of.
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

  /** Accepts the invitation to a shared group (reference, "ALTER CHAT ACCEPTADD"). @returns false where there is none. */
  acceptAdd(view: ChatView): boolean {
    return view.state.standing === 'ACCEPT_REQUIRED' && this.groups.answer(view, true);
  }

  /** Forgets all messages of a user (reference, "CLEAR CHATHISTORY"). Their chats stay. */
  clearHistory(user: ExchangeUser): void {
    const views = this.table.allViewsOf(user.handle).map(({ number }) => number);
    this.table.change(() => this.table.store.clear(views));
  }

  /** A user can be reached again: they get what they have missed, and those who tried to join through them do join. */
  arrived(user: ExchangeUser): void {
    // A change for each chat: what is new in all of them may be much.
    for (const view of this.table.allViewsOf(user.handle)) {
      this.table.change(() => {
        this.table.touch(view);
        this.#posting.deliver(view.chat);
        this.#joining.retry(view.chat);
      });
    }
  }

  /** Takes in what a former run has kept. */
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

  /** Tells the sender of a message that its receiver does not take it (reference, "MESSAGE", notes). */
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
