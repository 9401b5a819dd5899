import { ApiError } from '../../protocol/api-error.js';
import type { PropertyNews } from '../state/object-collection.js';
import type { ChatMessage, MessageContent } from './chat-message.js';
import { behind } from './message-reader.js';

/** Messages that may wait to be looked at; an endpoint that tells of more at once is faster than it answers. */
const MAX_WAITING = 10_000;
/** Messages that were delivered, by which one that is told of again is recognised. */
const MAX_REMEMBERED = 1000;

/** The chats that a feed belongs to. */
export interface MessageFeedParts {
  /** True while somebody wants to hear of new messages: else they are not looked at. */
  readonly wanted: () => boolean;
  /** A new message, each once, in the order in which they came. */
  readonly deliver: (message: ChatMessage, content: MessageContent) => void | Promise<void>;
  /** Messages that have come have been missed. */
  readonly failed: (error: Error) => void;
  /** Ids of the messages that nobody has seen yet. */
  readonly missed: () => Promise<readonly ChatMessage[]>;
}

/**
 * Finds the new messages among all that an endpoint says of messages, and reads them. The endpoint tells of a new one by
 * its status, and by the same word of an old one that was seen, sent at last or changed.
 */
export class MessageFeed {
  readonly #parts: MessageFeedParts;
  readonly #waiting: ChatMessage[] = [];
  readonly #delivered = new Map<number, string>();
  #announced = new WeakSet<ChatMessage>();
  /** The highest id that was heard of. Ids grow: a message above it is new, whatever its status. */
  #highest: number | undefined;
  #isReading = false;

  constructor(parts: MessageFeedParts) {
    this.#parts = parts;
  }

  /** Takes in what the endpoint says of a message. */
  heard(message: ChatMessage, { property, value, sentAfter }: PropertyNews<number>): void {
    const highest = this.#highest;
    this.#highest = Math.max(highest ?? message.id, message.id);
    if (property !== 'STATUS' || sentAfter !== undefined || this.#announced.has(message)) return;
    this.#announced.add(message);
    // One that was READ when it was first heard of is old, unless it is the newest.
    if (value === 'READ' && (highest === undefined || message.id <= highest)) return;
    this.#add([message]);
  }

  /**
   * The endpoint was away: its numbers may have begun anew, and what came meanwhile was told to nobody. Those that
   * nobody has seen yet are delivered now.
   */
  async resume(): Promise<void> {
    this.#announced = new WeakSet();
    this.#highest = undefined;
    this.#waiting.length = 0;
    if (!this.#parts.wanted()) return;
    try {
      const missed = [...(await this.#parts.missed())].sort((one, other) => one.id - other.id);
      for (const message of missed) this.#announced.add(message);
      this.#add(missed);
    } catch (error) {
      // An endpoint without chats has missed none.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #add(messages: readonly ChatMessage[]): void {
    if (!this.#parts.wanted()) return;
    this.#waiting.push(...messages);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.length = 0;
      this.#parts.failed(behind(`${MAX_WAITING} messages wait to be read from the endpoint`));
    }
    if (!this.#isReading) void this.#read();
  }

  /** One after the other, so that they are delivered in their order. */
  async #read(): Promise<void> {
    this.#isReading = true;
    for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
      // One that is gone, or whose endpoint is: it is found again when the endpoint is back.
      const content = await message.read().catch(() => undefined);
      if (content && !this.#wasDelivered(content)) await this.#parts.deliver(message, content);
    }
    this.#isReading = false;
  }

  /** Remembers a message that is delivered. Its number alone does not tell: an endpoint may begin anew with 1. */
  #wasDelivered({ id, chat, from, sentAtMs, body }: MessageContent): boolean {
    const mark = JSON.stringify([chat, from, sentAtMs, body.length]);
    if (this.#delivered.get(id) === mark) return true;
    this.#delivered.delete(id);
    this.#delivered.set(id, mark);
    const [oldest] = this.#delivered.keys();
    if (this.#delivered.size > MAX_REMEMBERED && oldest !== undefined) this.#delivered.delete(oldest);
    return false;
  }
}
