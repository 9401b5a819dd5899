import type { RunningAnalysis } from '../analysis/running-analysis.js';
import { messageOf } from '../base/errors.js';
import type { Clock } from '../base/time/clock.js';
import { type WaitOptions, whenFired } from '../base/wait.js';
import { type CallVoice, openCallVoice } from '../call/call-voice.js';
import type { VoiceJoiner } from '../call/join-voice.js';
import { takenFrom } from '../call/taken-voice.js';
import type { Call } from '../control/call/call.js';
import { CallEndedError } from '../control/call/call-ended-error.js';
import { hearOutputGaps } from '../recording/hear-output-gaps.js';
import type { SynchronousSink } from '../stream/sink.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { DtmfDetector } from '../voice/tone/dtmf-detector.js';
import type { Bot } from './bot.js';
import { BotCall, type BotCallParts } from './bot-call.js';
import type { CallTape } from './call-taper.js';
import { CallEar, type EarListener } from './conversation/call-ear.js';
import { DigitMerger } from './conversation/digit-merger.js';
import { DigitQueue } from './conversation/digit-queue.js';
import { SpokenLine } from './conversation/spoken-line.js';
import type { Prompts } from './prompt/prompts.js';
import { transfer } from './transfer/transfer.js';

/** Parts of a conversation other than its call. */
export interface BotCallOptions {
  readonly server: PcmServer;
  readonly prompts: Prompts;
  readonly clock: Clock;
  readonly bot: Pick<Bot, 'language' | 'toneDigits' | 'echoGuard' | 'transcriber' | 'analyse'>;
  readonly dial: BotCallParts['dial'];
  readonly startCall: BotCallParts['startCall'];
  readonly sendMessage: BotCallParts['sendMessage'];
  readonly trace: BotCallParts['trace'];
  readonly step?: BotCallParts['step'];
  /** Records the call. */
  readonly tape: CallTape | undefined;
  /** Joins the voice when another program has redirected it. */
  readonly join: VoiceJoiner | undefined;
  /** Ends the conversation, as the end of the call does. */
  readonly cut: AbortSignal;
}

/** Time after the end of a call until streams that the endpoint keeps open are closed, in milliseconds of real time. */
const STREAM_GRACE_MS = 2000;

/**
 * Redirects a call's voice, listens for digits, and records on the same redirection.
 *
 * @throws as {@link openCallVoice}.
 */
export async function openBotCall(call: Call, options: BotCallOptions): Promise<BotCall> {
  const { server, prompts, clock, bot } = options;
  const ear = new CallEar();
  const over = new AbortController();
  const digits = listenToDigits(call, ear, clock, bot.toneDigits, over.signal);
  const ports = new Set<number>();
  const voice = await openCallVoice(call, server, {
    microphone: false,
    listeners: options.tape ? [options.tape] : [],
    ...(options.join && { join: options.join }),
    onLease(stream, lease) {
      ports.add(lease.port);
      if (stream === 'output') lease.addSink(ear, { policy: 'drop-oldest', name: 'bot' });
    },
  });
  const end = (reason?: Error) => {
    if (over.signal.aborted) return;
    over.abort(
      reason ?? new CallEndedError(call.id, call.status, 'done with its script', call.known('FAILUREREASON')),
    );
    setTimeout(() => voice.close().catch(() => undefined), STREAM_GRACE_MS).unref();
  };
  const ended = () => end();
  call.ended().then(ended, ended);
  whenFired(options.cut, ended);
  // A stream that ends before the call also ends the conversation, unless another program has taken the voice: then the
  // error says so.
  void ear.ended
    .then(() => takenFrom(call, (port) => ports.has(port) || port === voice.remote.port))
    .then(end, ended);
  const [handle, name] = await Promise.all([
    call.text('PARTNER_HANDLE').catch(() => ''),
    call.text('PARTNER_DISPNAME').catch(() => ''),
  ]);
  const conversation = new BotCall({
    call,
    voice,
    partner: { handle, name },
    dial: (target, limits) => dialWhile(over.signal, options.dial, target, limits),
    startCall: options.startCall,
    sendMessage: options.sendMessage,
    recording: options.tape?.recording,
    analysis: bot.analyse && (await analysisOf(bot.analyse, voice, options)),
    transfer,
    trace: options.trace,
    step: options.step,
    context: {
      ...{ clock, ear, digits, prompts, player: voice.player, ended: over.signal },
      spoken: new SpokenLine(clock, ear, voice.inputStart),
      transcriber: bot.transcriber,
      madeUp: (told) => hearOutputGaps(voice, told),
      onSent: bot.echoGuard ? (listener) => onSent(voice, listener) : undefined,
    },
  });
  if (bot.language !== undefined) conversation.language = bot.language;
  return conversation;
}

/** Analyses the recording, so that the figures are those of the recording; or the voice of a call without one. */
async function analysisOf(
  settings: NonNullable<Bot['analyse']>,
  voice: CallVoice,
  { tape, clock, trace }: BotCallOptions,
): Promise<RunningAnalysis | undefined> {
  const { runAnalysis } = await import('../analysis/running-analysis.js');
  try {
    return runAnalysis(tape?.recording ?? voice, { ...settings, clock });
  } catch (error) {
    // The call goes on without the analysis, as it does without a recording.
    trace(`cannot be analysed: ${messageOf(error)}`);
    return undefined;
  }
}

/**
 * Calls a target on behalf of a call.
 *
 * @throws ERR_CALL_ENDED when that call ends meanwhile; the target then stops ringing.
 */
async function dialWhile(
  ended: AbortSignal,
  dial: BotCallParts['dial'],
  target: string,
  limits: WaitOptions,
): Promise<BotCall> {
  ended.throwIfAborted();
  const signal = limits.signal ? AbortSignal.any([limits.signal, ended]) : ended;
  try {
    return await dial(target, { ...limits, signal });
  } catch (error) {
    ended.throwIfAborted();
    throw error;
  }
}

/** Calls `listener` with the samples that are sent through the input, on the time line of the call. */
function onSent(voice: CallVoice, listener: EarListener): () => void {
  const { input, inputStart } = voice;
  const sink: SynchronousSink = {
    synchronous: true,
    write: (samples, position) => listener(samples, inputStart + position),
    end: () => undefined,
  };
  const tap = input?.addSentTap(sink, { policy: 'drop-oldest', name: 'echo guard' });
  return () => void tap?.remove().catch(() => undefined);
}

/** Collects digits in one queue, from notifications and from tones. */
function listenToDigits(
  call: Call,
  ear: CallEar,
  clock: Clock,
  tones: boolean,
  ended: AbortSignal,
): DigitQueue {
  const digits = new DigitQueue();
  const merger = new DigitMerger();
  const onDigit = (digit: string) => {
    if (merger.take('api', digit, clock.now())) digits.push(digit);
  };
  call.on('dtmf', onDigit);
  whenFired(ended, () => call.off('dtmf', onDigit));
  if (!tones) return digits;
  const detector = new DtmfDetector();
  ear.listen((samples) => {
    for (const event of detector.push(samples)) {
      if (event.type === 'end') merger.toneEnded(clock.now());
      else if (merger.take('tone', event.digit, clock.now())) digits.push(event.digit);
    }
  });
  return digits;
}
