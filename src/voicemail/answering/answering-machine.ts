import {
  checkOptions,
  having,
  listOf,
  needed,
  object,
  optionsOf,
  type Rules,
  within,
  words,
} from '../../base/check.js';
import { during } from '../../base/during.js';
import { asError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { TaskSet } from '../../base/task-set.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import { checkTimeZone } from '../../base/time/local-time.js';
import { BotHost } from '../../bot/bot-host.js';
import type { Prompts } from '../../bot/prompt/prompts.js';
import { SPEAKABLE, type Speakable } from '../../bot/prompt/speakable.js';
import { JOINER, type VoiceJoiner } from '../../call/join-voice.js';
import type { Call } from '../../control/call/call.js';
import type { Client } from '../../control/client/client.js';
import { CLIENT } from '../../control/client/command-sender.js';
import { SERVER } from '../../tcp/lease.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { ANSWERING_RULES, type AnsweringBotOptions } from './answering-bot.js';
import { type AnsweringRule, checkRules, matchingRule } from './answering-rule.js';
import { MESSAGE_RULES, type MessageOptions, MessageTaker } from './message-taker.js';
import type { VoicemailNotice } from './voicemail-notice.js';

/** Options of {@link AnsweringMachine.start}. */
export interface AnsweringMachineOptions
  extends Omit<AnsweringBotOptions, 'account' | 'greetingFor' | 'onMessage'>,
    MessageOptions {
  readonly client: Client;
  readonly server: PcmServer;
  /** Library of named greetings and prompts. Default: only tones and files. */
  readonly prompts?: Prompts;
  /** Time of ringing before it answers, in milliseconds: 0 to 120,000. Default 20,000. */
  readonly afterMs?: number;
  /** Greeting. Default: three rising tones. */
  readonly greeting?: Speakable;
  /** Rules, in order. Default: none; every call is answered. */
  readonly rules?: readonly AnsweringRule[];
  /** Time zone of the hours in rules, such as `Europe/Berlin`. Default: that of the machine. */
  readonly timezone?: string | undefined;
  /** Joins the voice of a call that another program has redirected. Default: such a call is not answered. */
  readonly join?: VoiceJoiner;
  readonly clock?: Clock;
}

const RULES: Rules<AnsweringMachineOptions> = {
  ...ANSWERING_RULES,
  ...MESSAGE_RULES,
  client: needed(CLIENT),
  server: needed(SERVER),
  prompts: having('samples', 'preload'),
  afterMs: within(0, 120_000, 'ms'),
  greeting: SPEAKABLE,
  rules: listOf(object),
  timezone: words,
  join: JOINER,
  clock: CLOCK,
};

/** Events of an {@link AnsweringMachine}. */
export interface AnsweringMachineEvents extends FencedEvents {
  /** A message was kept. Emitted after its transcription. */
  message: [notice: VoicemailNotice];
  /** A transcription, a hook or a call has failed. A recorded message is kept. */
  failed: [error: Error];
}

/** The options of the message taker. */
type Taking = MessageOptions & Omit<AnsweringBotOptions, 'account' | 'greetingFor' | 'onMessage'>;
const TAKING_RULES: Rules<Taking> = { ...ANSWERING_RULES, ...MESSAGE_RULES };
const DEFAULT_AFTER_MS = 20_000;

/** Answers calls that nobody else answers, and stores the messages of callers. */
export class AnsweringMachine extends FencedEmitter<AnsweringMachineEvents> implements AsyncDisposable {
  readonly #options: AnsweringMachineOptions;
  readonly #clock: Clock;
  readonly #host: BotHost;
  readonly #taker: MessageTaker;
  /** Rules of the current calls, by id of the call. */
  readonly #rules: Map<number, AnsweringRule>;
  readonly #tasks = new TaskSet((error) => this.#failed(error));
  readonly #onCall = (call: Call) => this.#tasks.add(this.#offered(call));
  readonly #closing = new AbortController();

  private constructor(
    options: AnsweringMachineOptions,
    taker: MessageTaker,
    rules: Map<number, AnsweringRule>,
  ) {
    super();
    const { client, server, join, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#taker = taker;
    this.#rules = rules;
    taker.on('message', (notice) => this.emit('message', notice));
    taker.on('failed', (error) => this.emit('failed', error));
    this.#host = new BotHost({ client, server, clock, prompts: taker.prompts, ...(join && { join }) });
    this.#host.on('result', ({ callId, error }) => {
      rules.delete(callId);
      if (error) this.emit('failed', error);
    });
    client.on('call', this.#onCall);
  }

  /**
   * Starts to answer calls. All prompts are loaded first, so that a missing greeting is an error here and not during a
   * call.
   *
   * @throws ERR_INVALID_ARG; ERR_FILE, ERR_WAV for a greeting that cannot be played; ERR_TOOL for a missing hook or
   * transcriber; ERR_API, ERR_CLOSED when the endpoint does not report its account.
   */
  static async start(options: AnsweringMachineOptions): Promise<AnsweringMachine> {
    checkOptions(options, RULES);
    const { rules = [], timezone, greeting, client, prompts } = options;
    checkRules(rules);
    if (timezone !== undefined) checkTimeZone(timezone);
    const inForce = new Map<number, AnsweringRule>();
    const taker = await MessageTaker.open({
      ...optionsOf<Taking>(options, TAKING_RULES),
      ...(prompts && { prompts }),
      greetings: [greeting, ...rules.map((rule) => rule.greeting)].filter((each) => each !== undefined),
      greetingFor: ({ id }) => inForce.get(id)?.greeting ?? greeting,
      account: await client.parameters.get('CURRENTUSERHANDLE'),
    });
    return new AnsweringMachine(options, taker, inForce);
  }

  /** Takes no more calls. Resolves when current calls have ended and are reported. */
  async close(): Promise<void> {
    this.#options.client.off('call', this.#onCall);
    this.#closing.abort();
    await this.#host.close();
    await this.#tasks.settled();
    await this.#taker.settled();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Answers a call if it still rings after the time of its rule. */
  async #offered(call: Call): Promise<void> {
    const { signal } = this.#closing;
    try {
      // The query takes no time on a virtual clock; ringing does.
      const rule = await during(this.#clock, this.#ruleFor(call));
      if (!rule || rule.answer === false) return;
      const rung = sleep(this.#clock, rule.afterMs ?? this.#options.afterMs ?? DEFAULT_AFTER_MS, { signal });
      await Promise.race([rung, call.ended({ signal })]);
      if (call.status !== 'RINGING') return;
      this.#rules.set(call.id, rule);
      await this.#host.run(this.#taker.bot, call);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** Finds the rule for a call; undefined when the call is not incoming. */
  async #ruleFor(call: Call): Promise<AnsweringRule | undefined> {
    const { rules = [], client, timezone } = this.#options;
    if (!(await call.text('TYPE')).startsWith('INCOMING')) return undefined;
    const caller = await call.text('PARTNER_HANDLE');
    const userStatus = await client.parameters.get('USERSTATUS');
    const at = new Date(this.#clock.unixMs());
    return matchingRule(rules, { caller, at, userStatus, timezone }) ?? {};
  }

  #failed(error: unknown): void {
    this.emit('failed', asError(error));
  }
}
