import {
  callback,
  checkArgument,
  checkOptions,
  either,
  having,
  needed,
  type Rules,
  whole,
  words,
} from '../base/check.js';
import { CLOCK, type Clock, systemClock } from '../base/clock.js';
import { during } from '../base/during.js';
import { asError, JackfieldError, messageOf } from '../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../base/fenced-emitter.js';
import { observe } from '../base/observe.js';
import { deadlineIn, WAIT_RULES, type WaitOptions, waitFor } from '../base/wait.js';
import { JOINER, type VoiceJoiner } from '../call/join-voice.js';
import type { Client } from '../control/client/client.js';
import { CLIENT, type CommandOptions } from '../control/client/command-sender.js';
import { type Call, LIVE_CALL } from '../control/state/call.js';
import { CallEndedError } from '../control/state/call-ended-error.js';
import type { CallState } from '../control/state/call-life.js';
import { commands } from '../protocol/commands.js';
import type { CallRecording } from '../recording/call-recording.js';
import { SERVER } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { BOT, type Bot } from './bot.js';
import type { BotCall } from './bot-call.js';
import type { BotOutcome, BotResult } from './bot-result.js';
import type { BotStep } from './bot-step.js';
import { CallLimit, DialledCalls, endCall, hangUp } from './call-limit.js';
import type { CallTape, CallTaper } from './call-taper.js';
import { openBotCall } from './open-bot-call.js';
import { Prompts } from './prompt/prompts.js';
import type { Speakable } from './prompt/speakable.js';
import { runScript, type ScriptEnding } from './run-script.js';

export interface BotHostOptions {
  /** The endpoint whose calls the bots take. */
  readonly client: Client;
  /** Leases the ports for the calls' voice. */
  readonly server: PcmServer;
  /** Prompts of the bots. Default: tones and files, without a library. */
  readonly prompts?: Prompts;
  /** Records the calls of every bot that does not say itself how it is recorded: a `Recorder`. Default: nothing. */
  readonly record?: CallTaper;
  /** Joins the voice of a call that another program has redirected. Default: such a call is not taken. */
  readonly join?: VoiceJoiner;
  /** Times every wait; that of the exchange where calls run faster than real time. Default: the machine's. */
  readonly clock?: Clock;
}

export interface AttendOptions {
  /** Calls at once; more are refused. 1 to 10,000. Default 1000. */
  readonly maxCalls?: number;
  /** Resolves to true when the bot takes this call. Default: it takes all. */
  readonly accept?: (call: Call) => boolean | Promise<boolean>;
}

export interface BotDialOptions extends WaitOptions {
  /** Told of the call as soon as it is placed, before anybody answers. Default: nobody is. */
  readonly onPlaced?: ((call: Call) => void) | undefined;
}

export interface BotHostEvents extends FencedEvents {
  /** A bot has a call in progress. */
  talking: [call: BotCall, bot: Bot];
  /** One action of a bot, in words, for transcripts and logs. It includes the text that was said. */
  trace: [call: Call, text: string];
  /** Something that a bot says, asks or records as a message begins, or ends. */
  step: [call: Call, step: BotStep];
  /** A bot has finished with a call. */
  result: [result: BotResult];
  /** A call that was to be recorded cannot be; the bot takes it all the same. */
  unrecorded: [call: Call, error: Error];
  /** A call was refused, for there were `maxCalls`. */
  refused: [call: Call];
}

const RULES: Rules<BotHostOptions> = {
  client: needed(CLIENT),
  server: needed(SERVER),
  prompts: either(having('samples', 'preload'), having('then')),
  record: having('listen'),
  join: JOINER,
  clock: CLOCK,
};

const ATTEND_RULES: Rules<AttendOptions> = { maxCalls: whole(1, 10_000, 'calls'), accept: callback };

const DIAL_RULES: Rules<BotDialOptions> = { ...WAIT_RULES, onPlaced: callback };

const RING_TIMEOUT_MS = 30_000;

/** Runs bots: takes calls, places calls, and keeps what goes wrong in one call away from all others. */
export class BotHost extends FencedEmitter<BotHostEvents> implements AsyncDisposable {
  readonly #client: Client;
  readonly #server: PcmServer;
  readonly #prompts: Prompts | Promise<Prompts>;
  readonly #record: CallTaper | undefined;
  readonly #join: VoiceJoiner | undefined;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<unknown>>();
  readonly #calls = new Set<Call>();
  /** Calls that it has placed itself. */
  readonly #placed = new WeakSet<Call>();
  readonly #placing = new Set<Promise<unknown>>();
  readonly #ready = new WeakMap<readonly Speakable[], Promise<void>>();
  #unattend: (() => void) | undefined;
  #closed = false;

