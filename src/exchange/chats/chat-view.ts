import type { CHAT } from '../../protocol/catalogue/chat.js';
import type { PropertyName } from '../../protocol/message.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type ChatFace, memberOf, type SharedChat } from './chat.js';
import type { KeptMessage } from './chat-message.js';

/** MYSTATUS of a chat. */
export type Standing = (typeof CHAT)['properties']['MYSTATUS']['values'][number];

/** The part of a {@link ChatView} that is kept. */
export interface ViewState {
  readonly standing: Standing;
  /** The chat as a user who is not in it knows it; undefined for a member, who sees it as it is. */
  readonly kept: ChatFace | undefined;
  /** False while the user's client has not heard of the chat: they were away when they were added. */
  readonly introduced: boolean;
  /** True for a user who was added, and is to be shown the chat. */
  readonly added: boolean;
  readonly bookmarked: boolean;
  readonly alert: string;
  /** Id of the message up to which none is recent. */
  readonly recentAfter: number;
  /** Number of the newest message that has reached the user. */
  readonly delivered: number;
  /** True when a password that they gave was right. */
  readonly trusted: boolean;
  /** Handle of the member who added the user; empty for the user's own chat. */
  readonly adder: string;
  /** Ids of CHATMEMBER objects, by handle in small letters. */
  readonly memberIds: Readonly<Record<string, number>>;
}

/** The state of the view of a user who has just been added. */
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

/** A chat as one user sees it: the CHAT object of their endpoint. */
export class ChatView {
  /** Number under which the view is stored. */
  readonly number: number;
  readonly chat: SharedChat;
  readonly user: ExchangeUser;
  /** True while its window is open. */
  open = false;
  /** True while its properties are told step by step, some of them not as they are yet. */
  settling = false;
  /** Properties as the user's clients were told them last. */
  readonly told = new Map<PropertyName<'CHAT'>, string>();
  #state: ViewState;
  /** Number of the newest message that was written while the user could not be reached, or was not in the chat. */
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

  /** True for a user who has missed messages: they get only the newest of them. */
  get behind(): boolean {
    return this.#state.delivered < this.#missedUpTo;
  }

  /** Notes that the user could not be reached for what was written up to now, or was not in the chat. */
  miss(): void {
    this.#missedUpTo = this.chat.state.last;
  }

  /** Counts what one client was answered. Where the others were told another value, all are told the one that is so next. */
  answered(property: PropertyName<'CHAT'>, value: string): void {
    const told = this.told.get(property);
    this.told.set(property, told === undefined || told === value ? value : '');
  }

  change(state: Partial<ViewState>): void {
    this.#state = { ...this.#state, ...state };
  }

  /** Keeps the chat as it is now, for a user who has left it. */
  freeze(): void {
    this.change({ kept: this.chat.face });
  }
}

/** A user's own view of a message. */
export interface FoundMessage {
  readonly id: number;
  readonly view: ChatView;
  readonly message: KeptMessage;
  readonly status: string;
}
