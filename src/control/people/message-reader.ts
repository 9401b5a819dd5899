import { checkOptions, flag, listOf, oneOf, type Rules, signal, whole } from '../../base/check.js';
import { abortedError, JackfieldError } from '../../base/errors.js';
import { waitFor } from '../../base/wait.js';
import { CHATMESSAGE_TYPES, type ChatMessageType } from '../../protocol/catalogue/message.js';
import type { ChatMessage, MessageContent } from './chat-message.js';

/**
 * Options of {@link Chat.messages} and of `client.chats.messages`: the messages to read, and the limit of the queue.
 */
export interface MessagesOptions {
  /** Kinds of message. Default: `['SAID']`, the texts of people. */
  readonly types?: readonly ChatMessageType[];
  /** True to include the current user's own messages, whichever program sent them. Default false. */
  readonly own?: boolean;
  /** Number of messages that may wait for a slow reader, 1 to 100,000. Default 1000. */
  readonly maxWaiting?: number;
  /**
   * Treatment of one more: the reader fails with ERR_LIMIT (`close`), or the oldest waiting message is dropped. A
   * dropped message stays in the chat's history. Default `close`.
   */
  readonly full?: 'close' | 'drop-oldest';
  readonly signal?: AbortSignal;
}

const RULES: Rules<MessagesOptions> = {
  types: listOf(oneOf(...CHATMESSAGE_TYPES), 1),
  own: flag,
  maxWaiting: whole(1, 100_000, 'messages'),
  full: oneOf('close', 'drop-oldest'),
  signal,
};

/** Messages that one program has received and not read yet. */
export class MessageReader {
  readonly #options: MessagesOptions;
  readonly #waiting: ChatMessage[] = [];
  #error: Error | undefined;
  #wake = () => {};

  /** @throws ERR_INVALID_ARG */
  constructor(options: MessagesOptions) {
    checkOptions(options, RULES);
    this.#options = options;
  }

  /** Takes a message if the options select it. */
  take(message: ChatMessage, content: MessageContent, isOwn: boolean): void {
    const { types = ['SAID'], own = false, maxWaiting = 1000, full = 'close' } = this.#options;
    if (this.#error || (isOwn && !own) || !types.some((type) => type === content.type)) return;
    this.#waiting.push(message);
    if (this.#waiting.length > maxWaiting) {
      if (full === 'close') this.#waiting.pop();
      else this.#waiting.shift();
      if (full === 'close') this.end(behind(`${maxWaiting} messages are waiting for this reader`));
    }
    this.#wake();
  }

  /** Ends the messages. Those that wait can still be read. */
  end(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }

  /**
   * Yields the waiting messages and all later ones.
   *
   * @param ended Called once, when reading has ended.
   * @throws ERR_ABORTED, ERR_LIMIT; the error of {@link end}.
   */
  async *read(ended: () => void): AsyncGenerator<ChatMessage, void, void> {
    const { signal } = this.#options;
    try {
      for (;;) {
        if (signal?.aborted) throw abortedError('one more message', signal);
        const message = this.#waiting.shift();
        if (message) yield message;
        else if (this.#error) throw this.#error;
        else await this.#news(signal);
      }
    } finally {
      ended();
    }
  }

  #news(signal: AbortSignal | undefined): Promise<void> {
    return waitFor({
      what: 'one more message',
      signal,
      begin: (resolve) => {
        this.#wake = resolve;
        return () => {
          this.#wake = () => {};
        };
      },
    });
  }
}

/** Makes the error of a reader that is too slow for its messages. */
export function behind(what: string): JackfieldError {
  return new JackfieldError(
    'ERR_LIMIT',
    `${what} and one more arrived: read faster, or choose { full: 'drop-oldest' }. No message is lost: history() has all of them.`,
  );
}
