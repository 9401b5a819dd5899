import {
  signal as abortSignal,
  checkArgument,
  checkOptions,
  line,
  oneOf,
  type Rules,
  within,
} from '../base/check.js';
import { during } from '../base/during.js';
import { abortedError, JackfieldError } from '../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../base/listener/fenced-emitter.js';
import { CLOCK, type Clock, sleep, systemClock } from '../base/time/clock.js';
import type { Call } from '../control/call/call.js';
import type { Voicemail } from '../control/call/voicemail.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import type { LegLedger } from '../stream/align/ledger.js';
import { SERVER } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { INPUT, MessageInput, type VoicemailInput } from './message-input.js';
import { MessageWatch } from './message-watch.js';
import { reachAfter, reachedOne, withinTime } from './voicemail-waits.js';

/** Options of {@link leaveVoicemail}. */
export interface LeaveVoicemailOptions {
  /** Source of the recording. Default: the endpoint's microphone, until {@link OutgoingVoicemail.stop}. */
  readonly from?: VoicemailInput;
  /** Server that leases the port for the audio. Needed unless `from` is the microphone or a file on the endpoint. */
  readonly server?: PcmServer;
  /** `hear` waits for the end of the greeting, `skip` does not. Default `hear`. */
  readonly greeting?: 'hear' | 'skip';
  /** Longest message, in milliseconds: 1000 to 3,600,000. The endpoint has its own limit. Default 600,000. */
  readonly maxMs?: number;
  /**
   * Silence after the last sample, so that the endpoint can empty its buffers, in milliseconds: 0 to 10,000. Default
   * 300.
   */
  readonly tailMs?: number;
  /** Longest wait for the tone, and for the upload, in milliseconds: 1 to 3,600,000. Default 120,000. */
  readonly timeoutMs?: number;
  /** Paces the recording. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Cancels the message, unless it is already being uploaded. */
  readonly signal?: AbortSignal;
}

/** Progress of a message that is being left. */
export interface LeaveProgress {
  readonly phase: 'greeting' | 'recording' | 'uploading' | 'sent';
  /** Length of the recording so far, in milliseconds, measured here. */
  readonly recordedMs: number;
}

/** Events of an {@link OutgoingVoicemail}. */
export interface LeaveVoicemailEvents extends FencedEvents {
  progress: [progress: LeaveProgress];
}

/** A message that was sent. */
export interface SentVoicemail {
  readonly message: Voicemail;
  /** Duration in seconds, as reported by the endpoint. */
  readonly durationSeconds: number;
  /**
   * Account of all samples sent through the port: `received` are samples of `from`, `idle` is the silence before and
   * after. Absent when the audio is from the microphone or a file on the endpoint.
   */
  readonly ledger: LegLedger | undefined;
  /** True when `maxMs` ended the message before the end of `from`. */
  readonly cut: boolean;
}

const DEFAULTS = { greeting: 'hear', maxMs: 600_000, tailMs: 300, timeoutMs: 120_000 } as const;
const RULES: Rules<LeaveVoicemailOptions> = {
  from: INPUT,
  server: SERVER,
  greeting: oneOf('hear', 'skip'),
  maxMs: within(1000, 3_600_000, 'ms'),
  tailMs: within(0, 10_000, 'ms'),
  timeoutMs: within(1, 3_600_000, 'ms'),
  clock: CLOCK,
  signal: abortSignal,
};
const TARGET = line(1, 1000);
const PROGRESS_MS = 500;

type Resolved = ReturnType<typeof resolve>;

/**
 * Leaves a voicemail: places the voicemail call, waits for the tone (or skips the greeting), records `from`, and starts
 * the upload. Resolves when the endpoint has created the message, which is before the tone.
 *
 * @throws ERR_API 110 when the user has no voicemail, 34 when there is no such user; ERR_UNSUPPORTED below protocol 8,
 * unless `from` is the microphone; ERR_FILE, ERR_WAV; ERR_INVALID_ARG; ERR_TIMEOUT; ERR_ABORTED.
 */
export async function leaveVoicemail(
  client: Client,
  target: string,
  options: LeaveVoicemailOptions = {},
): Promise<OutgoingVoicemail> {
  checkArgument('client', client, CLIENT);
  checkArgument('target', target, TARGET);
  const resolved = resolve(options);
  const { clock, timeoutMs: ms, signal } = resolved;
  const input = await MessageInput.open(client, resolved);
  using watch = new MessageWatch(client, target);
  const what = `Leaving a voicemail for ${target}`;
  try {
    return await withinTime({ clock, ms, what, signal }, async (both) => {
      const call = await client.leaveVoicemail(target, { signal: both });
      const message = await watch.message({ signal: both });
      return new OutgoingVoicemail(call, message, input, resolved);
    });
  } catch (error) {
    await input.close();
    throw error;
  }
}

/** A message in the process of sending. Created by {@link leaveVoicemail}. */
export class OutgoingVoicemail extends FencedEmitter<LeaveVoicemailEvents> {
  /** The voicemail call. */
  readonly call: Call;
  readonly message: Voicemail;
  /**
   * Settles when the message was uploaded.
   *
   * @throws ERR_VOICEMAIL_FAILED with its failure reason; ERR_ABORTED when it was cancelled; ERR_TIMEOUT; errors of
   * `from`.
   */
  readonly sent: Promise<SentVoicemail>;
  readonly #options: Resolved;
  readonly #input: MessageInput;
  readonly #stop = new AbortController();
  #cut = false;
  readonly #cancel = new AbortController();
  #recordingSince: number | undefined;
  #recordedMs = 0;

  /** @internal */
  constructor(call: Call, message: Voicemail, input: MessageInput, options: Resolved) {
    super();
    this.call = call;
    this.message = message;
    this.#input = input;
    this.#options = options;
    this.sent = this.#run();
    // Avoids an unhandled rejection in a program that only listens for progress.
    this.sent.catch(() => undefined);
  }

