import type { RunningAnalysis } from '../analysis/running-analysis.js';
import { callback, checkArgument, checkOptions, object, words } from '../base/check.js';
import { asError, messageOf } from '../base/errors.js';
import type { Clock } from '../base/time/clock.js';
import { checkWait, deadlineIn, WAIT_RULES, type WaitOptions, waitFor } from '../base/wait.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import type { CommandOptions } from '../control/client/command-sender.js';
import type { Fork } from '../line/fork/fork.js';
import type { ForkOptions } from '../line/fork/fork-options.js';
import type { CallRecording } from '../recording/call-recording.js';
import { type RecordVoiceOptions, recordVoice } from '../recording/record-call.js';
import type { PcmChunk } from '../stream/sink.js';
import {
  DIGITS,
  DIGITS_RULES,
  HOLD_RULES,
  type HoldOptions,
  MESSAGE,
  type SendDigitsOptions,
  SIGNAL_RULES,
  TARGETS,
  TIME,
  TRANSFER_RULES,
  type TransferOptions,
  type TransferReport,
} from './bot-call-options.js';
import type { BotResult } from './bot-result.js';
import { type BotStep, inStep } from './bot-step.js';
import type { CallContext } from './call-context.js';
import {
  describeGathered,
  GATHER_RULES,
  type Gathered,
  type GatherOptions,
  gather,
} from './conversation/gather.js';
import { IN_FLIGHT_MS, whileOnHold } from './conversation/hold.js';
import { type Message, type RecordOptions, recordMessage } from './conversation/record-message.js';
import { checkSaying, type SayOptions, type SpeechReport, say } from './conversation/say.js';
import { sendDigits } from './conversation/send-digits.js';
import { forkCall } from './fork-call.js';
import { describeSpeakable, type Speakable } from './prompt/speakable.js';

/** The party at the other end of a call. */
export interface Partner {
  /** Skype name or phone number, as on the wire. */
  readonly handle: string;
  /** Shown name; empty when there is none. */
  readonly name: string;
}

/** Parts of a {@link BotCall}; its host puts them together. */
export interface BotCallParts {
  readonly call: CallControl;
  readonly voice: CallVoice;
  readonly context: Omit<CallContext, 'language'>;
  readonly partner: Partner;
  /** The recording of the call by its bot or its host. */
  readonly recording?: CallRecording | undefined;
  /** The analysis of the call, where its bot has it analysed. */
  readonly analysis?: RunningAnalysis | undefined;
  /** Told what the bot does, in words, for transcripts. */
  readonly trace: (text: string) => void;
  /** Told of each step that begins or ends. */
  readonly step?: ((step: BotStep) => void) | undefined;
  /** Places a call that ends with this one. */
  readonly dial: (target: string, options: WaitOptions) => Promise<BotCall>;
  /** Sends a message of a chat. */
  readonly sendMessage: (target: string, text: string, options: CommandOptions) => Promise<void>;
  /** Places a call that goes on when this one has ended. */
  readonly startCall: (
    target: string,
    script: (call: BotCall) => Promise<void>,
    options: WaitOptions,
  ) => Promise<BotResult>;
  /** Puts the call through to one of these. */
  readonly transfer: (
    call: BotCall,
    targets: readonly string[],
    options: TransferOptions,
  ) => Promise<TransferReport>;
}

/**
 * A call as a conversation. Whatever waits here rejects with ERR_CALL_ENDED once the call is over, so that a script
 * ends where it stands and its `finally` runs; with ERR_ABORTED when its signal fires.
 */
export class BotCall {
  /** The call as the endpoint tells it. */
  readonly call: CallControl;
  readonly partner: Partner;
  readonly clock: Clock;
  /** The call's streams, for what is not offered here. */
  readonly voice: CallVoice;
  /** The recording of the call, where its bot or host has it recorded: to be paused, marked, stopped. */
  readonly recording: CallRecording | undefined;
  /**
   * Analysis of the conversation so far, where its bot has it analysed (`bot(script, { analyse: true })`): figures,
   * events, and for how long there was silence.
   */
  readonly analysis: RunningAnalysis | undefined;
  /** Fires when the call is over; for whatever else the script waits for. */
  readonly signal: AbortSignal;
  /** Language of prompts, numbers and dates from now on: `de`. */
  language: string;
  readonly #context: CallContext;
  #unsaid: Error | undefined;
  readonly #parts: Pick<BotCallParts, 'dial' | 'startCall' | 'sendMessage' | 'transfer' | 'trace' | 'step'>;
  readonly #secrets = new Set<string>();

