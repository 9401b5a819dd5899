import { asLine } from '../wire-value.js';
import { type SharedChat, type SharedChatMember, sameHandle } from './chat.js';
import { type ChatMessageStatus, type KeptMessage, type NewMessage, PLAIN_MESSAGE } from './chat-message.js';
import { refusedIn } from './chat-privacy.js';
import { OPENING_LENGTH } from './chat-properties.js';
import { may } from './chat-rights.js';
import type { ChatTable } from './chat-table.js';
import type { ChatView } from './chat-view.js';
import { activate, introduce, tellActive } from './introduction.js';

/** Delivery time of a message, in milliseconds. */
export const DELIVERY_MS = 50;
/** Limits of the messages that an absent or new member gets. Both apply. */
const BACKLOG = { messages: 400, seconds: 14 * 86_400 } as const;

/** Limits for a member who was reachable all the time. */
const EVERYTHING = { messages: 1_000_000_000, seconds: Number.MAX_SAFE_INTEGER } as const;
/** Most messages of a view that become SENT in one step. The next ones follow a moment later. */
const SENT_AT_ONCE = 1000;

/** Posts messages to chats and delivers them to the members. */
export class ChatPosting {
  readonly #table: ChatTable;
  /** Views with messages that have reached no other member yet, by chat. The messages are in the store. */
  readonly #unsent = new Map<SharedChat, Set<ChatView>>();
  /** Chats with a scheduled delivery. */
  readonly #due = new Set<SharedChat>();
  /** Number of the last message that each robot has received, by chat and handle. */
  readonly #heard = new Map<SharedChat, Map<string, number>>();

  constructor(table: ChatTable) {
    this.#table = table;
  }

  /**
   * Posts a message. The sender's clients are notified at once, those of others a moment later.
   *
   * @returns the id of the sender's copy; undefined for a robot.
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

  /** Posts the first message of a multichat. Its creator is not notified of it (reference, "CHAT CREATE"). */
  open(view: ChatView, message: NewMessage): void {
    const from = view.user.handle;
    const posted = this.#add(view.chat, { ...PLAIN_MESSAGE, from, at: this.#table.now, ...message });
    this.#keep(view, posted, 'SENT');
    this.schedule(view.chat);
  }

  /**
   * Adds a local message about one user's view of a chat. With the status SENDING it becomes SENT at the next delivery.
   */
  note(view: ChatView, message: NewMessage, status: ChatMessageStatus): number {
    const from = view.user.handle;
    const fields = { ...PLAIN_MESSAGE, from, at: this.#table.now, ...message, local: true };
    const noted = this.#add(view.chat, fields);
    const copy = this.#copy(view, noted, status);
    if (status === 'SENDING') this.#await(view.chat, view);
    return copy;
  }

  /** Schedules the delivery of new messages in a chat, a moment later. */
  schedule(chat: SharedChat): void {
    if (this.#due.has(chat)) return;
    this.#due.add(chat);
    this.#table.later(DELIVERY_MS, () => {
      this.#due.delete(chat);
      this.deliver(chat);
    });
  }

  /** Delivers new messages in a chat to its reachable members. */
  deliver(chat: SharedChat): void {
    const acknowledging = chat.face.members.filter((member) => this.#reach(chat, member) && !member.active);
    this.#settle(chat);
    for (const { handle } of acknowledging) tellActive(this.#table, chat, handle);
  }

  /** Delivers the messages that were written while a user was away. */
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

  /** Changes the text of a message in all copies (reference, "SET CHATMESSAGE BODY"). */
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

  /** Changes the status of a user's message and notifies the user's clients. */
  setStatus(view: ChatView, id: number, status: ChatMessageStatus): void {
    this.#table.store.setStatus(id, status);
    this.#tell(view, id, 'STATUS', status);
  }

  /** Schedules the deliveries that the previous run left unfinished. */
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

  /** Schedules the delivery of a new message. @param view The sender's view; undefined for a robot. */
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

  /** Records that a member has written: the time, and the member as poster. */
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

  /** Delivers new messages to one member. @returns false when the member cannot be reached. */
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

  /** Called when a robot receives a message. */
  onHeard: ((handle: string, chat: SharedChat, message: KeptMessage) => void) | undefined;

  /** Marks messages as SENT once another member has them, or when there is no other member. */
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

  /** Gives the number of the last message that has reached another member. */
  #reached({ chat, user }: ChatView): number {
    const others = chat.face.members.filter(({ handle }) => !sameHandle(handle, user.handle));
    const has = ({ handle }: SharedChatMember): number => {
      const theirs = this.#table.viewOf(handle, chat.name);
      if (!theirs) return this.#isReachable(handle) ? chat.state.last : 0;
      return theirs.state.introduced ? theirs.state.delivered : 0;
    };
    return others.length === 0 ? chat.state.last : Math.max(...others.map(has));
  }

  /** True for a member without an endpoint that can be reached. */
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
