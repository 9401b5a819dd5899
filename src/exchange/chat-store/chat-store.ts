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

/** The part of a chat's messages that a member who was away gets. */
export interface Backlog {
  /** Oldest first. */
  readonly messages: readonly KeptMessage[];
  /** True when there are older ones that they do not get. */
  readonly gap: boolean;
}

/**
 * The place of chats and messages. Chats and views are few, and are held by the exchange; messages are many, and are only
 * here.
 */
export interface ChatStore {
  /** Told of what is stored and damaged: it is left out. */
  failed: (error: unknown) => void;
  /** Does work of which all is kept or nothing. */
  write<T>(work: () => T): T;
  /** Highest id that a message or member has had. */
  readonly lastId: number;
  keepLastId(id: number): void;

  chats(): StoredChat[];
  views(): StoredView[];
  /** Gives a number that no chat, or no view, has had. */
  nextNumber(of: 'chat' | 'view'): number;
  saveChat(chat: StoredChat): void;
  saveView(view: StoredView): void;

  /** Adds a message. @returns its number. */
  addMessage(message: Omit<KeptMessage, 'seq'>): number;
  message(seq: number): KeptMessage | undefined;
  editMessage(seq: number, edit: MessageEdit): void;
  /** Lists messages of a chat with numbers above `after`, but for local ones; the newest `limit` that are not older than `since`. */
  backlog(chat: number, after: number, limit: number, since: number): Backlog;
  /** True when there are such messages, of whatever age. */
  hasBacklog(chat: number, after: number): boolean;

  addCopy(copy: MessageCopy): void;
  copy(id: number): MessageCopy | undefined;
  setStatus(id: number, status: ChatMessageStatus): void;
  /** Lists everybody's copies of a message. */
  copiesOf(seq: number): MessageCopy[];
  /** Lists the ids of the oldest copies in a view that are SENDING, of messages up to number `upTo`. */
  unsent(view: number, upTo: number, limit: number): number[];
  /** Lists the views that have such copies. */
  unsentViews(): number[];
  /**
   * Lists ids of copies in some views, oldest first; `said` are those that a member wrote, without what the chat tells.
   */
  ids(views: readonly number[], which: 'all' | 'unseen' | 'said'): number[];
  /** Lists ids of copies in a view of messages that `handle` sent, oldest first. */
  idsFrom(view: number, handle: string): number[];
  /** Lists the ids of the newest copies in a view above `after`, oldest first. */
  recent(view: number, after: number, limit: number): number[];
  /** True when a view has copies that were not seen. */
  hasUnseen(view: number): boolean;
  /** Removes all copies of some views. The messages stay for those who have them, or will. */
  clear(views: readonly number[]): void;
  close(): void;
}
