import { checkArgument, checkOptions, line, listOf, object, type Rules, whole } from '../../base/check.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, deadlineIn, WAIT_RULES, type WaitOptions, waitFor } from '../../base/wait.js';
import type { CommandOptions } from '../../control/client/command-sender.js';
import type { Chat } from '../../control/people/chat.js';
import { type ChatMessage, MESSAGE_TEXT, type MessageContent } from '../../control/people/chat-message.js';
import type { Partner } from '../bot-call.js';

/** Options of {@link BotChat.ask}. */
export interface AskOptions extends WaitOptions {
  /** Answers that will do, in any case of letters. Default: any. */
  readonly choices?: readonly string[];
  /** Times that it asks, 1 to 100. Default 3. */
  readonly tries?: number;
  /** Written for an answer that will not do, before it asks again. Default: the question alone is written again. */
  readonly invalid?: string;
}

const ASK_RULES: Rules<AskOptions> = {
  ...WAIT_RULES,
  choices: listOf(line(1, 1000), 1),
  tries: whole(1, 100),
  invalid: line(1, 10_000),
};

/** Messages of a partner that may wait for a script that is busy. The newest beyond are not looked at. */
const MAX_WAITING = 1000;

/** Parts of a {@link BotChat}; its host puts them together. */
export interface BotChatParts {
  readonly chat: Chat;
  readonly partner: Partner;
  readonly clock: Clock;
  readonly idleMs: number;
  /** Fires when the conversation has to end. */
  readonly ended: AbortSignal;
  /** Told what the bot does, in words, for transcripts. */
  readonly trace: (text: string) => void;
}

/**
 * A conversation in text with one person. Whatever waits here rejects with ERR_ABORTED when its signal fires, and with
 * ERR_TIMEOUT once the conversation has lasted too long.
 */
export class BotChat {
  /** The chat as the endpoint tells it: members, roles, topic. */
  readonly chat: Chat;
  readonly partner: Partner;
  readonly clock: Clock;
  /** Fires when the conversation has to end; for whatever else the script waits for. */
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
   * @throws ERR_CHAT_REFUSED, ERR_TIMEOUT and whatever else `Chat.send` throws.
   */
  async say(text: string, options: CommandOptions = {}): Promise<ChatMessage> {
    checkArgument('text', text, MESSAGE_TEXT);
    this.#parts.trace(`writes ${JSON.stringify(text)}`);
    return await this.chat.send(text, options);
  }

  /**
   * The text of the next message, the one that began the conversation first; undefined when none comes.
   *
   * @param options.timeoutMs Longest wait. Default: `idleMs` of the bot.
   */
  async next(options: WaitOptions = {}): Promise<string | undefined> {
    return (await this.nextMessage(options))?.body;
  }

  /** As {@link next}, with all that is known of the message. */
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

  /** The texts of the messages, until none comes for as long as the bot waits. */
  texts(options: WaitOptions = {}): AsyncGenerator<string, void, void> {
    checkWait(options);
    return this.#texts(options);
  }

  /**
   * Asks, and resolves to the answer: one of `choices` as it is spelt there, or any text without the blanks around it.
   * Undefined when none comes in time, or none that will do in so many tries.
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

  /** Forgets what was written and not looked at yet; returns it. Done by {@link ask}. */
  forget(): string[] {
    return this.rest().map(({ body }) => body);
  }

  /** Takes a message of the partner. @returns whether there was room. @internal */
  take(message: MessageContent): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push(message);
    this.#wake();
    return true;
  }

  /** Messages that the script has not looked at. @internal */
  rest(): MessageContent[] {
    return this.#waiting.splice(0);
  }

  /** No more messages will come: waits end as if none had come. @internal */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *#texts(options: WaitOptions): AsyncGenerator<string, void, void> {
    for (let text = await this.next(options); text !== undefined; text = await this.next(options)) yield text;
  }
}
