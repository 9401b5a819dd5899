import {
  callback,
  checkArgument,
  checkOptions,
  having,
  line,
  oneOf,
  type Rules,
  wait,
  whole,
} from '../../base/check.js';
import type { BotChat } from './bot-chat.js';

/** The work of a bot in one conversation. When it returns, the conversation is over; the next message begins another. */
export type ChatBotScript = (chat: BotChat) => Promise<void> | void;

export interface ChatBotOptions {
  /** Shown in events and transcripts. Default: the script's name, or `chat bot`. */
  readonly name?: string;
  /**
   * Chats in which it answers: those of two people, or all. In a group chat each person who writes has a conversation
   * of their own. Default `dialogs`.
   */
  readonly chats?: 'dialogs' | 'all';
  /** Longest wait for the next message, in milliseconds. After it the partner counts as gone. Default 5 minutes. */
  readonly idleMs?: number;
  /** Longest conversation, in milliseconds. After it the script's waits fail with ERR_TIMEOUT. Default 4 hours. */
  readonly maxChatMs?: number;
  /**
   * Most messages of one person in a minute, 1 to 10,000; further ones are dropped. This slows down two bots that
   * answer each other. Default 60.
   */
  readonly maxPerMinute?: number;
  /** Written when the script throws. Default: nothing. */
  readonly goodbye?: string;
}

/** A bot that answers messages. Made by {@link chatBot}, run by a `BotHost`. */
export interface ChatBot {
  readonly converse: ChatBotScript;
  readonly name: string;
  readonly chats: 'dialogs' | 'all';
  readonly idleMs: number;
  readonly maxChatMs: number;
  readonly maxPerMinute: number;
  readonly goodbye: string | undefined;
}

/** The rule of an argument that is a bot for chats. */
export const CHAT_BOT = having('converse');
const RULES: Rules<ChatBotOptions> = {
  name: line(1, 200),
  chats: oneOf('dialogs', 'all'),
  idleMs: wait,
  maxChatMs: wait,
  maxPerMinute: whole(1, 10_000, 'messages'),
  goodbye: line(1, 10_000),
};

const FIVE_MINUTES_MS = 300_000;
const FOUR_HOURS_MS = 14_400_000;

/**
 * Makes a bot that answers messages.
 *
 * ```ts
 * const hours = chatBot(async (chat) => {
 *   const day = await chat.ask('Which day?', { choices: ['saturday', 'sunday'] });
 *   await chat.say(day === undefined ? 'Bye.' : `On ${day} we are here from ten to four.`);
 * });
 * ```
 *
 * @throws ERR_INVALID_ARG
 */
export function chatBot(script: ChatBotScript, options: ChatBotOptions = {}): ChatBot {
  checkArgument('script', script, callback);
  checkOptions(options, RULES);
  const { name, chats = 'dialogs', goodbye } = options;
  const { idleMs = FIVE_MINUTES_MS, maxChatMs = FOUR_HOURS_MS, maxPerMinute = 60 } = options;
  return Object.freeze({
    converse: script,
    name: name ?? (script.name || 'chat bot'),
    ...{ chats, idleMs, maxChatMs, maxPerMinute, goodbye },
  });
}
