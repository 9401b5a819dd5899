import { createHash, randomBytes } from 'node:crypto';
import { entryOf } from '../../base/entry-of.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { EndpointMessage } from '../../protocol/message.js';
import type { Identity } from '../../switch/identity.js';
import type { ChatStore } from '../chat-store/chat-store.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type ChatState, SharedChat } from './chat.js';
import { ChatIndex } from './chat-index.js';
import type { KeptMessage, MessageCopy } from './chat-message.js';
import { type ChatProperty, chatProperty } from './chat-properties.js';
import type { ChatRobot } from './chat-robot.js';
import { ChatView, NEW_VIEW, type Standing, type ViewState } from './chat-view.js';

/** The part of the exchange that chats use. */
export interface ChatContext {
  readonly clock: Clock;
  readonly store: ChatStore;
  /** Gives an unused object number. */
  nextId(): number;
  userOf(handle: string): ExchangeUser | undefined;
  identityOf(handle: string): Identity | undefined;
  /** Gives the robot that chats under this handle, if there is one. */
  robotOf(handle: string): ChatRobot | undefined;
}

/** A message that a user has received or sent. */
export interface CopyNews {
  readonly view: ChatView;
  readonly message: KeptMessage;
  readonly copy: MessageCopy;
}

/** A property of a chat to notify, with its present value or with a given one. */
export type Told = ChatProperty | readonly [ChatProperty, string];

/** Properties that are notified whenever they change. */
const LASTING: readonly ChatProperty[] = [
  'STATUS',
  'TYPE',
  'MYSTATUS',
  'MYROLE',
  'MEMBERS',
  'ACTIVEMEMBERS',
  'APPLICANTS',
  'TOPIC',
  'TOPICXML',
  'FRIENDLYNAME',
  'GUIDELINES',
  'OPTIONS',
  'BOOKMARKED',
];

/**
 * All chats, and each user's view of them. A {@link change} is stored as a whole or not at all. Clients are notified
 * after it is stored.
 */
export class ChatTable extends ChatIndex {
  readonly clock: Clock;
  readonly store: ChatStore;
  readonly #context: ChatContext;
  readonly #dirty = { chats: new Set<SharedChat>(), views: new Set<ChatView>() };
  readonly #timers = new Set<CancelTimer>();
  readonly #listeners = new Set<(news: CopyNews) => void>();
  readonly #editListeners = new Set<(news: CopyNews) => void>();
  #outbox: (() => void)[] | undefined;
  #lastId = 0;

  constructor(context: ChatContext) {
    super();
    this.#context = context;
    this.clock = context.clock;
    this.store = context.store;
  }

  /** Seconds since the Unix epoch. */
  get now(): number {
    return Math.floor(this.clock.unixMs() / 1000);
  }

  nextId(): number {
    this.#lastId = this.#context.nextId();
    return this.#lastId;
  }

  userOf(handle: string): ExchangeUser | undefined {
    return this.#context.userOf(handle);
  }

  robotOf(handle: string): ChatRobot | undefined {
    return this.#context.robotOf(handle);
  }

  /** Gives a known user or robot by its handle. */
  identityOf(handle: string): Identity | undefined {
    return this.#context.identityOf(handle);
  }

  /** Gives the name that `user` sees for a handle. */
  displayName(user: ExchangeUser, handle: string): string {
    return user.contact(handle).get('DISPLAYNAME') || this.identityOf(handle)?.fullName || handle;
  }

