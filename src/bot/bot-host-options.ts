import { callback, either, having, needed, type Rules, whole } from '../base/check.js';
import type { FencedEvents } from '../base/listener/fenced-emitter.js';
import { CLOCK, type Clock } from '../base/time/clock.js';
import { WAIT_RULES, type WaitOptions } from '../base/wait.js';
import { JOINER, type VoiceJoiner } from '../call/join-voice.js';
import type { Call } from '../control/call/call.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import type { Chat } from '../control/people/chat.js';
import type { ChatMessage } from '../control/people/chat-message.js';
import { SERVER } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import type { Bot } from './bot.js';
import type { BotCall } from './bot-call.js';
import type { BotResult } from './bot-result.js';
import type { BotStep } from './bot-step.js';
import type { CallTaper } from './call-taper.js';
import type { BotChat } from './chat/bot-chat.js';
import type { ChatBotResult } from './chat/chat-attendant.js';
import type { ChatBot } from './chat/chat-bot.js';
import type { Prompts } from './prompt/prompts.js';

export interface BotHostOptions {
  /** The endpoint whose calls the bots take. */
  readonly client: Client;
  /** Leases the ports for the calls' voice. */
  readonly server: PcmServer;
  /** Prompts of the bots. Default: tones and files, without a library. */
  readonly prompts?: Prompts;
  /** Records the calls of every bot that has no `record` of its own: a `Recorder`. Default: no recording. */
  readonly record?: CallTaper;
  /** Joins the voice of a call that another program has redirected. Default: such a call is not taken. */
  readonly join?: VoiceJoiner;
  /** Clock of every wait. Use the exchange's clock where calls run faster than real time. Default: the system clock. */
  readonly clock?: Clock;
}

export interface AttendOptions {
  /** Most calls at once; further calls are refused. 1 to 10,000. Default 1000. */
  readonly maxCalls?: number;
  /** Resolves to true when the bot takes this call. Default: all calls. */
  readonly accept?: (call: Call) => boolean | Promise<boolean>;
}

/** Options for attending chats with a bot. */
export interface AttendChatsOptions {
  /** Most conversations at once; further ones are not answered. 1 to 10,000. Default 1000. */
  readonly maxChats?: number;
  /** Resolves to true when the bot answers this first message of a conversation. Default: all messages. */
  readonly accept?: (message: ChatMessage, chat: Chat) => boolean | Promise<boolean>;
}

export interface BotDialOptions extends WaitOptions {
  /** Called with the call as soon as it is placed, before it is answered. Default: none. */
  readonly onPlaced?: ((call: Call) => void) | undefined;
}

export interface BotHostEvents extends FencedEvents {
  /** A bot has a call in progress. */
  talking: [call: BotCall, bot: Bot];
  /** One action of a bot, in words, for transcripts and logs. It includes the text that was said. */
  trace: [call: Call, text: string];
  /** A prompt, a gathering or a message recording begins or ends. */
  step: [call: Call, step: BotStep];
  /** A bot has finished with a call. */
  result: [result: BotResult];
  /** A call cannot be recorded as asked. The bot takes it without a recording. */
  unrecorded: [call: Call, error: Error];
  /** A call was refused, because `maxCalls` was reached. */
  refused: [call: Call];
  /** A bot begins a conversation in text. */
  chatting: [chat: BotChat, bot: ChatBot];
  /** One action of a bot in a conversation, in words. It includes the text that was written. */
  chatTrace: [chat: Chat, text: string];
  /** A bot has finished with a conversation. */
  chatResult: [result: ChatBotResult];
  /** A message is not answered, because `maxChats` was reached. */
  chatRefused: [chat: Chat];
}

/** The rules of {@link BotHostOptions}. */
export const HOST_RULES: Rules<BotHostOptions> = {
  client: needed(CLIENT),
  server: needed(SERVER),
  prompts: either(having('samples', 'preload'), having('then')),
  record: having('listen'),
  join: JOINER,
  clock: CLOCK,
};

/** The rules of {@link AttendOptions}. */
export const ATTEND_RULES: Rules<AttendOptions> = { maxCalls: whole(1, 10_000, 'calls'), accept: callback };

/** The rules of {@link AttendChatsOptions}. */
export const ATTEND_CHATS_RULES: Rules<AttendChatsOptions> = {
  maxChats: whole(1, 10_000, 'conversations'),
  accept: callback,
};

/** The rules of {@link BotDialOptions}. */
export const DIAL_RULES: Rules<BotDialOptions> = { ...WAIT_RULES, onPlaced: callback };
