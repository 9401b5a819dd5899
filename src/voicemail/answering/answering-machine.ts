import {
  checkOptions,
  given,
  line,
  listOf,
  needed,
  object,
  optionsOf,
  type Rules,
  within,
  words,
} from '../../base/check.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/clock.js';
import { during } from '../../base/during.js';
import { asError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/fenced-emitter.js';
import { checkTimeZone } from '../../base/local-time.js';
import type { Bot } from '../../bot/bot.js';
import type { BotCall } from '../../bot/bot-call.js';
import { BotHost } from '../../bot/bot-host.js';
import { Prompts } from '../../bot/prompt/prompts.js';
import type { Speakable } from '../../bot/prompt/speakable.js';
import type { Client } from '../../control/client/client.js';
import { CLIENT } from '../../control/client/command-sender.js';
import type { Call } from '../../control/state/call.js';
import { SERVER } from '../../tcp/lease.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { requireProgram } from '../../voice/process/require-program.js';
import { runTool } from '../../voice/process/run-tool.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { ArchivedMessage } from '../archive/archived-message.js';
import { isSealed } from '../archive/message-files.js';
import { ANSWERING_RULES, type AnsweringBotOptions, answeringBot } from './answering-bot.js';
import { type AnsweringRule, checkRules, matchingRule } from './answering-rule.js';
import { type VoicemailNotice, voicemailNotice } from './voicemail-notice.js';

/** A command that is told of each message: the notice as JSON on its standard input. Never a shell line. */
export interface NoticeHook {
  readonly command: string;
  readonly args?: readonly string[];
}

/** Options of {@link AnsweringMachine.start}. */
export interface AnsweringMachineOptions
  extends Omit<AnsweringBotOptions, 'account' | 'greetingFor' | 'onMessage'> {
  readonly client: Client;
  readonly server: PcmServer;
  /** The library that greetings and prompts are named from. Default: tones and files. */
  readonly prompts?: Prompts;
  /** Rings this long, in milliseconds, before it is answered: 0 to 120,000. Default 20,000. */
  readonly afterMs?: number;
  /** Default: three rising tones. */
  readonly greeting?: Speakable;
  /** Exceptions, in order. Default: none, every call is answered. */
  readonly rules?: readonly AnsweringRule[];
  /** The zone that the hours of rules are of, such as `Europe/Berlin`. Default: the machine's. */
  readonly timezone?: string | undefined;
  /** Turns each message into text before it is told of. Default: none. */
  readonly transcriber?: Transcriber;
  /** Language of the messages, for the transcriber. */
  readonly language?: string;
  readonly hook?: NoticeHook;
  readonly clock?: Clock;
}

const RULES: Rules<AnsweringMachineOptions> = {
  ...ANSWERING_RULES,
  client: needed(CLIENT),
  server: needed(SERVER),
  prompts: given,
  afterMs: within(0, 120_000, 'ms'),
  greeting: given,
  rules: listOf(object),
  timezone: words,
  transcriber: object,
  language: line(1, 100),
  hook: object,
  clock: CLOCK,
};

/** Events of an {@link AnsweringMachine}. */
export interface AnsweringMachineEvents extends FencedEvents {
  /** A message was kept. Comes after its transcript. */
  message: [notice: VoicemailNotice];
  /** A transcript or a hook failed, or a call was cut short; the message, where there is one, is kept. */
  failed: [error: Error];
}

const DEFAULT_AFTER_MS = 20_000;

/** Picks up what nobody else does, and keeps what callers say. */
export class AnsweringMachine extends FencedEmitter<AnsweringMachineEvents> implements AsyncDisposable {
  readonly #options: AnsweringMachineOptions;
  readonly #clock: Clock;
  readonly #host: BotHost;
  readonly #bot: Bot;
  readonly #rules = new Map<number, AnsweringRule>();
  readonly #busy = new Set<Promise<void>>();
  readonly #onCall = (call: Call) => this.#track(this.#offered(call));
  readonly #closing = new AbortController();

  private constructor(options: AnsweringMachineOptions, account: string, prompts: Prompts) {
    super();
    const { client, server, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#host = new BotHost({ client, server, clock, prompts });
    this.#host.on('result', ({ callId, error }) => {
      this.#rules.delete(callId);
      if (error) this.emit('failed', error);
    });
    this.#bot = answeringBot({
      ...optionsOf(options, ANSWERING_RULES),
      account,
      greetingFor: (call) => this.#greetingFor(call),
      onMessage: (message, samples) => this.#track(this.#tell(message, samples)),
    });
    client.on('call', this.#onCall);
  }

  /**
   * Begins to take calls. All that is to be said is loaded first: a caller must not be the one who finds a greeting
   * missing.
   *
   * @throws ERR_INVALID_ARG; ERR_FILE, ERR_WAV for a greeting that cannot be played; ERR_TOOL for a hook or a
   * transcriber that is not there; ERR_API, ERR_CLOSED when the endpoint does not say whose it is.
   */
  static async start(options: AnsweringMachineOptions): Promise<AnsweringMachine> {
    checkOptions(options, RULES);
    const { rules = [], timezone, greeting, reviewPrompt, goodbye } = options;
    const { client, transcriber, hook, prompts = await Prompts.open() } = options;
    checkRules(rules);
    if (timezone !== undefined) checkTimeZone(timezone);
    const said = [greeting, reviewPrompt, goodbye, ...rules.map((rule) => rule.greeting)];
    await prompts.preload(said.filter((speakable) => speakable !== undefined));
    await transcriber?.ready?.();
    if (hook) await requireProgram(hook.command);
    return new AnsweringMachine(options, await client.parameters.get('CURRENTUSERHANDLE'), prompts);
  }

  /** Takes no more calls; resolves when those under way are over and told of. */
  async close(): Promise<void> {
    this.#options.client.off('call', this.#onCall);
    this.#closing.abort();
    await this.#host.close();
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Lets a call ring as long as its rule says; when it still rings then, answers it. */
  async #offered(call: Call): Promise<void> {
    const { signal } = this.#closing;
    try {
      // Asking takes no time of a virtual clock; ringing does.
      const rule = await during(this.#clock, this.#ruleFor(call));
      if (!rule || rule.answer === false) return;
      const rung = sleep(this.#clock, rule.afterMs ?? this.#options.afterMs ?? DEFAULT_AFTER_MS, { signal });
      await Promise.race([rung, call.ended({ signal })]);
      if (call.status !== 'RINGING') return;
      this.#rules.set(call.id, rule);
      await this.#host.run(this.#bot, call);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** Finds the rule for a call; undefined when the call is not an incoming one. */
  async #ruleFor(call: Call): Promise<AnsweringRule | undefined> {
    const { rules = [], client, timezone } = this.#options;
    if (!(await call.text('TYPE')).startsWith('INCOMING')) return undefined;
    const caller = await call.text('PARTNER_HANDLE');
    const userStatus = await client.parameters.get('USERSTATUS');
    const at = new Date(this.#clock.unixMs());
    return matchingRule(rules, { caller, at, userStatus, timezone }) ?? {};
  }

  #greetingFor({ id }: BotCall): Speakable | undefined {
    return this.#rules.get(id)?.greeting ?? this.#options.greeting;
  }

  async #tell(message: ArchivedMessage, samples: Int16Array): Promise<void> {
    const { archive, transcriber, language, hook } = this.#options;
    const file = archive.audioFile(message) ?? '';
    try {
      if (transcriber) {
        const clear = message.audio !== undefined && !isSealed(message.audio);
        const request = { ...(clear && { file }), ...(language !== undefined && { language }) };
        const { text } = await transcriber.transcribe({ ...request, samples: once(samples) });
        await archive.setTranscript(message.key, text);
      }
    } catch (error) {
      this.#failed(error);
    }
    const notice = voicemailNotice(archive.catalogue.message(message.key), file);
    try {
      if (hook) await runTool({ tool: hook.command, args: hook.args ?? [], input: JSON.stringify(notice) });
    } catch (error) {
      this.#failed(error);
    }
    this.emit('message', notice);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#busy.delete(tracked));
    this.#busy.add(tracked);
  }

  #failed(error: unknown): void {
    this.emit('failed', asError(error));
  }
}

async function* once(samples: Int16Array): AsyncGenerator<Int16Array, void, void> {
  yield samples;
}
