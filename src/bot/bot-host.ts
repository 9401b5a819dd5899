import { checkArgument, checkOptions, words } from '../base/check.js';
import { during } from '../base/during.js';
import { JackfieldError } from '../base/errors.js';
import { FencedEmitter } from '../base/listener/fenced-emitter.js';
import { observe } from '../base/listener/observe.js';
import { type Clock, systemClock } from '../base/time/clock.js';
import { type Call, LIVE_CALL } from '../control/call/call.js';
import type { Client } from '../control/client/client.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { BOT, type Bot } from './bot.js';
import { BotCalls } from './bot-calls.js';
import {
  ATTEND_CHATS_RULES,
  ATTEND_RULES,
  type AttendChatsOptions,
  type AttendOptions,
  type BotDialOptions,
  type BotHostEvents,
  type BotHostOptions,
  DIAL_RULES,
  HOST_RULES,
} from './bot-host-options.js';
import type { BotResult } from './bot-result.js';
import { canSendMessages } from './can-send-messages.js';
import { ChatAttendant } from './chat/chat-attendant.js';
import { CHAT_BOT, type ChatBot } from './chat/chat-bot.js';
import { PlacedCalls } from './placed-calls.js';
import { Prompts } from './prompt/prompts.js';
import type { Speakable } from './prompt/speakable.js';

/** Runs bots: takes calls and places calls. A failure in one call does not affect the others. */
export class BotHost extends FencedEmitter<BotHostEvents> implements AsyncDisposable {
  readonly #client: Client;
  readonly #server: PcmServer;
  readonly #prompts: Prompts | Promise<Prompts>;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<unknown>>();
  readonly #calls: BotCalls;
  readonly #placed: PlacedCalls;
  readonly #ready = new WeakMap<readonly Speakable[], Promise<void>>();
  #unattend: (() => void) | undefined;
  #attendant: ChatAttendant | undefined;
  #closed = false;

