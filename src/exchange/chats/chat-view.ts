import type { CHAT } from '../../protocol/catalogue/chat.js';
import type { PropertyName } from '../../protocol/message.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type ChatFace, memberOf, type SharedChat } from './chat.js';
import type { KeptMessage } from './chat-message.js';

/** MYSTATUS of a chat. */
export type Standing = (typeof CHAT)['properties']['MYSTATUS']['values'][number];

/** The stored part of a {@link ChatView}. */
export interface ViewState {
  readonly standing: Standing;
  /** Last known state of the chat for a user who is not in it; undefined for a member, who sees the present state. */
  readonly kept: ChatFace | undefined;
  /**
   * False while the user's clients have not been notified of the chat, for instance because the user was added while
   * away.
   */
  readonly introduced: boolean;
  /** True for a user who was added and has not been shown the chat yet. */
  readonly added: boolean;
  readonly bookmarked: boolean;
  readonly alert: string;
  /** Messages with an id up to this one are not recent. */
  readonly recentAfter: number;
  /** Number of the newest message that has reached the user. */
  readonly delivered: number;
  /** True when the user has given the right password. */
  readonly trusted: boolean;
  /** Handle of the member who added the user; empty for the user's own chat. */
  readonly adder: string;
  /** Ids of CHATMEMBER objects, by lower-case handle. */
  readonly memberIds: Readonly<Record<string, number>>;
}

/** State of a new view. */
export const NEW_VIEW: ViewState = Object.freeze({
  standing: 'SUBSCRIBED',
  kept: undefined,
  introduced: false,
  added: false,
  bookmarked: false,
  alert: '',
  recentAfter: 0,
  delivered: 0,
  trusted: false,
  adder: '',
  memberIds: {},
});

/** One user's view of a chat: the CHAT object of their endpoint. */
export class ChatView {
  /** Number under which the view is stored. */
  readonly number: number;
  readonly chat: SharedChat;
  readonly user: ExchangeUser;
  /** True while its window is open. */
  open = false;
  /** True while properties are notified step by step, with values that may not be final. */
  settling = false;
  /** Last notified value of each property. */
  readonly told = new Map<PropertyName<'CHAT'>, string>();
  #state: ViewState;
  /** Number of the newest message written while the user was unreachable or not in the chat. */
  #missedUpTo = 0;

  constructor(number: number, chat: SharedChat, user: ExchangeUser, state: ViewState) {
    this.number = number;
    this.chat = chat;
    this.user = user;
    this.#state = state;
  }

  get handle(): string {
    return this.user.handle;
  }

  get state(): ViewState {
    return this.#state;
  }

  /** The chat as the user knows it. */
  get face(): ChatFace {
    return this.#state.kept ?? this.chat.face;
  }

  /** True while the user takes part. */
  get subscribed(): boolean {
    return this.#state.standing === 'SUBSCRIBED';
  }

  /** The user as a member, as far as they know. */
  get self() {
    return memberOf(this.face, this.user.handle);
  }

  /** True for a user who has missed messages. The user gets only the newest of them. */
  get behind(): boolean {
    return this.#state.delivered < this.#missedUpTo;
  }

  /** Records that the user has missed all messages up to now. */
  miss(): void {
    this.#missedUpTo = this.chat.state.last;
  }

  /**
   * Records a value that one client got as an answer. If a different value was notified before, the property is
   * notified again with the next change.
   */
  answered(property: PropertyName<'CHAT'>, value: string): void {
    const told = this.told.get(property);
    this.told.set(property, told === undefined || told === value ? value : '');
  }

  change(state: Partial<ViewState>): void {
    this.#state = { ...this.#state, ...state };
  }

  /** Keeps the present state of the chat, for a user who has left it. */
  freeze(): void {
    this.change({ kept: this.chat.face });
  }
}

/** A message with one user's copy and view of it. */
export interface FoundMessage {
  readonly id: number;
  readonly view: ChatView;
  readonly message: KeptMessage;
  readonly status: string;
}
