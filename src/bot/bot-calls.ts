import { during } from '../base/during.js';
import { asError, JackfieldError, messageOf } from '../base/errors.js';
import type { FencedEmitter } from '../base/listener/fenced-emitter.js';
import type { Clock } from '../base/time/clock.js';
import { deadlineIn, type WaitOptions, waitFor } from '../base/wait.js';
import type { VoiceJoiner } from '../call/join-voice.js';
import { takenFrom } from '../call/taken-voice.js';
import type { Call } from '../control/call/call.js';
import { CallEndedError } from '../control/call/call-ended-error.js';
import type { CallState } from '../control/call/call-life.js';
import type { Client } from '../control/client/client.js';
import type { CallRecording } from '../recording/call-recording.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import type { Bot } from './bot.js';
import type { BotCall } from './bot-call.js';
import type { BotDialOptions, BotHostEvents } from './bot-host-options.js';
import type { BotOutcome, BotResult } from './bot-result.js';
import { CallLimit, DialledCalls, endCall, hangUp } from './call-limit.js';
import type { CallTape, CallTaper } from './call-taper.js';
import { openBotCall } from './open-bot-call.js';
import type { PlacedCalls } from './placed-calls.js';
import type { Prompts } from './prompt/prompts.js';
import { runScript, type ScriptEnding } from './run-script.js';

/** Parts of {@link BotCalls}. */
interface BotCallsParts {
  readonly client: Client;
  readonly server: PcmServer;
  readonly prompts: Prompts | Promise<Prompts>;
  readonly placed: PlacedCalls;
  readonly record: CallTaper | undefined;
  readonly join: VoiceJoiner | undefined;
  readonly clock: Clock;
  /** Emits the events of the calls. */
  readonly events: FencedEmitter<BotHostEvents>;
  /** Places a call for a script, and has a bot talk on it. */
  readonly call: (bot: Bot, target: string, options: BotDialOptions) => Promise<BotResult>;
}

const RING_TIMEOUT_MS = 30_000;

/** Runs bots on calls: opens each call with its voice, runs the script, and ends the call. */
export class BotCalls {
  readonly #parts: BotCallsParts;
  readonly #calls = new Set<Call>();

  constructor(parts: BotCallsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#calls.size;
  }

  async hangUp(): Promise<void> {
    await Promise.allSettled([...this.#calls].map((call) => call.hangUp()));
  }

  /** Runs a bot on a call, to its end. Never rejects. */
  async run(bot: Bot, call: Call, ringing: WaitOptions = {}): Promise<BotResult> {
    this.#calls.add(call);
    const dialled = new DialledCalls();
    using limit = new CallLimit(call, bot.maxCallMs, this.#parts.clock);
    let outcome: BotOutcome = 'unanswered';
    let error: Error | undefined;
    let recording: CallRecording | undefined;
    let unsaid: Error | undefined;
    try {
      const conversation = await this.#open(bot, call, ringing, dialled, limit.cut);
      recording = conversation.recording;
      outcome = 'hung-up';
      this.#parts.events.emit('talking', conversation, bot);
      const script = runScript(bot, conversation, this.#parts.clock);
      ({ outcome, error, unsaid } = await Promise.race<ScriptEnding>([script, limit.passed]));
      if (error) error = await this.#causeOf(error, call, conversation);
    } catch (failure) {
      if (!call.over) error = asError(failure);
    } finally {
      this.#calls.delete(call);
      // A call whose voice another program has taken is not hung up here.
      const own = isTaken(error) ? [] : [endCall(call, this.#parts.clock)];
      await Promise.all([...own, dialled.end(this.#parts.clock)]);
    }
    const recorded =
      recording && (await during(this.#parts.clock, recording.finished).catch(() => undefined));
    const result: BotResult = {
      ...{ bot: bot.name, callId: call.id, outcome, status: call.status },
      ...(error && { error }),
      ...(unsaid && { unsaid }),
      ...(recorded && { recording: recorded }),
    };
    this.#parts.events.emit('result', result);
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
    const prompts = await this.#parts.prompts;
    const opening = this.#tape(bot, call).then((tape) =>
      openBotCall(call, {
        ...{
          prompts,
          bot,
          server: this.#parts.server,
          clock: this.#parts.clock,
          tape,
          join: this.#parts.join,
        },
        trace: (text) => this.#parts.events.emit('trace', call, text),
        step: (step) => this.#parts.events.emit('step', call, step),
        dial: (target, options) => this.#dial(bot, target, options, dialled, cut),
        sendMessage: async (target, text, options) => {
          await this.#parts.client.chats.message(target, text, options);
        },
        startCall: (target, script, options) => this.#parts.call({ ...bot, script }, target, options),
        cut,
      }),
    );
    const conversation = await during(this.#parts.clock, opening);
    try {
      if (call.properties.get('TYPE')?.startsWith('INCOMING') && call.state?.phase === 'placing') {
        await during(this.#parts.clock, call.answer());
      }
    } catch (error) {
      throw await this.#causeOf(asError(error), call, conversation);
    }
    await this.#answered(call, ringing, cut);
    return conversation;
  }

  /** Returns the cause of an error: ERR_TAKEN when another program has redirected the call meanwhile. */
  async #causeOf(error: Error, call: Call, { voice }: BotCall): Promise<Error> {
    const isOwn = (port: number) => [...this.#parts.server.leases].some((lease) => lease.port === port);
    const taken = voice.joined ? undefined : takenFrom(call, isOwn);
    return (taken && (await during(this.#parts.clock, taken))) ?? error;
  }

  /**
   * Prepares the recording of a call. A call that cannot be recorded is taken without one, and its transcript says so.
   */
  async #tape(bot: Bot, call: Call): Promise<CallTape | undefined> {
    try {
      return await (bot.record ?? this.#parts.record)?.listen(call, this.#parts.clock);
    } catch (error) {
      this.#parts.events.emit('trace', call, `is not recorded: ${messageOf(error)}`);
      this.#parts.events.emit('unrecorded', call, asError(error));
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
    const call = await this.#parts.placed.place(target, options.signal);
    // Added before it is answered, so that it stops ringing when the script ends.
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
      deadline: deadlineIn(this.#parts.clock, timeoutMs, () => {
        throw new JackfieldError('ERR_TIMEOUT', `Call ${call.id} was not answered in ${timeoutMs} ms.`);
      }),
      begin(resolve, reject) {
        // A bot does not talk to a machine that takes messages.
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
}

function isTaken(error: Error | undefined): boolean {
  return error instanceof JackfieldError && error.code === 'ERR_TAKEN';
}