  /** @throws ERR_INVALID_ARG. */
  constructor(options: BotHostOptions) {
    super();
    checkOptions(options, HOST_RULES);
    this.#client = options.client;
    this.#placed = new PlacedCalls(options.client);
    this.#server = options.server;
    this.#prompts = options.prompts ?? Prompts.open();
    // Each call that needs the prompts gets the error itself.
    Promise.resolve(this.#prompts).catch(() => undefined);
    this.#clock = options.clock ?? systemClock;
    this.#calls = new BotCalls({
      ...{ client: this.#client, server: this.#server, prompts: this.#prompts, placed: this.#placed },
      ...{ record: options.record, join: options.join, clock: this.#clock, events: this },
      call: (bot, target, given) => this.call(bot, target, given),
    });
  }

  /** Number of text conversations in progress. */
  get activeChats(): number {
    return this.#attendant?.size ?? 0;
  }

  /** Number of calls that bots are working on. */
  get activeCalls(): number {
    return this.#calls.size;
  }

  /**
   * Makes the known prompts of `bot` ready, and runs its `prepare`, so that an error shows before the first call. Done
   * once for each bot.
   *
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_WAV, ERR_TOOL for prompts that are missing or unreadable, all of them at
   * once; errors of the bot's `prepare` (ERR_FILE when the recording folder of a flow cannot be made).
   */
  async prepare(bot: Bot): Promise<void> {
    checkArgument('bot', bot, BOT);
    const ready = this.#ready.get(bot.says) ?? this.#prepare(bot);
    this.#ready.set(bot.says, ready);
    await during(this.#clock, ready);
  }

  /**
   * Has `bot` answer incoming calls from now on, in place of the bot that did before. Resolves when `bot` is {@link
   * prepare}d; calls that come sooner wait for that. When preparing fails, no call is taken.
   *
   * @throws ERR_INVALID_ARG at once; rejects as {@link prepare}.
   */
  attend(bot: Bot, options: AttendOptions = {}): Promise<void> {
    checkArgument('bot', bot, BOT);
    checkOptions(options, ATTEND_RULES);
    const { maxCalls = 1000, accept = () => true } = options;
    this.#assertOpen();
    this.#unattend?.();
    const prepared = this.prepare(bot);
    const isReady = prepared.then(
      () => true,
      () => false,
    );
    const onCall = (call: Call) => {
      const offered = isReady.then((ready) =>
        ready ? this.#offered(call, bot, maxCalls, accept) : undefined,
      );
      this.#track(during(this.#clock, offered));
    };
    this.#client.on('call', onCall);
    const unattend = () => void this.#client.off('call', onCall);
    this.#unattend = unattend;
    return prepared.catch((error: unknown) => {
      unattend();
      throw error;
    });
  }

  /**
   * Has `bot` answer incoming messages from now on, in place of the bot that did before. Conversations of that bot go
   * on to their end. Calls are attended independently of this.
   *
   * @throws ERR_INVALID_ARG, ERR_CLOSED; ERR_UNSUPPORTED when the endpoint has no chats, or speaks a version below 3.
   */
  async attendChats(bot: ChatBot, options: AttendChatsOptions = {}): Promise<void> {
    checkArgument('bot', bot, CHAT_BOT);
    checkOptions(options, ATTEND_CHATS_RULES);
    const { maxChats = 1000, accept = () => true } = options;
    this.#assertOpen();
    if (!(await during(this.#clock, canSendMessages(this.#client)))) {
      const text = 'This endpoint has no chats: attach to one that speaks protocol 3 or newer and has them.';
      throw new JackfieldError('ERR_UNSUPPORTED', text);
    }
    this.#assertOpen();
    const before = this.#attendant;
    if (before) this.#track(before.close());
    this.#attendant = new ChatAttendant(bot, {
      ...{ client: this.#client, clock: this.#clock, maxChats },
      accepts: (message, chat) => this.#accepts('accept', () => accept(message, chat)),
      talking: (chat) => this.emit('chatting', chat, bot),
      trace: (chat, text) => this.emit('chatTrace', chat, text),
      refused: (chat) => this.emit('chatRefused', chat),
      result: (result) => this.emit('chatResult', result),
      failed: (error) => this.failed('message', error),
    });
  }

  /**
   * Runs `bot` on an existing call. Resolves when its script is done; the call is ended when it has lasted for the
   * bot's `maxCallMs`. Never rejects.
   */
  async run(bot: Bot, call: Call): Promise<BotResult> {
    checkArgument('bot', bot, BOT);
    checkArgument('call', call, LIVE_CALL);
    this.#assertOpen();
    return await this.#track(this.#calls.run(bot, call));
  }

  /**
   * Calls `target` and runs `bot` when it is answered.
   *
   * @param options.timeoutMs longest ringing; default 30,000.
   * @throws ERR_API when the call cannot be placed; as {@link prepare}.
   */
  async call(bot: Bot, target: string, options: BotDialOptions = {}): Promise<BotResult> {
    checkArgument('target', target, words);
    checkOptions(options, DIAL_RULES);
    this.#assertOpen();
    await this.prepare(bot);
    const call = await this.#placed.place(target, options.signal);
    observe('onPlaced', options.onPlaced, call);
    return await this.#track(this.#calls.run(bot, call, options));
  }

  /**
   * Resolves to true for a call that this host has placed and may redirect. A call can be announced before its placing
   * has returned its number, so this waits for calls that are being placed.
   */
  async hasPlaced(call: Call): Promise<boolean> {
    checkArgument('call', call, LIVE_CALL);
    return await this.#placed.has(call);
  }

  /**
   * Takes no more calls and messages, and resolves when those in progress are done. A chat script that waits for a
   * message gets none.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unattend?.();
    await this.#attendant?.close();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Hangs up all calls and cuts all conversations short, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#attendant?.abort();
    await this.#calls.hangUp();
    await this.close();
  }

  async #prepare({ says, language, prepare, transcriber }: Bot): Promise<void> {
    const prompts = await this.#prompts;
    await prompts.ready(says, language === undefined ? {} : { language });
    await transcriber?.ready?.();
    await prepare?.({ client: this.#client, server: this.#server, prompts });
  }

  async #offered(call: Call, bot: Bot, maxCalls: number, accept: NonNullable<AttendOptions['accept']>) {
    const type = await call.text('TYPE').catch(() => '');
    if (!type.startsWith('INCOMING') || call.over) return;
    if (!(await this.#accepts('accept', () => accept(call)))) return;
    if (this.#calls.size >= maxCalls) {
      this.emit('refused', call);
      await call.refuse().catch(() => undefined);
      return;
    }
    this.#track(this.#calls.run(bot, call));
  }

  /**
   * Asks the program about a call or message. When its function throws, the error is reported and the call or message
   * is left alone.
   */
  async #accepts(name: string, accept: () => boolean | Promise<boolean>): Promise<boolean> {
    try {
      return await accept();
    } catch (error) {
      this.failed(name, error);
      return false;
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const settled = () => this.#running.delete(work);
    this.#running.add(work);
    work.then(settled, settled);
    return work;
  }

  #assertOpen(): void {
    if (this.#closed) throw new JackfieldError('ERR_CLOSED', 'This host is closed: create a new one.');
  }
}
