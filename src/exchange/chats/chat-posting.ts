import { asLine } from '../wire-value.js';
import { type SharedChat, type SharedChatMember, sameHandle } from './chat.js';
import { type ChatMessageStatus, type KeptMessage, type NewMessage, PLAIN_MESSAGE } from './chat-message.js';
import { refusedIn } from './chat-privacy.js';
import { OPENING_LENGTH } from './chat-properties.js';
import { may } from './chat-rights.js';
import type { ChatTable } from './chat-table.js';
import type { ChatView } from './chat-view.js';
import { activate, introduce, tellActive } from './introduction.js';

/** Time that a message takes, in milliseconds. */
export const DELIVERY_MS = 50;
/** Longest history of a member who was away or is new: whichever is less. */
const BACKLOG = { messages: 400, seconds: 14 * 86_400 } as const;

/** The bounds for a member who has been there all the time. */
const EVERYTHING = { messages: 1_000_000_000, seconds: Number.MAX_SAFE_INTEGER } as const;
/** Messages of a view that are SENT at once; the next ones a moment later. */
const SENT_AT_ONCE = 1000;

/** Brings messages into chats, and from there to the members. */
export class ChatPosting {
  readonly #table: ChatTable;
  /** Views that have messages which no other member has yet, by chat. The messages are in the store. */
  readonly #unsent = new Map<SharedChat, Set<ChatView>>();
  /** Chats whose messages are on their way. */
  readonly #due = new Set<SharedChat>();
  /** Numbers of the messages that robots have heard, by chat and handle. */
  readonly #heard = new Map<SharedChat, Map<string, number>>();

  constructor(table: ChatTable) {
    this.#table = table;
  }

  /**
   * Posts a message. Its sender's clients hear of it at once, the others' a moment later.
   *
   * @returns the id of the sender's copy; nothing for a robot.
   */
  post(chat: SharedChat, from: string, message: NewMessage): number | undefined {
    const table = this.#table;
    const at = table.now;
    const posted = this.#add(chat, { ...PLAIN_MESSAGE, from, at, ...message });
    const view = table.viewOf(from, chat.name);
    const copy = view && this.#copy(view, posted, 'SENDING');
    if (posted.type === 'SAID') this.#animate(chat, posted, view);
    this.#await(chat, view);
    return copy;
  }

  /** Posts the message that makes a chat of many. Its maker has it without being told (reference, "CHAT CREATE"). */
  open(view: ChatView, message: NewMessage): void {
    const from = view.user.handle;
    const posted = this.#add(view.chat, { ...PLAIN_MESSAGE, from, at: this.#table.now, ...message });
    this.#keep(view, posted, 'SENT');
    this.schedule(view.chat);
  }

  /**
   * Gives one user a message of their own, about their view of a chat. One that is SENDING is SENT with the next
   * delivery.
   */
  note(view: ChatView, message: NewMessage, status: ChatMessageStatus): number {
    const from = view.user.handle;
    const fields = { ...PLAIN_MESSAGE, from, at: this.#table.now, ...message, local: true };
    const noted = this.#add(view.chat, fields);
    const copy = this.#copy(view, noted, status);
    if (status === 'SENDING') this.#await(view.chat, view);
    return copy;
  }

  /** Has what is new in a chat brought to its members, a moment later. */
  schedule(chat: SharedChat): void {
    if (this.#due.has(chat)) return;
    this.#due.add(chat);
    this.#table.later(DELIVERY_MS, () => {
      this.#due.delete(chat);
      this.deliver(chat);
    });
  }

  /** Brings what is new in a chat to those members who are there. */
  deliver(chat: SharedChat): void {
    const acknowledging = chat.face.members.filter((member) => this.#reach(chat, member) && !member.active);
    this.#settle(chat);
    for (const { handle } of acknowledging) tellActive(this.#table, chat, handle);
  }

  /** Brings a user what was written while they were away. */
  catchUp(view: ChatView): void {
    const { chat, user, state } = view;
    const { messages: most, seconds } = view.behind ? BACKLOG : EVERYTHING;
    const since = Math.max(0, this.#table.now - seconds);
    const { messages: news, gap } = this.#table.store.backlog(chat.number, state.delivered, most, since);
    view.change({ delivered: chat.state.last });
    this.#table.touch(view);
    if (gap) this.note(view, { type: 'GAP_IN_CHAT' }, 'RECEIVED');
    const foreign = news.filter(({ from }) => !sameHandle(from, user.handle));
    if (foreign.some(({ type }) => type === 'SAID')) this.#table.say(view, 'POSTERS', 'ACTIVITY_TIMESTAMP');
    for (const message of foreign) this.#copy(view, message, 'RECEIVED');
  }

  /** Changes the text of a message, for all who have it (reference, "SET CHATMESSAGE BODY"). */
  edit(message: KeptMessage, by: string, body: string, rich = ''): void {
    const { store } = this.#table;
    const at = this.#table.now;
    const change = { body, rich, editedBy: by, editedAt: at };
    store.editMessage(message.seq, change);
    const edited = { ...message, ...change };
    for (const copy of store.copiesOf(message.seq)) {
      const { id, view: number } = copy;
      const view = this.#table.viewByNumber(number);
      if (view) this.#table.tellEdit({ view, message: edited, copy });
      if (!view?.user.online) continue;
      this.#tell(view, id, 'EDITED_TIMESTAMP', String(at));
      this.#tell(view, id, 'EDITED_BY', by);
      this.#tell(view, id, 'BODY', body);
    }
  }

  /** Changes the status of a user's message, and tells of it. */
  setStatus(view: ChatView, id: number, status: ChatMessageStatus): void {
    this.#table.store.setStatus(id, status);
    this.#tell(view, id, 'STATUS', status);
  }

  /** Takes up what a former run has left on its way. */
  restore(): void {
    for (const number of this.#table.store.unsentViews()) {
      const view = this.#table.viewByNumber(number);
      if (view) this.#await(view.chat, view);
    }
  }

  #add(chat: SharedChat, message: Omit<KeptMessage, 'seq' | 'chat'>): KeptMessage {
    const kept = { ...message, chat: chat.number };
    const seq = this.#table.store.addMessage(kept);
    chat.change({ last: seq });
    this.#table.touch(chat);
    return { ...kept, seq };
  }

  /** @param view the sender's; nothing where a robot has sent it. */
  #await(chat: SharedChat, view: ChatView | undefined): void {
    if (view) this.#unsent.set(chat, (this.#unsent.get(chat) ?? new Set()).add(view));
    this.schedule(chat);
  }

  #copy(view: ChatView, message: KeptMessage, status: ChatMessageStatus): number {
    const id = this.#keep(view, message, status);
    this.#tell(view, id, 'STATUS', status);
    return id;
  }

