import type { ChatState } from '../chats/chat.js';
import type { ChatMessageStatus, KeptMessage, MessageCopy, MessageEdit } from '../chats/chat-message.js';
import type { ViewState } from '../chats/chat-view.js';

/** A chat and its number, as they are stored. */
export interface StoredChat {
  readonly number: number;
  readonly state: ChatState;
}

/** A user's view of a chat, as it is stored. */
export interface StoredView {
  readonly number: number;
  /** Number of the chat. */
  readonly chat: number;
  readonly handle: string;
  readonly state: ViewState;
}

/** The messages that a member who was away gets later. */
export interface MissedMessages {
  /** Oldest first. */
  readonly messages: readonly KeptMessage[];
  /** True when there are older ones that the member does not get. */
  readonly gap: boolean;
}

/**
 * Storage of chats and messages. Chats and views are few, and the exchange also holds them in memory. Messages are
 * many, and are only here.
 */
export interface ChatStore {
  /** Called for stored data that is damaged. It is left out. */
  failed: (error: unknown) => void;
  /** Runs `work` as one transaction. */
  write<T>(work: () => T): T;
  /** Highest id used by a message or member. */
  readonly lastId: number;
  keepLastId(id: number): void;

  chats(): StoredChat[];
  views(): StoredView[];
  /** Gives an unused number for a chat or a view. */
  nextNumber(of: 'chat' | 'view'): number;
  saveChat(chat: StoredChat): void;
  saveView(view: StoredView): void;

  /** Adds a message. @returns its number. */
  addMessage(message: Omit<KeptMessage, 'seq'>): number;
  message(seq: number): KeptMessage | undefined;
  editMessage(seq: number, edit: MessageEdit): void;
  /**
   * Lists the messages of a chat with numbers above `after`, without local ones: the newest `limit` that are not older
   * than `since`.
   */
  backlog(chat: number, after: number, limit: number, since: number): MissedMessages;
  /** True when there are such messages, of any age. */
  hasBacklog(chat: number, after: number): boolean;

  addCopy(copy: MessageCopy): void;
  copy(id: number): MessageCopy | undefined;
  setStatus(id: number, status: ChatMessageStatus): void;
  /** Lists all users' copies of a message. */
  copiesOf(seq: number): MessageCopy[];
  /** Lists the ids of the oldest copies in a view that are SENDING, of messages up to number `upTo`. */
  unsent(view: number, upTo: number, limit: number): number[];
  /** Lists the views with copies that are SENDING. */
  unsentViews(): number[];
  /** Lists ids of copies in some views, oldest first. `said` selects messages that a member wrote. */
  ids(views: readonly number[], which: 'all' | 'unseen' | 'said'): number[];
  /** Lists ids of a view's copies of messages from `handle`, oldest first. */
  idsFrom(view: number, handle: string): number[];
  /** Lists the ids of the newest copies in a view above `after`, oldest first. */
  recent(view: number, after: number, limit: number): number[];
  /** True when a view has unseen copies. */
  hasUnseen(view: number): boolean;
  /** Removes all copies of some views. The messages stay for other users who have or will get them. */
  clear(views: readonly number[]): void;
  close(): void;
}