  /** @internal */
  constructor(parts: BotCallParts) {
    checkArgument('parts', parts, object);
    checkArgument('parts.context', parts.context, object);
    this.call = parts.call;
    this.partner = parts.partner;
    this.voice = parts.voice;
    this.recording = parts.recording;
    this.analysis = parts.analysis;
    this.clock = parts.context.clock;
    this.signal = parts.context.ended;
    this.language = parts.context.prompts.language;
    this.#context = {
      ...parts.context,
      language: () => this.language,
      unsaid: (error) => {
        this.#unsaid ??= asError(error);
      },
    };
    this.#parts = parts;
  }

  get id(): number {
    return this.call.id;
  }

  /** The first error for which something could not be said, though the call went on; undefined when all was. */
  get unsaid(): Error | undefined {
    return this.#unsaid;
  }

  /** Length of the voice heard so far, in milliseconds. */
  get heardMs(): number {
    return (this.voice.remote.received.position * 1000) / this.voice.remote.format.sampleRate;
  }

  /** True when there is a recorded prompt of this name, in the call's language or without one. */
  hasPrompt(name: string): boolean {
    return this.#context.prompts.has(name, this.language);
  }

  /**
   * Queues something to be said; resolves when it has left or was cut. Not awaited, the next goes on right after it.
   *
   * @throws ERR_INVALID_ARG, ERR_FILE and whatever else the prompt could not be made for; ERR_CALL_ENDED; ERR_ABORTED.
   */
  say(what: Speakable, options: SayOptions = {}): Promise<SpeechReport> {
    const speech = this.#say(what, options);
    // Who does not wait for a prompt does not have to handle the hang-up that ends it; the next wait tells.
    speech.catch((error: unknown) => {
      if (!this.signal.aborted && !options.signal?.aborted)
        this.#trace(`could not say all: ${messageOf(error)}`);
    });
    return speech;
  }

  /** Forgets what is queued and stops what is being said: silence within 100 ms at the far end. */
  async clear(): Promise<void> {
    await this.#context.player.clear();
  }

  /** Resolves when all that is queued now was said or cleared; to how long the call had been spoken to, in milliseconds. */
  async mark(options: WaitOptions = {}): Promise<number> {
    checkWait(options);
    const { player } = this.#context;
    const position = await waitFor<number | undefined>({
      what: 'the end of what is queued',
      ended: this.signal,
      signal: options.signal,
      deadline: deadlineIn(this.clock, options.timeoutMs, () => undefined),
      begin: (resolve, reject) => void player.mark().then(resolve, reject),
    });
    return ((position ?? player.position) * 1000) / this.voice.remote.format.sampleRate;
  }

  /**
   * Collects an answer: digits, from notifications and from tones in the voice, of which one press counts once; or what
   * is said, where the bot has a transcriber.
   *
   * @throws as {@link say}; what the transcriber throws.
   */
  async gather(options: GatherOptions = {}): Promise<Gathered> {
    checkOptions(options, GATHER_RULES);
    this.#trace(options.prompt === undefined ? 'gathers' : `asks ${describeSpeakable(options.prompt)}`);
    const gathered = await inStep(this.#parts.step, 'gather', () => gather(this.#context, options));
    if (options.secret)
      for (const each of [gathered.digits, gathered.speech?.text ?? '']) this.keepSecret(each);
    this.#trace(`gathered ${describeGathered(gathered, options.secret)}`);
    return gathered;
  }

  /** Forgets the digits that were typed ahead; returns them. */
  clearDigits(): string {
    const digits = this.#context.digits.clear();
    if (digits !== '') this.#trace('forgets what was typed ahead');
    return digits;
  }

  /** Records a message. @throws as {@link say}; ERR_FILE. */
  async record(options: RecordOptions = {}): Promise<Message> {
    this.#trace('records');
    const message = await inStep(this.#parts.step, 'message', () => recordMessage(this.#context, options));
    this.#trace(`recorded ${message.durationMs} ms (${message.ended})`);
    return message;
  }

  /**
   * Records the call from now on: what is said and what is heard, beside each other. It ends with the call, or by its
   * `stop()`. To have all of the call recorded, give the bot `record`.
   *
   * @throws ERR_FILE, ERR_INVALID_ARG; ERR_INVALID_STATE when the streams are over.
   */
  async recordBoth(options: RecordVoiceOptions): Promise<CallRecording> {
    checkArgument('options', options, object);
    this.#trace('records the call');
    return await recordVoice(this.voice, { clock: this.clock, ...options });
  }

  /**
   * Sends the call's voices and digits to a media server or an analysis, until it ends or the fork is closed. The call is
   * never held back.
   *
   * @throws ERR_INVALID_ARG; what fails later is told by the fork.
   */
  async fork(url: string, options: ForkOptions = {}): Promise<Fork> {
    checkArgument('url', url, words);
    checkArgument('options', options, object);
    this.#trace('is forked');
    return await forkCall(this, url, options);
  }

  /** Yields the caller's voice from now on, until the call ends. A slow reader loses the oldest samples. */
  listen(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<PcmChunk> {
    checkOptions(options, SIGNAL_RULES);
    return this.voice.remote.frames({ policy: 'drop-oldest', name: 'listen', ...options });
  }

  /** Lets time pass, on the call's clock. @throws ERR_CALL_ENDED, ERR_ABORTED. */
  async pause(ms: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkArgument('ms', ms, TIME);
    checkOptions(options, SIGNAL_RULES);
    await waitFor<void>({
      what: `${ms} ms to pass`,
      ended: this.signal,
      signal: options.signal,
      begin: (resolve) => this.clock.timerAt(this.clock.now() + ms, () => resolve()),
    });
  }

  /** Calls `listener` for each key, typed ahead or to come, and leaves it to be gathered; returns what stops that. */
  onKey(listener: (key: string) => void): () => void {
    checkArgument('listener', listener, callback);
    for (const key of this.#context.digits.typedAhead) listener(key);
    return this.#context.digits.watch(listener);
  }

  /** Sends digits (0-9, `*`, `#`) to the other party. @throws ERR_INVALID_ARG, ERR_API, ERR_CALL_ENDED, ERR_ABORTED. */
  async sendDigits(digits: string, options: SendDigitsOptions = {}): Promise<void> {
    checkArgument('digits', digits, DIGITS);
    checkOptions(options, DIGITS_RULES);
    await sendDigits(this, digits, options);
  }

  /**
   * Puts the caller through to the first of these who answers: holds the call, calls them, and bridges. Resolves when
   * they have talked, and one of them has hung up; where that is not the caller, the call goes on here. With `blind` the
   * endpoint does it: resolves when a target has taken the call.
   *
   * @throws ERR_NOT_TRANSFERRED (a {@link TransferFailedError}, which says why for each target) when nobody takes it, and
   * ERR_TIMEOUT (one as well) when nobody answers in time: the call goes on here, in progress. ERR_CALL_ENDED when the
   * caller hangs up before somebody has answered; ERR_API when the endpoint cannot; ERR_ABORTED.
   */
  async transfer(target: string | readonly string[], options: TransferOptions = {}): Promise<TransferReport> {
    checkArgument('target', target, TARGETS);
    checkOptions(options, TRANSFER_RULES);
    const targets = typeof target === 'string' ? [target] : target;
    this.signal.throwIfAborted();
    this.#trace(`transfers to ${targets.join(', ')}`);
    if (options.blind) await this.pause(IN_FLIGHT_MS);
    return await this.ignoringKeys(() => this.#parts.transfer(this, targets, options));
  }

  /**
   * Does `work`. Keys that are pressed meanwhile, and that `work` does not gather itself, answer nothing that is asked
   * afterwards. Type-ahead from before is kept. Done by {@link hold}, {@link transfer}, `Room.join` and `bridge`.
   */
  async ignoringKeys<T>(work: () => T | Promise<T>): Promise<T> {
    checkArgument('work', work, callback);
    const forget = this.#context.digits.mark();
    try {
      return await work();
    } finally {
      forget();
    }
  }

  /**
   * Keeps the caller waiting while `work` is done, and returns its result. With music the call stays connected. Keys
   * that the caller presses meanwhile are forgotten.
   *
   * @throws what `work` throws; ERR_TIMEOUT when that takes longer than `timeoutMs`; ERR_CALL_ENDED when the caller does
   * not wait that long, ERR_ABORTED.
   */
  async hold<T>(work: () => T | Promise<T>, options: HoldOptions = {}): Promise<T> {
    checkArgument('work', work, callback);
    checkOptions(options, HOLD_RULES);
    return await this.ignoringKeys(() => whileOnHold(this, work, options));
  }

  /**
   * Calls somebody else, to talk to or to be put through to. That call is hung up when this script ends.
   *
   * @param options.timeoutMs how long it may ring; default 30,000.
   * @throws ERR_CALL_ENDED when they do not answer, and when the caller has gone; ERR_TIMEOUT, ERR_API, ERR_ABORTED.
   */
  async dial(target: string, options: WaitOptions = {}): Promise<BotCall> {
    checkArgument('target', target, words);
    checkWait(options);
    this.#trace(`calls ${target}`);
    return await this.#parts.dial(target, options);
  }

  /**
   * Calls somebody with a script of its own, as the same bot: that call goes on when this one has ended. Resolves when
   * it is over, `unanswered` where nobody took it.
   *
   * @param options.timeoutMs how long it may ring; default 30,000.
   * @throws ERR_API when the call cannot be placed; ERR_CLOSED when the host takes no more calls; ERR_ABORTED.
   */
  async startCall(
    target: string,
    script: (call: BotCall) => Promise<void>,
    options: WaitOptions = {},
  ): Promise<BotResult> {
    checkArgument('target', target, words);
    checkArgument('script', script, callback);
    checkWait(options);
    return await this.#parts.startCall(target, script, options);
  }

  /**
   * Sends somebody a message of a chat; resolves when it is SENT. It goes out also when the call ends meanwhile.
   *
   * @throws ERR_CHAT_REFUSED (a `ChatRefusedError`, with the reason) when it cannot be sent; ERR_TIMEOUT, ERR_ABORTED.
   */
  async sendMessage(target: string, text: string, options: CommandOptions = {}): Promise<void> {
    checkArgument('target', target, words);
    checkArgument('text', text, MESSAGE);
    checkOptions(options, WAIT_RULES);
    this.#trace(`sends a message to ${target}`);
    await this.#parts.sendMessage(target, text, options);
  }

  /** Keeps a text out of transcripts from now on, wherever it is in what the bot does: a PIN, as `****`. */
  keepSecret(text: string): void {
    checkArgument('text', text, words);
    if (text !== '') this.#secrets.add(text);
  }

  /**
   * Hangs up when what has left was heard. The script goes on to its end; whatever it waits for then throws.
   * @throws ERR_CALL_ENDED when the other party was first.
   */
  async hangUp(): Promise<void> {
    // The end of the call does not cut the last word that has left.
    await this.pause(IN_FLIGHT_MS);
    this.#trace('hangs up');
    await this.call.hangUp();
  }

  #trace(text: string): void {
    let told = text;
    for (const secret of this.#secrets) told = told.replaceAll(secret, '*'.repeat(secret.length));
    this.#parts.trace(told);
  }

  async #say(what: Speakable, options: SayOptions): Promise<SpeechReport> {
    checkSaying(what, options);
    this.#trace(`says ${describeSpeakable(what)}`);
    const report = await inStep(this.#parts.step, 'prompt', () => say(this.#context, what, options));
    const { outcome, playedMs, cut } = report;
    if (outcome !== 'played')
      this.#trace(`is ${outcome}${cut ? ` by a ${cut.by}` : ''} after ${playedMs} ms`);
    return report;
  }
}
