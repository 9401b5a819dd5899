import { checkArgument, checkOptions, line, listOf, object, type Rules, whole } from '../../base/check.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, deadlineIn, WAIT_RULES, type WaitOptions, waitFor } from '../../base/wait.js';
import type { CommandOptions } from '../../control/client/command-sender.js';
import type { Chat } from '../../control/people/chat.js';
import { type ChatMessage, MESSAGE_TEXT, type MessageContent } from '../../control/people/chat-message.js';
import type { Partner } from '../bot-call.js';

/** Options of {@link BotChat.ask}. */
export interface AskOptions extends WaitOptions {
  /** Accepted answers; upper and lower case are the same. Default: any text. */
  readonly choices?: readonly string[];
  /** Number of times that it asks, 1 to 100. Default 3. */
  readonly tries?: number;
  /**
   * Written after an answer that is not accepted, before it asks again. Default: only the question is written again.
   */
  readonly invalid?: string;
}

const ASK_RULES: Rules<AskOptions> = {
  ...WAIT_RULES,
  choices: listOf(line(1, 1000), 1),
  tries: whole(1, 100),
  invalid: line(1, 10_000),
};

/** Most messages of a partner that may wait for a busy script. Further messages are dropped. */
const MAX_WAITING = 1000;

/** Parts of a {@link BotChat}, assembled by its host. */
export interface BotChatParts {
  readonly chat: Chat;
  readonly partner: Partner;
  readonly clock: Clock;
  readonly idleMs: number;
  /** Fires when the conversation has to end. */
  readonly ended: AbortSignal;
  /** Called with each action of the bot, in words, for transcripts. */
  readonly trace: (text: string) => void;
}

/**
 * A conversation in text with one person. Every wait rejects with ERR_ABORTED when its own signal fires, and with
 * ERR_TIMEOUT once the conversation has lasted too long.
 */
export class BotChat {
  /** The chat as the endpoint reports it: members, roles, topic. */
  readonly chat: Chat;
  readonly partner: Partner;
  readonly clock: Clock;
  /** Fires when the conversation has to end. For other waits of the script. */
  readonly signal: AbortSignal;
  readonly #parts: BotChatParts;
  readonly #waiting: MessageContent[] = [];
  #isOver = false;
  #wake = () => {};

  /** @internal */
  constructor(parts: BotChatParts) {
    checkArgument('parts', parts, object);
    this.chat = parts.chat;
    this.partner = parts.partner;
    this.clock = parts.clock;
    this.signal = parts.ended;
    this.#parts = parts;
  }

  /**
   * Writes a message; resolves when it is SENT.
   *
   * @throws ERR_CHAT_REFUSED, ERR_TIMEOUT and other errors of `Chat.send`.
   */
  async say(text: string, options: CommandOptions = {}): Promise<ChatMessage> {
    checkArgument('text', text, MESSAGE_TEXT);
    this.#parts.trace(`writes ${JSON.stringify(text)}`);
    return await this.chat.send(text, options);
  }

  /**
   * Resolves to the text of the next message; undefined when none comes. The first is the message that began the
   * conversation.
   *
   * @param options.timeoutMs Longest wait. Default: `idleMs` of the bot.
   */
  async next(options: WaitOptions = {}): Promise<string | undefined> {
    return (await this.nextMessage(options))?.body;
  }

  /** Resolves to the next message with all its properties, as {@link next} does to its text. */
  async nextMessage(options: WaitOptions = {}): Promise<MessageContent | undefined> {
    checkWait(options);
    const { timeoutMs = this.#parts.idleMs, signal } = options;
    return await waitFor<MessageContent | undefined>({
      what: `a message of ${this.partner.handle}`,
      ended: this.signal,
      signal,
      deadline: deadlineIn(this.clock, timeoutMs, () => undefined),
      begin: (resolve) => {
        const look = () => {
          const message = this.#waiting.shift();
          if (message || this.#isOver) resolve(message);
        };
        this.#wake = look;
        look();
        return () => {
          this.#wake = () => {};
        };
      },
    });
  }

  /** Yields the texts of messages, until none comes within the wait. */
  texts(options: WaitOptions = {}): AsyncGenerator<string, void, void> {
    checkWait(options);
    return this.#texts(options);
  }

  /**
   * Asks, and resolves to the answer: one of `choices` as it is spelt there, or any text, trimmed. Undefined when no
   * answer comes in time, or none is accepted in `tries` attempts.
   *
   * @throws as {@link say}.
   */
  async ask(question: string, options: AskOptions = {}): Promise<string | undefined> {
    checkArgument('question', question, MESSAGE_TEXT);
    checkOptions(options, ASK_RULES);
    const { choices, tries = 3, invalid, ...limits } = options;
    this.forget();
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0 && invalid !== undefined) await this.say(invalid);
      await this.say(question);
      const answer = (await this.next(limits))?.trim();
      if (answer === undefined) return undefined;
      if (!choices) return answer;
      const chosen = choices.find((choice) => choice.toLowerCase() === answer.toLowerCase());
      if (chosen !== undefined) return chosen;
    }
    return undefined;
  }

  /** Drops the messages that were not read yet, and returns their texts. Used by {@link ask}. */
  forget(): string[] {
    return this.rest().map(({ body }) => body);
  }

  /** Takes a message of the partner. Returns false when there is no room. @internal */
  take(message: MessageContent): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push(message);
    this.#wake();
    return true;
  }

  /** Removes and returns the messages that the script has not read. @internal */
  rest(): MessageContent[] {
    return this.#waiting.splice(0);
  }

  /** Ends the input: no more messages will come, and waits end as if none had come. @internal */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *#texts(options: WaitOptions): AsyncGenerator<string, void, void> {
    for (let text = await this.next(options); text !== undefined; text = await this.next(options)) yield text;
  }
}
