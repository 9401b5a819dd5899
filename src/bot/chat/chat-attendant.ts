import { asError, JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import type { Client } from '../../control/client/client.js';
import type { Chat } from '../../control/people/chat.js';
import type { ChatMessage, MessageContent } from '../../control/people/chat-message.js';
import { BotChat } from './bot-chat.js';
import type { ChatBot } from './chat-bot.js';

const MINUTE_MS = 60_000;
/** Most messages of all chats that may wait for the attendant. */
const MAX_WAITING = 100_000;

/** Outcome of a bot's work in a conversation. `failed`: the script threw. */
export interface ChatBotResult {
  readonly bot: string;
  /** The id of the chat. */
  readonly chat: string;
  /** The handle of the other person. */
  readonly partner: string;
  readonly outcome: 'done' | 'failed';
  /** Messages of the partner that the script has read. */
  readonly received: number;
  readonly error?: Error;
}

/** Parts of a {@link ChatAttendant}, given by its host. */
export interface ChatAttendantParts {
  readonly client: Client;
  readonly clock: Clock;
  /** Most conversations at once; further ones are not answered. */
  readonly maxChats: number;
  /** Resolves to true when the bot answers this message, which would begin a conversation. */
  readonly accepts: (message: ChatMessage, chat: Chat) => Promise<boolean>;
  readonly talking: (conversation: BotChat) => void;
  readonly trace: (chat: Chat, text: string) => void;
  readonly refused: (chat: Chat) => void;
  readonly result: (result: ChatBotResult) => void;
  readonly failed: (error: unknown) => void;
}

/** A conversation in progress. */
interface ChatConversation {
  readonly chat: BotChat;
  received: number;
}

/** Answers messages with a bot: a conversation for each chat and person, side by side. */
export class ChatAttendant {
  readonly #bot: ChatBot;
  readonly #parts: ChatAttendantParts;
  readonly #conversations = new Map<string, ChatConversation>();
  readonly #running = new Set<Promise<void>>();
  /** Arrival times of the newest messages of each person, on the clock. */
  readonly #pace = new Map<string, number[]>();
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  readonly #reading: Promise<void>;

  /** @throws ERR_UNSUPPORTED below protocol 3. */
  constructor(bot: ChatBot, parts: ChatAttendantParts) {
    this.#bot = bot;
    this.#parts = parts;
    const options = { signal: this.#stop.signal, maxWaiting: MAX_WAITING, full: 'drop-oldest' } as const;
    this.#reading = this.#read(parts.client.chats.incoming(options));
  }

  /** Number of conversations in progress. */
  get size(): number {
    return this.#conversations.size;
  }

  /** Takes no more messages; waits of scripts end as if none had come. Resolves when the scripts are done. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    for (const { chat } of this.#conversations.values()) chat.end();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Ends the waits of scripts with an error, then closes. */
  async abort(): Promise<void> {
    this.#cut.abort(new JackfieldError('ERR_CLOSED', 'The host of this bot was closed.'));
    await this.close();
  }

  async #read(messages: AsyncIterable<ChatMessage>): Promise<void> {
    try {
      for await (const message of messages) {
        // The properties were read before the message came here. One at a time, so that messages stay in order.
        await this.#take(message, await message.read()).catch((error: unknown) => this.#parts.failed(error));
      }
    } catch {
      // The host was closed, or the connection to the endpoint is lost. Both are reported elsewhere.
    }
  }

  async #take(message: ChatMessage, content: MessageContent): Promise<void> {
    const key = JSON.stringify([content.chat, content.from.toLowerCase()]);
    const chat = this.#parts.client.chats.get(content.chat);
    if (!this.#isInPace(key)) this.#parts.trace(chat, `receives messages too fast from ${content.from}`);
    else await this.#dispatch(key, chat, message, content);
  }

  /** Hands a message to the conversation that it belongs to, or begins one. */
  async #dispatch(key: string, chat: Chat, message: ChatMessage, content: MessageContent): Promise<void> {
    const known = this.#conversations.get(key);
    if (known) return this.#hand(known, content);
    if (this.#bot.chats === 'dialogs' && !(await isDialog(chat))) return;
    if (!(await this.#parts.accepts(message, chat))) return;
    if (this.#conversations.size >= this.#parts.maxChats) return this.#parts.refused(chat);
    const begun = this.#begin(key, chat, content).finally(() => this.#running.delete(begun));
    this.#running.add(begun);
  }

  #hand(conversation: ChatConversation, content: MessageContent): void {
    if (conversation.chat.take(content)) conversation.received++;
    else this.#parts.trace(conversation.chat.chat, 'has too many waiting messages');
  }

  async #begin(key: string, chat: Chat, first: MessageContent): Promise<void> {
    const { clock, trace } = this.#parts;
    const { name, idleMs, maxChatMs, converse, goodbye } = this.#bot;
    const partner = { handle: first.from, name: first.displayName };
    const limits = { timeoutMs: maxChatMs, signal: this.#cut.signal };
    using limit = new TimeLimit(clock, limits, () => {
      const text = `The conversation with ${partner.handle} lasted for more than ${maxChatMs} ms.`;
      return new JackfieldError('ERR_TIMEOUT', text);
    });
    const parts = { chat, partner, clock, idleMs, ended: limit.signal };
    const conversation: ChatConversation = {
      chat: new BotChat({ ...parts, trace: (text) => trace(chat, text) }),
      received: 0,
    };
    this.#conversations.set(key, conversation);
    this.#hand(conversation, first);
    let error: Error | undefined;
    try {
      this.#parts.talking(conversation.chat);
      await converse(conversation.chat);
    } catch (failure) {
      error = asError(failure);
      if (goodbye !== undefined) await conversation.chat.say(goodbye).catch(() => undefined);
    }
    this.#conversations.delete(key);
    const rest = conversation.chat.rest();
    this.#parts.result({
      ...{ bot: name, chat: chat.id, partner: partner.handle, outcome: error ? 'failed' : 'done' },
      received: conversation.received - rest.length,
      ...(error && { error }),
    });
    // Messages that the script has not read begin another conversation.
    if (this.#stop.signal.aborted) return;
    for (const content of rest) {
      await this.#dispatch(key, chat, this.#parts.client.chats.messages.get(content.id), content);
    }
  }

  /** True when a person has not exceeded the limit of messages in the last minute. */
  #isInPace(key: string): boolean {
    const now = this.#parts.clock.now();
    const times = (this.#pace.get(key) ?? []).filter((at) => now - at < MINUTE_MS);
    const isInPace = times.length < this.#bot.maxPerMinute;
    if (isInPace) times.push(now);
    this.#pace.delete(key);
    this.#pace.set(key, times);
    for (const [other, [...at]] of this.#pace) {
      if (now - (at.at(-1) ?? 0) < MINUTE_MS) break;
      this.#pace.delete(other);
    }
    return isInPace;
  }
}

/** True for a chat of two people, by its status, which older endpoints have too. */
async function isDialog(chat: Chat): Promise<boolean> {
  return (await chat.text('STATUS')).endsWith('DIALOG');
}