  /** Ends the recording and sends it. Before the tone, it skips the greeting. Resolves like {@link sent}. */
  stop(): Promise<SentVoicemail> {
    this.#stop.abort();
    return this.sent;
  }

  /**
   * Deletes the message instead of sending it; {@link sent} rejects with ERR_ABORTED.
   * @throws ERR_INVALID_STATE when it is being sent or was sent.
   */
  async cancel(): Promise<void> {
    const { status = 'UNKNOWN' } = this.message.state ?? {};
    if (['UPLOADING', 'UPLOADED'].includes(status)) {
      throw new JackfieldError('ERR_INVALID_STATE', `Voicemail ${this.message.id} is ${status}: delete it.`);
    }
    this.#cancel.abort();
    await this.sent.catch(() => undefined);
  }

  async #run(): Promise<SentVoicemail> {
    const { signal } = this.#options;
    const both = signal ? AbortSignal.any([signal, this.#cancel.signal]) : this.#cancel.signal;
    try {
      await this.#record(both);
      return await this.#upload();
    } catch (error) {
      const { phase } = this.message.state ?? {};
      if (phase !== 'deleted' && phase !== 'failed') {
        await this.message.delete().catch(() => undefined);
        await this.call.hangUp().catch(() => undefined);
      }
      throw both.aborted ? abortedError(`voicemail ${this.message.id} to be sent`, both) : error;
    } finally {
      await this.#input.close();
    }
  }

  /** Runs from BLANK to the end of the recording. */
  async #record(signal: AbortSignal): Promise<void> {
    const { clock, greeting, timeoutMs: ms } = this.#options;
    this.#tell('greeting');
    await reachedOne(this.message, ['BLANK', 'RECORDING'], { signal });
    // Connecting takes no time on a virtual clock.
    await during(clock, this.#input.prepare(this.message, signal));
    await withinTime({ clock, ms, what: 'The greeting', signal }, async (both) => {
      if (greeting === 'skip') await this.#skipGreeting(both);
      await reachedOne(this.message, ['RECORDING'], { signal: both });
    });
    this.#recordingSince = clock.now();
    const over = new AbortController();
    const until = AbortSignal.any([signal, this.#stop.signal, over.signal]);
    try {
      await Promise.race([
        this.#untilSaid(until),
        this.#untilEnded(until),
        this.#reportEach(PROGRESS_MS, until),
      ]);
    } finally {
      over.abort();
      this.#recordedMs = clock.now() - this.#recordingSince;
      this.#recordingSince = undefined;
    }
    if (signal.aborted) throw abortedError('the message to be recorded', signal);
  }

  /** Skips the greeting. The endpoint refuses until the greeting plays, so this retries. */
  async #skipGreeting(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (this.message.state?.status === 'BLANK') {
      const started = await this.message.startRecording({ signal }).then(
        () => true,
        (error: unknown) => {
          if (error instanceof JackfieldError && error.code === 'ERR_API') return false;
          throw error;
        },
      );
      if (started) return;
      await sleep(clock, 100, { signal });
    }
  }

  /** Resolves when the whole input was sent, or `maxMs` has passed. */
  async #untilSaid(signal: AbortSignal): Promise<void> {
    const { clock, maxMs, tailMs } = this.#options;
    const limit = sleep(clock, maxMs, { signal }).then(
      () => {
        this.#cut = true;
      },
      () => undefined,
    );
    await Promise.race([
      limit,
      this.#input.say(this.message, signal).then(() => sleep(clock, tailMs, { signal })),
    ]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Resolves when the endpoint ends the recording: at its limit, or because its user hung up. */
  async #untilEnded(signal: AbortSignal): Promise<void> {
    await reachedOne(this.message, ['RECORDED', 'UPLOADING', 'UPLOADED'], { signal }).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
  }

  async #reportEach(ms: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#tell('recording');
      await sleep(this.#options.clock, ms, { signal }).catch(() => undefined);
    }
  }

  async #upload(): Promise<SentVoicemail> {
    const { clock, timeoutMs: ms, signal } = this.#options;
    const { message } = this;
    if (message.state?.phase === 'recording') await message.stopRecording();
    await this.#input.close();
    this.#tell('uploading');
    await withinTime({ clock, ms, what: 'The upload', signal: undefined }, async (limit) => {
      if (signal?.aborted) throw abortedError('the upload', signal);
      // Some endpoints only record, and wait for the command to upload.
      const state = await reachedOne(message, ['RECORDED', 'UPLOADING', 'UPLOADED'], { signal: limit });
      if (state.status === 'RECORDED')
        await reachAfter(message, () => message.upload(), ['UPLOADED'], { signal: limit });
      else await reachedOne(message, ['UPLOADED'], { signal: limit });
    });
    this.#tell('sent');
    const durationSeconds = Number(await message.text('DURATION'));
    return { message, durationSeconds, ledger: this.#input.ledger, cut: this.#cut };
  }

  #tell(phase: LeaveProgress['phase']): void {
    const { clock } = this.#options;
    const since = this.#recordingSince;
    const recordedMs = since === undefined ? this.#recordedMs : clock.now() - since;
    this.emit('progress', { phase, recordedMs: Math.round(recordedMs) });
  }
}

function resolve(options: LeaveVoicemailOptions) {
  checkOptions(options, RULES);
  const { from = 'microphone', clock = systemClock, server, signal } = options;
  const given = { ...DEFAULTS, ...options };
  const { greeting, maxMs, tailMs, timeoutMs } = given;
  return Object.freeze({ from, clock, server, signal, greeting, maxMs, tailMs, timeoutMs });
}