  #keep(view: ChatView, message: KeptMessage, status: ChatMessageStatus): number {
    const copy = { id: this.#table.nextId(), view: view.number, seq: message.seq, status };
    this.#table.store.addCopy(copy);
    this.#table.tellCopy({ view, message, copy });
    return copy.id;
  }

  /** A member has written: the chat shows when, and who. */
  #animate(
    chat: SharedChat,
    { from, body, at }: Pick<KeptMessage, 'from' | 'body' | 'at'>,
    view?: ChatView,
  ): void {
    const isNew = chat.addPoster(from);
    const opens = chat.isDialog && chat.face.opening === '';
    chat.show({ activity: at, ...(opens && { opening: asLine(body, OPENING_LENGTH) }) });
    if (!view) return;
    if (opens) this.#table.say(view, 'FRIENDLYNAME');
    if (isNew) this.#table.say(view, 'POSTERS');
    this.#table.say(view, 'ACTIVITY_TIMESTAMP');
    if (opens) this.#table.say(view, 'FRIENDLYNAME');
  }

  /** @returns whether the member is there to be told. */
  #reach(chat: SharedChat, member: SharedChatMember): boolean {
    if (!may(chat.face, member, 'read')) return false;
    const view = this.#table.viewOf(member.handle, chat.name);
    if (!view) return this.#reachRobot(chat, member);
    if (view.user.online && view.state.added && view.state.standing === 'ACCEPT_REQUIRED') {
      introduce(this.#table, this, view);
    }
    if (!view.user.online || !view.subscribed || (chat.isDialog && refusedIn(view))) {
      view.miss();
      return false;
    }
    activate(this.#table, chat, member.handle);
    if (view.state.added) introduce(this.#table, this, view);
    else if (view.state.delivered < chat.state.last) this.catchUp(view);
    return true;
  }

  #reachRobot(chat: SharedChat, { handle }: SharedChatMember): boolean {
    if (!this.#isReachable(handle)) return false;
    activate(this.#table, chat, handle);
    const robot = this.#table.robotOf(handle);
    const heard = this.#heard.get(chat) ?? new Map<string, number>();
    this.#heard.set(chat, heard);
    const after = heard.get(handle) ?? chat.state.last - 1;
    heard.set(handle, chat.state.last);
    if (!robot?.hear) return true;
    for (const message of this.#table.store.backlog(chat.number, after, BACKLOG.messages, 0).messages) {
      if (message.type !== 'SAID' || sameHandle(message.from, handle)) continue;
      this.#table.afterwards(() => this.onHeard?.(handle, chat, message));
    }
    return true;
  }

  /** Called when a robot has a message to hear. */
  onHeard: ((handle: string, chat: SharedChat, message: KeptMessage) => void) | undefined;

  /** Messages that another member has are SENT; so are those without another member. */
  #settle(chat: SharedChat): void {
    const { store } = this.#table;
    const views = this.#unsent.get(chat);
    for (const view of views ?? []) {
      const sent = store.unsent(view.number, this.#reached(view), SENT_AT_ONCE);
      for (const id of sent) this.setStatus(view, id, 'SENT');
      if (sent.length === SENT_AT_ONCE) this.schedule(chat);
      if (store.unsent(view.number, Number.MAX_SAFE_INTEGER, 1).length === 0) views?.delete(view);
    }
    if (views?.size === 0) this.#unsent.delete(chat);
  }

  /** Number of the last message of a chat that another member has. */
  #reached({ chat, user }: ChatView): number {
    const others = chat.face.members.filter(({ handle }) => !sameHandle(handle, user.handle));
    const has = ({ handle }: SharedChatMember): number => {
      const theirs = this.#table.viewOf(handle, chat.name);
      if (!theirs) return this.#isReachable(handle) ? chat.state.last : 0;
      return theirs.state.introduced ? theirs.state.delivered : 0;
    };
    return others.length === 0 ? chat.state.last : Math.max(...others.map(has));
  }

  /** True for a member without an endpoint who is there. */
  #isReachable(handle: string): boolean {
    const robot = this.#table.robotOf(handle);
    return this.#table.identityOf(handle) !== undefined && robot?.online !== false && !robot?.refuses;
  }

  #tell(
    view: ChatView,
    id: number,
    property: 'STATUS' | 'BODY' | 'EDITED_BY' | 'EDITED_TIMESTAMP',
    value: string,
  ) {
    if (!view.user.online && property === 'STATUS' && value === 'RECEIVED') return;
    this.#table.notify(view.user, { kind: 'property', object: 'CHATMESSAGE', id, property, value });
  }
}
