import { JackfieldError } from '../../base/errors.js';
import {
  type ChatMessageStatus,
  isWritten,
  type KeptMessage,
  type MessageCopy,
  type MessageEdit,
} from '../chats/chat-message.js';
import type { ChatStore, MissedMessages, StoredChat, StoredView } from './chat-store.js';

/** Approximate size of a message and its copies without the text, in bytes. */
const MESSAGE_BYTES = 500;

/** Keeps the newest messages in memory, up to a limit of bytes. */
export class ChatMemory implements ChatStore {
  readonly #maxBytes: number;
  readonly #messages = new Map<number, KeptMessage>();
  /** Message numbers of each chat, oldest first. */
  readonly #chats = new Map<number, Set<number>>();
  readonly #copies = new Map<number, MessageCopy>();
  /** Ids of the copies in each view, and of each message, oldest first. */
  readonly #ofView = new Map<number, Set<number>>();
  readonly #ofMessage = new Map<number, Set<number>>();
  /** Ids of the copies in each view that are SENDING, oldest first. */
  readonly #unsent = new Map<number, Set<number>>();
  readonly #numbers = { chat: 0, view: 0 };
  #lastSeq = 0;
  #bytes = 0;
  readonly lastId = 0;
  failed: (error: unknown) => void = () => {};
  #forgetting = false;

  /** @param maxBytes Approximate limit for all messages together. The oldest are removed first. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  write<T>(work: () => T): T {
    return work();
  }

  keepLastId(): void {}

  chats(): StoredChat[] {
    return [];
  }

  views(): StoredView[] {
    return [];
  }

  nextNumber(of: 'chat' | 'view'): number {
    return ++this.#numbers[of];
  }

  saveChat(): void {}

  saveView(): void {}

  addMessage(message: Omit<KeptMessage, 'seq'>): number {
    const seq = ++this.#lastSeq;
    this.#messages.set(seq, { ...message, seq });
    setOf(this.#chats, message.chat).add(seq);
    this.#bytes += sizeOf(message);
    for (const oldest of this.#messages.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === seq) break;
      this.#tellForgetting();
      this.#forget(oldest);
    }
    return seq;
  }

  message(seq: number): KeptMessage | undefined {
    return this.#messages.get(seq);
  }

  editMessage(seq: number, edit: MessageEdit): void {
    const message = this.#messages.get(seq);
    if (!message) return;
    const edited = { ...message, ...edit };
    this.#bytes += sizeOf(edited) - sizeOf(message);
    this.#messages.set(seq, edited);
  }

  backlog(chat: number, after: number, limit: number, since: number): MissedMessages {
    const messages: KeptMessage[] = [];
    for (const seq of [...(this.#chats.get(chat) ?? [])].reverse()) {
      const message = this.#messages.get(seq);
      if (seq <= after || !message) break;
      if (message.local) continue;
      if (messages.length >= limit || message.at < since) return { messages: messages.reverse(), gap: true };
      messages.push(message);
    }
    return { messages: messages.reverse(), gap: false };
  }

  hasBacklog(chat: number, after: number): boolean {
    return this.backlog(chat, after, 1, 0).messages.length > 0;
  }

  addCopy(copy: MessageCopy): void {
    this.#copies.set(copy.id, copy);
    setOf(this.#ofView, copy.view).add(copy.id);
    setOf(this.#ofMessage, copy.seq).add(copy.id);
    if (copy.status === 'SENDING') setOf(this.#unsent, copy.view).add(copy.id);
  }

  copy(id: number): MessageCopy | undefined {
    return this.#copies.get(id);
  }

  setStatus(id: number, status: ChatMessageStatus): void {
    const copy = this.#copies.get(id);
    if (!copy) return;
    this.#copies.set(id, { ...copy, status });
    if (status !== 'SENDING') this.#unsent.get(copy.view)?.delete(id);
  }

  copiesOf(seq: number): MessageCopy[] {
    return this.#some(this.#ofMessage.get(seq) ?? []);
  }

  unsent(view: number, upTo: number, limit: number): number[] {
    const ids: number[] = [];
    for (const id of this.#unsent.get(view) ?? []) {
      if (ids.length >= limit || (this.#copies.get(id)?.seq ?? 0) > upTo) break;
      ids.push(id);
    }
    return ids;
  }

  unsentViews(): number[] {
    return [];
  }

  ids(views: readonly number[], which: 'all' | 'unseen' | 'said'): number[] {
    const copies = views.flatMap((view) => this.#some(this.#ofView.get(view) ?? []));
    return copies
      .filter(({ status, seq }) => {
        if (which === 'said') return isWritten(this.#messages.get(seq)?.type);
        return which === 'all' || status === 'RECEIVED';
      })
      .map(({ id }) => id)
      .sort((a, b) => a - b);
  }

  idsFrom(view: number, handle: string): number[] {
    const lower = handle.toLowerCase();
    return this.#some(this.#ofView.get(view) ?? [])
      .filter(({ seq }) => this.#messages.get(seq)?.from.toLowerCase() === lower)
      .map(({ id }) => id);
  }

  recent(view: number, after: number, limit: number): number[] {
    return [...(this.#ofView.get(view) ?? [])].filter((id) => id > after).slice(-limit);
  }

  hasUnseen(view: number): boolean {
    return this.#some(this.#ofView.get(view) ?? []).some(({ status }) => status === 'RECEIVED');
  }

  clear(views: readonly number[]): void {
    for (const view of views) {
      for (const copy of this.#some(this.#ofView.get(view) ?? [])) {
        this.#copies.delete(copy.id);
        this.#ofMessage.get(copy.seq)?.delete(copy.id);
      }
      this.#ofView.get(view)?.clear();
      this.#unsent.get(view)?.clear();
    }
  }

  close(): void {}

  #some(ids: Iterable<number>): MessageCopy[] {
    return Array.from(ids, (id) => this.#copies.get(id)).filter((copy) => copy !== undefined);
  }

  /** Reports, once, that messages are forgotten from now on. */
  #tellForgetting(): void {
    if (this.#forgetting) return;
    this.#forgetting = true;
    const text = `Chat messages take more than ${this.#maxBytes} bytes of memory: the oldest are dropped. Start the exchange with a state folder, or raise limits.messageBytes.`;
    this.failed(new JackfieldError('ERR_LIMIT', text));
  }

  /** Removes a message with all its copies. */
  #forget(seq: number): void {
    const message = this.#messages.get(seq);
    if (!message) return;
    this.#messages.delete(seq);
    this.#chats.get(message.chat)?.delete(seq);
    this.#bytes -= sizeOf(message);
    for (const copy of this.copiesOf(seq)) {
      this.#copies.delete(copy.id);
      this.#ofView.get(copy.view)?.delete(copy.id);
      this.#unsent.get(copy.view)?.delete(copy.id);
    }
    this.#ofMessage.delete(seq);
  }
}

function sizeOf({ body, rich }: Pick<KeptMessage, 'body' | 'rich'>): number {
  return MESSAGE_BYTES + 2 * (body.length + rich.length);
}

function setOf(sets: Map<number, Set<number>>, key: number): Set<number> {
  const set = sets.get(key) ?? new Set<number>();
  sets.set(key, set);
  return set;
}
