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
  SENT_TEXT,
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
import { MaskedTrace } from './masked-trace.js';
import { describeSpeakable, type Speakable } from './prompt/speakable.js';

/** The party at the other end of a call. */
export interface Partner {
  /** Skype name or phone number, as on the wire. */
  readonly handle: string;
  /** Shown name; empty when there is none. */
  readonly name: string;
}

/** Parts of a {@link BotCall}, assembled by its host. */
export interface BotCallParts {
  readonly call: CallControl;
  readonly voice: CallVoice;
  readonly context: Omit<CallContext, 'language'>;
  readonly partner: Partner;
  /** The recording of the call by its bot or its host. */
  readonly recording?: CallRecording | undefined;
  /** The analysis of the call, when its bot asks for it. */
  readonly analysis?: RunningAnalysis | undefined;
  /** Called with each action of the bot, in words, for transcripts. */
  readonly trace: (text: string) => void;
  /** Called when a step begins or ends. */
  readonly step?: ((step: BotStep) => void) | undefined;
  /** Places a call that ends with this one. */
  readonly dial: (target: string, options: WaitOptions) => Promise<BotCall>;
  /** Sends a chat message. */
  readonly sendMessage: (target: string, text: string, options: CommandOptions) => Promise<void>;
  /** Places a call that can outlast this one. */
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
 * A call as a conversation. Every wait rejects with ERR_CALL_ENDED once the call is over, so that a script ends there
 * and its `finally` runs. A wait rejects with ERR_ABORTED when its own signal fires.
 */
export class BotCall {
  /** The call as the endpoint reports it. */
  readonly call: CallControl;
  readonly partner: Partner;
  readonly clock: Clock;
  /** The call's streams, for uses that this class does not cover. */
  readonly voice: CallVoice;
  /** The recording of the call, where its bot or host records it. It can be paused, marked and stopped. */
  readonly recording: CallRecording | undefined;
  /**
   * Analysis of the conversation so far, where the bot asks for it (`bot(script, { analyse: true })`): figures, events,
   * and for how long there was silence.
   */
  readonly analysis: RunningAnalysis | undefined;
  /** Fires when the call is over. For other waits of the script. */
  readonly signal: AbortSignal;
  /** Language of prompts, numbers and dates from now on: `de`. */
  language: string;
  readonly #context: CallContext;
  #unsaid: Error | undefined;
  readonly #parts: Pick<BotCallParts, 'dial' | 'startCall' | 'sendMessage' | 'transfer' | 'step'>;
  readonly #trace: MaskedTrace;

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
    this.#trace = new MaskedTrace(parts.trace);
  }

  get id(): number {
    return this.call.id;
  }

  /** First error that kept a prompt from being said while the call went on; undefined when there was none. */
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
   * Queues a prompt; resolves when it was sent or cut. Without `await`, the next prompt follows without a gap.
   *
   * @throws ERR_INVALID_ARG, ERR_FILE and other errors of making the prompt; ERR_CALL_ENDED; ERR_ABORTED.
   */
  say(what: Speakable, options: SayOptions = {}): Promise<SpeechReport> {
    const speech = this.#say(what, options);
    // A script that does not wait for a prompt need not handle a hang-up during it: its next wait rejects.
    speech.catch((error: unknown) => {
      if (!this.signal.aborted && !options.signal?.aborted)
        this.#trace.tell(`stopped speaking early: ${messageOf(error)}`);
    });
    return speech;
  }

  /** Drops the queued prompts and stops the present one. The other party hears silence within 100 ms. */
  async clear(): Promise<void> {
    await this.#context.player.clear();
  }

  /** Resolves when everything queued now was said or cleared, to the player's position then, in milliseconds. */
  async mark(options: WaitOptions = {}): Promise<number> {
    checkWait(options);
    const { player } = this.#context;
    const position = await waitFor<number | undefined>({
      what: 'the end of the queued prompts',
      ended: this.signal,
      signal: options.signal,
      deadline: deadlineIn(this.clock, options.timeoutMs, () => undefined),
      begin: (resolve, reject) => void player.mark().then(resolve, reject),
    });
    return ((position ?? player.position) * 1000) / this.voice.remote.format.sampleRate;
  }

