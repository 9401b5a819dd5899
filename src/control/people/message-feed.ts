import { ApiError } from '../../protocol/api-error.js';
import type { PropertyNews } from '../state/object-collection.js';
import type { ChatMessage, MessageContent } from './chat-message.js';
import { behind } from './message-reader.js';

/**
 * Largest number of messages that wait to be read from the endpoint. More mean that it reports faster than it answers.
 */
const MAX_WAITING = 10_000;
/** Number of delivered messages that are remembered, to recognise one that is reported again. */
const MAX_REMEMBERED = 1000;

/** Functions of the chats that a feed uses. */
export interface MessageFeedParts {
  /** True while something waits for new messages. Otherwise they are not read. */
  readonly wanted: () => boolean;
  /** Takes each new message once, in the order of arrival. */
  readonly deliver: (message: ChatMessage, content: MessageContent) => void | Promise<void>;
  /** Called when messages were missed. */
  readonly failed: (error: Error) => void;
  /** Lists the messages that nobody has seen yet. */
  readonly missed: () => Promise<readonly ChatMessage[]>;
}

/**
 * Finds the new messages among all messages that an endpoint reports, and reads them. The endpoint reports a new
 * message by its status. It uses the same word for an old message that was seen, sent at last or changed.
 */
export class MessageFeed {
  readonly #parts: MessageFeedParts;
  readonly #waiting: ChatMessage[] = [];
  readonly #delivered = new Map<number, string>();
  #announced = new WeakSet<ChatMessage>();
  /** The highest reported id. Ids grow: a message above it is new, whatever its status. */
  #highest: number | undefined;
  #isReading = false;

  constructor(parts: MessageFeedParts) {
    this.#parts = parts;
  }

  /** Takes a property of a message. */
  heard(message: ChatMessage, { property, value, sentAfter }: PropertyNews<number>): void {
    const highest = this.#highest;
    this.#highest = Math.max(highest ?? message.id, message.id);
    if (property !== 'STATUS' || sentAfter !== undefined || this.#announced.has(message)) return;
    this.#announced.add(message);
    // A message that is READ when first reported is old, unless it is the newest.
    if (value === 'READ' && (highest === undefined || message.id <= highest)) return;
    this.#add([message]);
  }

  /**
   * Starts again after an outage of the endpoint. Its numbers may have begun again, and messages that came meanwhile
   * were not reported. Those that nobody has seen yet are delivered now.
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
      // An endpoint without chats has no missed messages.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #add(messages: readonly ChatMessage[]): void {
    if (!this.#parts.wanted()) return;
    this.#waiting.push(...messages);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.length = 0;
      this.#parts.failed(behind(`${MAX_WAITING} messages are waiting to be read from the endpoint`));
    }
    if (!this.#isReading) void this.#read();
  }

  /** Reads the messages one after the other, so that they are delivered in order. */
  async #read(): Promise<void> {
    this.#isReading = true;
    for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
      // Reading fails when the message or the endpoint is gone. After an outage the message is found again.
      const content = await message.read().catch(() => undefined);
      if (content && !this.#wasDelivered(content)) await this.#parts.deliver(message, content);
    }
    this.#isReading = false;
  }

  /** Remembers a delivered message. The number alone does not identify it: an endpoint may begin again with 1. */
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