  /**
   * Runs `work` as one change of chats: stores it, then sends the notifications. A nested change is part of the outer
   * one.
   */
  change<T>(work: () => T): T {
    if (this.#outbox) return work();
    const outbox: (() => void)[] = [];
    this.#outbox = outbox;
    let result: T;
    try {
      result = this.store.write(() => {
        const done = work();
        for (const view of this.#dirtyViews()) this.#reconcile(view);
        this.#save();
        return done;
      });
    } finally {
      this.#outbox = undefined;
    }
    for (const tell of outbox) tell();
    return result;
  }

  /** Runs `work` after `ms`, as a separate change. */
  later(ms: number, work: () => void): CancelTimer {
    const cancel = this.clock.timerAt(this.clock.now() + ms, () => {
      this.#timers.delete(cancel);
      this.change(work);
    });
    this.#timers.add(cancel);
    return cancel;
  }

  /** Calls `tell` once the change is stored. */
  afterwards(tell: () => void): void {
    if (this.#outbox) this.#outbox.push(tell);
    else tell();
  }

  /** Calls `listener` for every message that a user has received or sent. @returns a function that removes it. */
  onCopy(listener: (news: CopyNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tellCopy(news: CopyNews): void {
    this.afterwards(() => {
      for (const listener of this.#listeners) listener(news);
    });
  }

  /** Like {@link onCopy}, for messages whose text was changed. */
  onEdit(listener: (news: CopyNews) => void): () => void {
    this.#editListeners.add(listener);
    return () => this.#editListeners.delete(listener);
  }

  tellEdit(news: CopyNews): void {
    this.afterwards(() => {
      for (const listener of this.#editListeners) listener(news);
    });
  }

  /** Makes a chat without members. */
  make(
    state: Pick<ChatState, 'name' | 'creator' | 'blob' | 'face'> & Partial<Pick<ChatState, 'group'>>,
  ): SharedChat {
    const chat = new SharedChat(this.store.nextNumber('chat'), {
      group: '',
      password: undefined,
      banned: [],
      former: {},
      queue: [],
      closedUpTo: 0,
      last: 0,
      over: false,
      created: this.now,
      ...state,
    });
    this.add(chat);
    this.touch(chat);
    return chat;
  }

  /** Sets the blob by which others find a chat. */
  setBlob(chat: SharedChat, blob: string): void {
    chat.change({ blob });
    this.addBlob(chat, blob);
    this.touch(chat);
  }

  /** Makes a user's view of a chat. */
  view(chat: SharedChat, user: ExchangeUser, state: Partial<ViewState>): ChatView {
    const view = new ChatView(this.store.nextNumber('view'), chat, user, { ...NEW_VIEW, ...state });
    view.miss();
    this.addView(view);
    this.touch(view);
    return view;
  }

  /** Marks a chat or view to be stored with the change. */
  touch(changed: SharedChat | ChatView): void {
    if (changed instanceof SharedChat) this.#dirty.chats.add(changed);
    else this.#dirty.views.add(changed);
  }

  /** Gives the id of a CHATMEMBER object, which is created on first use. */
  memberId(view: ChatView, handle: string): number {
    const key = handle.toLowerCase();
    const known = entryOf(view.state.memberIds, key);
    if (known !== undefined) return known;
    const id = this.nextId();
    this.change(() => {
      view.change({ memberIds: { ...view.state.memberIds, [key]: id } });
      this.addMember(id, { view, handle });
      this.touch(view);
    });
    return id;
  }

  /**
   * Notifies a user's clients of properties of a chat, once the change is stored. A user who is away is notified on
   * return.
   */
  say(view: ChatView, ...told: readonly Told[]): void {
    if (!view.state.introduced || !view.user.online) return;
    for (const each of told) {
      const [property, value] = typeof each === 'string' ? [each, this.#valueOf(view, each)] : each;
      view.told.set(property, value);
      this.notify(view.user, { kind: 'property', object: 'CHAT', id: view.chat.name, property, value });
    }
  }

  /** Notifies a user's clients of a property of a member. */
  sayMember(view: ChatView, handle: string, property: 'ROLE' | 'IS_ACTIVE', value: string): void {
    if (!view.state.introduced || !view.user.online) return;
    const id = this.memberId(view, handle);
    this.notify(view.user, { kind: 'property', object: 'CHATMEMBER', id, property, value });
  }

  /** Notifies a user's clients, once the change is stored. */
  notify(user: ExchangeUser, message: EndpointMessage): void {
    this.afterwards(() => user.notify(message));
  }

  /** Changes a user's standing and notifies the user's clients. */
  stand(view: ChatView, standing: Standing): void {
    view.change({ standing });
    this.touch(view);
    this.say(view, 'MYSTATUS', 'STATUS');
  }

  /** Restores the stored chats of users that still exist. */
  restore(): void {
    for (const { number, state } of this.store.chats()) this.add(new SharedChat(number, state));
    for (const { number, chat: of, handle, state } of this.store.views()) {
      const [chat, user] = [this.chatByNumber(of), this.userOf(handle)];
      if (!chat || !user) continue;
      const view = new ChatView(number, chat, user, state);
      if (this.store.hasBacklog(of, state.delivered)) view.miss();
      this.addView(view);
    }
  }

  /** Cancels all scheduled work. */
  close(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.store.close();
  }

  /** Notifies properties whose last notified value is out of date. */
  #reconcile(view: ChatView): void {
    if (view.settling || !view.user.online) return;
    for (const property of LASTING) {
      const told = view.told.get(property);
      if (told !== undefined && told !== this.#valueOf(view, property)) this.say(view, property);
    }
  }

  #dirtyViews(): Set<ChatView> {
    const { chats, views } = this.#dirty;
    return new Set([...views, ...Array.from(chats, (chat) => this.viewsIn(chat)).flat()]);
  }

  #valueOf(view: ChatView, property: ChatProperty): string {
    return chatProperty(view, this, property);
  }

  #save(): void {
    const { chats, views } = this.#dirty;
    for (const { number, state } of chats) this.store.saveChat({ number, state });
    for (const { number, chat, user, state } of views) {
      this.store.saveView({ number, chat: chat.number, handle: user.handle, state });
    }
    chats.clear();
    views.clear();
    if (this.#lastId > this.store.lastId) this.store.keepLastId(this.#lastId);
  }
}

/** Makes the name of a chat: `#creator/$partner;16 hex` for a dialog, `#creator/$16 hex` for others. */
export function chatName(creator: string, partner = ''): string {
  const hex = randomBytes(8).toString('hex');
  return partner === '' ? `#${creator}/$${hex}` : `#${creator}/$${partner};${hex}`;
}

/** Makes a random blob, by which others find a chat. */
export function newBlob(): string {
  return randomBytes(45).toString('base64url');
}

/** Hashes a password for storage. */
export function hashed(password: string, salt = randomBytes(16).toString('hex')) {
  return { salt, hash: createHash('sha256').update(`${salt}/${password}`).digest('hex') };
}