  /**
   * Collects an answer: digits, or speech where the bot has a transcriber. Digits come from notifications and from
   * tones in the voice; a key press that comes both ways counts once.
   *
   * @throws as {@link say}; errors of the transcriber.
   */
  async gather(options: GatherOptions = {}): Promise<Gathered> {
    checkOptions(options, GATHER_RULES);
    this.#trace.tell(options.prompt === undefined ? 'gathers' : `asks ${describeSpeakable(options.prompt)}`);
    const gathered = await inStep(this.#parts.step, 'gather', () => gather(this.#context, options));
    if (options.secret)
      for (const each of [gathered.digits, gathered.speech?.text ?? '']) this.keepSecret(each);
    this.#trace.tell(`gathered ${describeGathered(gathered, options.secret)}`);
    return gathered;
  }

  /** Forgets the digits that were typed ahead; returns them. */
  clearDigits(): string {
    const digits = this.#context.digits.clear();
    if (digits !== '') this.#trace.tell('discards keys typed ahead');
    return digits;
  }

  /** Records a message. @throws as {@link say}; ERR_FILE. */
  async record(options: RecordOptions = {}): Promise<Message> {
    this.#trace.tell('records');
    const message = await inStep(this.#parts.step, 'message', () => recordMessage(this.#context, options));
    this.#trace.tell(`recorded ${message.durationMs} ms (${message.ended})`);
    return message;
  }

  /**
   * Records both sides of the call from now on, beside each other. It ends with the call, or by its `stop()`. To record
   * the whole call, give the bot the option `record`.
   *
   * @throws ERR_FILE, ERR_INVALID_ARG; ERR_INVALID_STATE when the streams are over.
   */
  async recordBoth(options: RecordVoiceOptions): Promise<CallRecording> {
    checkArgument('options', options, object);
    this.#trace.tell('records the call');
    return await recordVoice(this.voice, { clock: this.clock, ...options });
  }

  /**
   * Sends the call's voices and digits to a media server or an analysis, until the call ends or the fork is closed. It
   * never delays the call.
   *
   * @throws ERR_INVALID_ARG. Later failures are reported by the fork.
   */
  async fork(url: string, options: ForkOptions = {}): Promise<Fork> {
    checkArgument('url', url, words);
    checkArgument('options', options, object);
    this.#trace.tell('is forked');
    return await forkCall(this, url, options);
  }

  /** Yields the caller's voice from now on, until the call ends. A slow reader loses the oldest samples. */
  listen(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<PcmChunk> {
    checkOptions(options, SIGNAL_RULES);
    return this.voice.remote.frames({ policy: 'drop-oldest', name: 'listen', ...options });
  }

  /** Waits for `ms` milliseconds on the call's clock. @throws ERR_CALL_ENDED, ERR_ABORTED. */
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

  /**
   * Calls `listener` for each key, typed ahead or to come. The key can still be gathered. Returns a function that stops
   * it.
   */
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
   * Puts the caller through to the first target that answers: holds the call, calls the targets, and bridges. Resolves
   * when the caller or the target hangs up. When it was the target, the call goes on here. With `blind`, the endpoint
   * transfers the call; resolves when a target has taken it.
   *
   * @throws ERR_NOT_TRANSFERRED when no target takes the call, ERR_TIMEOUT when none answers in time. Both are a {@link
   * TransferFailedError} with the reason for each target, and the call goes on here, in progress. ERR_CALL_ENDED when
   * the caller hangs up before a target answers; ERR_API when the endpoint cannot transfer; ERR_ABORTED.
   */
  async transfer(target: string | readonly string[], options: TransferOptions = {}): Promise<TransferReport> {
    checkArgument('target', target, TARGETS);
    checkOptions(options, TRANSFER_RULES);
    const targets = typeof target === 'string' ? [target] : target;
    this.signal.throwIfAborted();
    this.#trace.tell(`transfers to ${targets.join(', ')}`);
    if (options.blind) await this.pause(IN_FLIGHT_MS);
    return await this.ignoringKeys(() => this.#parts.transfer(this, targets, options));
  }

  /**
   * Runs `work`. Keys that are pressed meanwhile and that `work` does not gather are dropped afterwards. Digits typed
   * ahead before it are kept. Used by {@link hold}, {@link transfer}, `Room.join` and `bridge`.
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
   * Keeps the caller on hold while `work` runs, and returns its result. With music the call stays connected. Keys that
   * the caller presses meanwhile are dropped.
   *
   * @throws errors of `work`; ERR_TIMEOUT when it takes longer than `timeoutMs`; ERR_CALL_ENDED when the caller hangs
   * up first; ERR_ABORTED.
   */
  async hold<T>(work: () => T | Promise<T>, options: HoldOptions = {}): Promise<T> {
    checkArgument('work', work, callback);
    checkOptions(options, HOLD_RULES);
    return await this.ignoringKeys(() => whileOnHold(this, work, options));
  }

  /**
   * Places another call, to talk on it or to connect the caller with it. It is hung up when this script ends.
   *
   * @param options.timeoutMs longest ringing; default 30,000.
   * @throws ERR_CALL_ENDED when the target does not answer,
   * and when the caller has hung up; ERR_TIMEOUT, ERR_API, ERR_ABORTED.
   */
  async dial(target: string, options: WaitOptions = {}): Promise<BotCall> {
    checkArgument('target', target, words);
    checkWait(options);
    this.#trace.tell(`calls ${target}`);
    return await this.#parts.dial(target, options);
  }

  /**
   * Places a call with its own script, as the same bot. It goes on when this call ends. Resolves when it is over, with
   * outcome `unanswered` when nobody answered.
   *
   * @param options.timeoutMs longest ringing; default 30,000.
   * @throws ERR_API when the call cannot be placed;
   * ERR_CLOSED when the host takes no more calls; ERR_ABORTED.
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
   * Sends a chat message; resolves when it is SENT. It is sent even when the call ends meanwhile.
   *
   * @throws ERR_CHAT_REFUSED (a `ChatRefusedError`, with the reason) when it cannot be sent; ERR_TIMEOUT, ERR_ABORTED.
   */
  async sendMessage(target: string, text: string, options: CommandOptions = {}): Promise<void> {
    checkArgument('target', target, words);
    checkArgument('text', text, SENT_TEXT);
    checkOptions(options, WAIT_RULES);
    this.#trace.tell(`sends a message to ${target}`);
    await this.#parts.sendMessage(target, text, options);
  }

  /** Masks a text in transcripts from now on. A PIN appears as `****`. */
  keepSecret(text: string): void {
    checkArgument('text', text, words);
    this.#trace.keepSecret(text);
  }

  /**
   * Hangs up once the audio that was sent has been heard. The script goes on, and its next wait throws.
   *
   * @throws ERR_CALL_ENDED when the other party hung up first.
   */
  async hangUp(): Promise<void> {
    // The end of the call must not cut the last word that was sent.
    await this.pause(IN_FLIGHT_MS);
    this.#trace.tell('hangs up');
    await this.call.hangUp();
  }

  async #say(what: Speakable, options: SayOptions): Promise<SpeechReport> {
    checkSaying(what, options);
    this.#trace.tell(`says ${describeSpeakable(what)}`);
    const report = await inStep(this.#parts.step, 'prompt', () => say(this.#context, what, options));
    const { outcome, playedMs, cut } = report;
    if (outcome !== 'played')
      this.#trace.tell(`is ${outcome}${cut ? ` by a ${cut.by}` : ''} after ${playedMs} ms`);
    return report;
  }
}