  /** @throws ERR_INVALID_ARG. */
  constructor(options: BotHostOptions) {
    super();
    checkOptions(options, RULES);
    this.#client = options.client;
    this.#server = options.server;
    this.#prompts = options.prompts ?? Prompts.open();
    // Told to whoever needs them.
    Promise.resolve(this.#prompts).catch(() => undefined);
    this.#record = options.record;
    this.#join = options.join;
    this.#clock = options.clock ?? systemClock;
  }

  /** Calls that bots are busy with. */
  get activeCalls(): number {
    return this.#calls.size;
  }

  /**
   * Sees to it that all that `bot` is known to say can be said, and what its `prepare` does, so that no call is the
   * first to miss it. Once for each bot.
   *
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_WAV, ERR_TOOL for what is missing or cannot be read, all of it at once; what
   *   `prepare` of the bot rejects with (ERR_FILE for a folder that a flow records to and that cannot be made).
   */
  async prepare(bot: Bot): Promise<void> {
    checkArgument('bot', bot, BOT);
    const ready = this.#ready.get(bot.says) ?? this.#prepare(bot);
    this.#ready.set(bot.says, ready);
    await during(this.#clock, ready);
  }

  /**
   * Has `bot` answer the calls that come in from now on, instead of the one that did before. Resolves when it is
   * {@link prepare}d; calls that come sooner wait for that. Where it cannot be, no call is taken.
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
   * Has `bot` talk on a call that is there; resolves when it is through, at the latest when the call has lasted for the
   * bot's `maxCallMs`. Never rejects.
   */
  async run(bot: Bot, call: Call): Promise<BotResult> {
    checkArgument('bot', bot, BOT);
    checkArgument('call', call, LIVE_CALL);
    this.#assertOpen();
    return await this.#track(this.#run(bot, call));
  }

  /**
   * Calls `target` and has `bot` talk to whoever answers.
   *
   * @param options.timeoutMs how long it may ring; default 30,000.
   * @throws ERR_API when the call cannot be placed; as {@link prepare}.
   */
  async call(bot: Bot, target: string, options: BotDialOptions = {}): Promise<BotResult> {
    checkArgument('target', target, words);
    checkOptions(options, DIAL_RULES);
    this.#assertOpen();
    await this.prepare(bot);
    const call = await this.#place(target, options.signal);
    observe('onPlaced', options.onPlaced, call);
    return await this.#track(this.#run(bot, call, options));
  }

  /**
   * Resolves to true for a call that this host has placed, which is its to redirect. A call is heard of before whoever
   * places it is told which one it is, so calls that are being placed are waited for.
   */
  async hasPlaced(call: Call): Promise<boolean> {
    checkArgument('call', call, LIVE_CALL);
    await Promise.allSettled(this.#placing);
    return this.#placed.has(call);
  }

  /** Takes no more calls, lets those that are under way go on to their end, then resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unattend?.();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Hangs up all calls, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#calls].map((call) => call.hangUp()));
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
    if (!type.startsWith('INCOMING') || call.over || !(await this.#accepts(call, accept))) return;
    if (this.#calls.size >= maxCalls) {
      this.emit('refused', call);
      await call.refuse().catch(() => undefined);
      return;
    }
    this.#track(this.#run(bot, call));
  }

  /** A program that cannot say is told; the call is not taken. */
  async #accepts(call: Call, accept: NonNullable<AttendOptions['accept']>): Promise<boolean> {
    try {
      return await accept(call);
    } catch (error) {
      this.failed('accept', error);
      return false;
    }
  }

  async #run(bot: Bot, call: Call, ringing: WaitOptions = {}): Promise<BotResult> {
    this.#calls.add(call);
    const dialled = new DialledCalls();
    using limit = new CallLimit(call, bot.maxCallMs, this.#clock);
    let outcome: BotOutcome = 'unanswered';
    let error: Error | undefined;
    let recording: CallRecording | undefined;
    let unsaid: Error | undefined;
    try {
      const conversation = await this.#open(bot, call, ringing, dialled, limit.cut);
      recording = conversation.recording;
      outcome = 'hung-up';
      this.emit('talking', conversation, bot);
      const script = runScript(bot, conversation, this.#clock);
      ({ outcome, error, unsaid } = await Promise.race<ScriptEnding>([script, limit.passed]));
    } catch (failure) {
      if (!call.over) error = asError(failure);
    } finally {
      this.#calls.delete(call);
      // A call that somebody else has is not this bot's to end.
      const own = isTaken(error) ? [] : [endCall(call, this.#clock)];
      await Promise.all([...own, dialled.end(this.#clock)]);
    }
    const recorded = recording && (await during(this.#clock, recording.finished).catch(() => undefined));
    const result: BotResult = {
      ...{ bot: bot.name, callId: call.id, outcome, status: call.status },
      ...(error && { error }),
      ...(unsaid && { unsaid }),
      ...(recorded && { recording: recorded }),
    };
    this.emit('result', result);
    return result;
  }

  /** Brings a call in progress, with its voice redirected before its first sample. */
  async #open(
    bot: Bot,
    call: Call,
    ringing: WaitOptions,
    dialled: DialledCalls,
    cut: AbortSignal,
  ): Promise<BotCall> {
    const prompts = await this.#prompts;
    const opening = this.#tape(bot, call).then((tape) =>
      openBotCall(call, {
        ...{ prompts, bot, server: this.#server, clock: this.#clock, tape, join: this.#join },
        trace: (text) => this.emit('trace', call, text),
        step: (step) => this.emit('step', call, step),
        dial: (target, options) => this.#dial(bot, target, options, dialled, cut),
        sendMessage: (target, text, options) => this.#sendMessage(target, text, options),
        startCall: (target, script, options) => this.call({ ...bot, script }, target, options),
        cut,
      }),
    );
    const conversation = await during(this.#clock, opening);
    if (call.properties.get('TYPE')?.startsWith('INCOMING') && call.state?.phase === 'placing') {
      await during(this.#clock, call.answer());
    }
    await this.#answered(call, ringing, cut);
    return conversation;
  }

  /** A call that cannot be recorded is taken all the same, and its transcript says so. */
  async #tape(bot: Bot, call: Call): Promise<CallTape | undefined> {
    try {
      return await (bot.record ?? this.#record)?.listen(call, this.#clock);
    } catch (error) {
      this.emit('trace', call, `is not recorded: ${messageOf(error)}`);
      this.emit('unrecorded', call, asError(error));
      return undefined;
    }
  }

  async #dial(
    bot: Bot,
    target: string,
    options: WaitOptions,
    dialled: DialledCalls,
    cut: AbortSignal,
  ): Promise<BotCall> {
    const call = await this.#place(target, options.signal);
    // Before it is answered, so that it does not go on ringing when the script has ended.
    dialled.add(call);
    try {
      return await this.#open(bot, call, options, dialled, cut);
    } catch (error) {
      await hangUp(call);
      throw error;
    }
  }

  async #answered(
    call: Call,
    { timeoutMs = RING_TIMEOUT_MS, signal }: WaitOptions,
    cut: AbortSignal,
  ): Promise<void> {
    const stop = new AbortController();
    await waitFor<void>({
      what: `an answer to call ${call.id}`,
      ended: cut,
      signal,
      deadline: deadlineIn(this.#clock, timeoutMs, () => {
        throw new JackfieldError('ERR_TIMEOUT', `Call ${call.id} was not answered in ${timeoutMs} ms.`);
      }),
      begin(resolve, reject) {
        // A machine that takes a message is nobody to talk to.
        const onState = ({ phase, status }: CallState) => {
          if (phase === 'voicemail') reject(new CallEndedError(call.id, status, 'answered', undefined));
        };
        call.on('state', onState);
        call.reached('INPROGRESS', { signal: stop.signal }).then(() => resolve(), reject);
        return () => {
          call.off('state', onState);
          stop.abort();
        };
      },
    });
  }

  /** A call that is placed when nobody wants it any more does not go on ringing. */
  async #sendMessage(target: string, text: string, options: CommandOptions): Promise<void> {
    await this.#client.command(commands.message(target, text), options);
  }

  async #place(target: string, signal: AbortSignal | undefined): Promise<Call> {
    const placing = this.#client.call(target).then((call) => {
      this.#placed.add(call);
      return call;
    });
    this.#placing.add(placing);
    const placed = () => this.#placing.delete(placing);
    placing.then(placed, placed);
    try {
      return await waitFor<Call>({
        what: `a call to ${target}`,
        signal,
        begin: (resolve, reject) => void placing.then(resolve, reject),
      });
    } catch (error) {
      placing.then(hangUp, () => undefined);
      throw error;
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const settled = () => this.#running.delete(work);
    this.#running.add(work);
    work.then(settled, settled);
    return work;
  }

  #assertOpen(): void {
    if (this.#closed) throw new JackfieldError('ERR_CLOSED', 'This host is closed: make another.');
  }
}

function isTaken(error: Error | undefined): boolean {
  return error instanceof JackfieldError && error.code === 'ERR_TAKEN';
}
