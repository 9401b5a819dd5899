import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  either,
  flag,
  listOf,
  object,
  oneOf,
  type Rules,
  whole,
} from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import type { LineQuality } from '../base/line-quality.js';
import { Opening } from '../base/opening.js';
import { type Call, LIVE_CALL } from '../control/call/call.js';
import type { LegName } from '../stream/align/ledger.js';
import { type LegTap, type PairTapOptions, tapLegs } from '../stream/align/leg-tap.js';
import type { PcmStream, ReadClass } from '../stream/pcm-stream.js';
import type { Player } from '../stream/player.js';
import { type Lease, SERVER, type StreamKind } from '../tcp/lease.js';
import { READ_CLASS } from '../tcp/lease-options.js';
import type { LeaseSource } from '../tcp/lease-reservation.js';
import type { CallControl } from './call-control.js';
import { JOINER, type JoinedVoice, type PortPlace, type VoiceJoiner } from './join-voice.js';
import { letGoOf } from './redirect-to-lease.js';
import { Redirections } from './redirections.js';
import { joinOrFree, letOthersBegin } from './taken-voice.js';

/** A reader of a call's voice from its first sample on. It makes no redirection of its own. */
export interface VoiceListener {
  /**
   * Called like {@link CallVoiceOptions.onLease}. `paced`: the other party's stream paces this one, so its positions
   * alone tell its place. That is so for the played audio, and by {@link CallVoice.microphonePaced}.
   */
  onLease?(stream: StreamKind, lease: Lease, start: number, paced: boolean): void;
  /** Called when the voice is open: every requested stream is there. */
  opened?(voice: CallVoice<Lease>): void;
  /** Called when the voice could not be opened, to discard what was prepared for it. */
  failed?(): void | Promise<void>;
}

/** Options of {@link openCallVoice}. */
export interface CallVoiceOptions {
  /**
   * True to replace the microphone by the audio played with {@link CallVoice.player}. `'mixed'`: the microphone is
   * still sent too. Default true.
   */
  readonly input?: boolean | 'mixed';
  /**
   * Called with the reason when the microphone cannot be redirected; the call's voice is then opened without it. An
   * error that it throws fails the opening. Default: a missing microphone is an error.
   */
  readonly onNoMicrophone?: (error: Error) => void;
  /** True to receive the microphone's audio too. Default true. */
  readonly microphone?: boolean;
  /** Read class of received streams. Default `immediate`. */
  readonly readClass?: ReadClass;
  /** Longest lead of sent audio over received audio, in milliseconds: 20 to 1000. Default 60. */
  readonly leadMs?: number;
  /**
   * Called with each stream's lease before the endpoint learns of it. Sinks and taps that must not miss a sample are
   * added here. `stream` is the stream of the lease. `start` is the place of the stream's position 0 on the call's time
   * line, in samples.
   */
  readonly onLease?: (stream: StreamKind, lease: Lease, start: number) => void;
  /** Further listeners: one redirection serves any number of them. Default: none. */
  readonly listeners?: readonly VoiceListener[];
  /**
   * Coordination with other programs that redirect the same call. Default: a call that another program has redirected
   * is an error.
   */
  readonly join?: VoiceJoiner;
  readonly signal?: AbortSignal;
}

/** The rules of {@link CallVoiceOptions}. */
export const VOICE_RULES: Rules<CallVoiceOptions> = {
  input: either(flag, oneOf('mixed')),
  onNoMicrophone: callback,
  microphone: flag,
  readClass: READ_CLASS,
  leadMs: whole(20, 1000, 'ms'),
  onLease: callback,
  listeners: listOf(object),
  join: JOINER,
  signal: abortSignal,
};

/** A call's voice streams, redirected to leased ports. Made by {@link openCallVoice}. */
export interface CallVoice<Stream extends PcmStream = PcmStream> extends AsyncDisposable {
  readonly call: CallControl;
  /** Voice of the other party (`SET_OUTPUT`). Its sample positions are the call's time line. */
  readonly remote: Stream;
  /** Audio played to the other party (`SET_INPUT`). */
  readonly input: Stream | undefined;
  /** Audio of the microphone (`SET_CAPTURE_MIC`). */
  readonly microphone: Stream | undefined;
  /** True when another program has redirected the call and shares its voice ({@link CallVoiceOptions.join}). */
  readonly joined: boolean;
  /**
   * True when `microphone` is the audio that another program plays, which has redirected the call. `remote` paces it,
   * and samples at the same position are simultaneous.
   */
  readonly microphonePaced: boolean;
  /**
   * True when positions alone tell the place of `remote` and `microphone`: they are streams of a line, which knows from
   * its timestamps what was lost. Position 0 of both is the same time.
   */
  readonly placed?: boolean;
  /**
   * Place of `remote` in the stream that the endpoint sends to a port. Absent when it does not come by a port, or when
   * its place is not known.
   */
  readonly outputPlace?: PortPlace | undefined;
  /**
   * Quality of the line that carries a leg, as far as it is known. Without this method, the endpoint is asked for the
   * quality of `remote`.
   */
  quality?(leg: LegName): LineQuality | undefined;
  /**
   * Plays into the call.
   * @throws ERR_INVALID_STATE when the call was opened without an input.
   */
  readonly player: Player;
  /** Position of the input's sample 0 on the call's time line. */
  readonly inputStart: number;
  /**
   * Taps both legs from now on, aligned on the call's time line. The local leg is the played audio when that replaces
   * the microphone; otherwise it is the microphone.
   * @throws ERR_INVALID_ARG; ERR_INVALID_STATE when the streams are over.
   */
  legs(options?: PairTapOptions): LegTap;
  /** Removes the redirections and closes the ports. The call goes on with the sound card. */
  close(): Promise<void>;
}

/**
 * Time between two reads of a recorded stream, in ms. A recording that is killed may miss half a second, of which 200
 * ms pass between two rounds of writes.
 */
const READ_INTERVAL_MS = 250;

/**
 * Leases a port for each of a call's voice streams and has the endpoint dial them. The received audio paces the sent
 * audio, so the two legs cannot drift apart.
 *
 * When it is opened before the call is INPROGRESS, sample 0 of every stream is the call's first sample.
 *
 * @throws ERR_TAKEN when another program has redirected the call's voice; ERR_API 589 when the endpoint cannot connect;
 * ERR_PORT, ERR_LIMIT from the server; ERR_ABORTED; ERR_CALL_ENDED when the call ends first. The redirections are then
 * removed again.
 */
export async function openCallVoice(
  call: Call,
  server: LeaseSource,
  options: CallVoiceOptions = {},
): Promise<CallVoice<Lease>> {
  checkArgument('call', call, LIVE_CALL);
  checkArgument('server', server, SERVER);
  checkOptions(options, VOICE_RULES);
  const { input = true, microphone = true, readClass = 'immediate', leadMs, signal } = options;
  const { listeners = [] } = options;
  await using opening = new Opening();
  for (const listener of listeners) opening.add(listener, (it) => it.failed?.());
  const over = opening.add(endOf(call), (it) => it.forget());
  const limits = { signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal };
  const object = `CALL ${call.id}`;
  const readIntervalMs = Math.min(server.readIntervalMs ?? READ_INTERVAL_MS, READ_INTERVAL_MS);
  const receive = (stream: StreamKind) =>
    server.lease({ object, stream, direction: 'receive', readClass, readIntervalMs });
  if (options.join?.join && options.join.joins !== 'to-speak') await letOthersBegin(call, limits.signal);
  const turn = await options.join?.turn?.(call, limits.signal);
  try {
    const joined = await joinOrFree(call, { ...limits, speak: input !== false, join: options.join });
    if (joined) opening.add(joined, (it) => it.close());
    const redirections = new Redirections(call, opening, {
      ...limits,
      joined,
      isMixed: input === 'mixed',
      // The call may ring for long, and who waits for the turn finds it redirected.
      taken: () => void turn?.(),
      onLease: (lease, start) => tellLease(lease, start, options, joined),
    });
    const remote = await redirections.add(await receive('output'), 0);
    const microphoneStart = joined?.paced ? 0 : remote.received.position;
    const microphoneLease = microphone
      ? await redirections
          .add(await receive('capture_mic'), microphoneStart)
          .catch((error) => tellNoMicrophone(error, options))
      : undefined;
    const inputStart = remote.received.position;
    const sent = {
      timeline: remote.received,
      timelineStart: inputStart,
      ...(leadMs !== undefined && { leadMs }),
    };
    const inputLease = input
      ? await redirections.add(
          await server.lease({ object, stream: 'input', direction: 'send', ...sent }),
          inputStart,
        )
      : undefined;
    await redirections.assertKept();
    if (inputLease) joined?.speak?.(inputLease, inputStart);
    const opened = { remote, input: inputLease, microphone: microphoneLease, inputStart, joined };
    over.forget();
    const voice = opening.done(new LeasedVoice(call, opened, input === true ? 'input' : 'microphone'));
    for (const listener of listeners) listener.opened?.(voice);
    return voice;
  } catch (error) {
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    await turn?.();
  }
}

/** Passes a lease to the opener, then to the listeners. */
async function tellLease(
  lease: Lease,
  start: number,
  { onLease, listeners = [] }: CallVoiceOptions,
  joined: JoinedVoice | undefined,
): Promise<void> {
  const { stream } = lease;
  await onLease?.(stream, lease, start);
  const paced = stream === 'input' || (stream === 'capture_mic' && joined?.paced === true);
  for (const listener of listeners) listener.onLease?.(stream, lease, start, paced);
}

/** Tells the program that the microphone cannot be redirected. @throws the error when there is no `onNoMicrophone`. */
async function tellNoMicrophone(error: unknown, { onNoMicrophone }: CallVoiceOptions): Promise<undefined> {
  if (!onNoMicrophone || !(error instanceof Error)) throw error;
  await onNoMicrophone(error);
}

/**
 * Makes a signal that fires when the call is over, and a function that stops watching. No port is dialled for a call
 * that is over.
 */
function endOf(call: Call): { readonly signal: AbortSignal; forget(): void } {
  const over = new AbortController();
  const wait = new AbortController();
  const ended = () => {
    if (wait.signal.aborted) return;
    const text = `Call ${call.id} ended as ${call.status} before its voice was connected.`;
    over.abort(new JackfieldError('ERR_CALL_ENDED', text));
  };
  call.ended({ signal: wait.signal }).then(ended, ended);
  return { signal: over.signal, forget: () => wait.abort() };
}

type Streams = Pick<CallVoice<Lease>, 'remote' | 'input' | 'microphone' | 'inputStart'> & {
  /** The voice, when another program has redirected it. */
  readonly joined: JoinedVoice | undefined;
};

class LeasedVoice implements CallVoice<Lease> {
  readonly call: Call;
  readonly remote: Lease;
  readonly input: Lease | undefined;
  readonly microphone: Lease | undefined;
  readonly joined: boolean;
  readonly microphonePaced: boolean;
  readonly inputStart: number;

  readonly #local: 'input' | 'microphone';
  readonly #joined: JoinedVoice | undefined;

  constructor(call: Call, streams: Streams, local: 'input' | 'microphone') {
    this.call = call;
    this.#local = local;
    this.remote = streams.remote;
    this.input = streams.input;
    this.microphone = streams.microphone;
    this.joined = streams.joined !== undefined;
    this.microphonePaced = streams.microphone !== undefined && streams.joined?.paced === true;
    this.inputStart = streams.inputStart;
    this.#joined = streams.joined;
  }

  get outputPlace(): PortPlace | undefined {
    return this.#joined ? this.#joined.outputPlace : { port: this.remote.port, from: 0 };
  }

  get player(): Player {
    if (!this.input) {
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        `The voice of call ${this.call.id} was opened with input: false; open it with an input to play.`,
      );
    }
    return this.input.player;
  }

  legs(options: PairTapOptions = {}): LegTap {
    const { remote, input, microphone, inputStart: localStart } = this;
    const pair =
      this.#local === 'input'
        ? ({ remote, local: input, localSide: 'sent', localStart } as const)
        : ({ remote, local: microphone, localSide: 'received', localPaced: this.microphonePaced } as const);
    return tapLegs(pair, options);
  }

  async close(): Promise<void> {
    if (!this.call.over) {
      const { output, input: sent, captureMic } = this.call;
      const input = [sent, this.input] as const;
      // Redirections of another program stay as they are.
      const streams = this.#joined
        ? [input]
        : ([input, [captureMic, this.microphone], [output, this.remote]] as const);
      // The call may end at any moment; its redirections end with it.
      await Promise.allSettled(streams.map(([stream, lease]) => lease && letGoOf(stream, lease.port)));
    }
    this.#joined?.close();
    await Promise.all([this.remote, this.input, this.microphone].map((lease) => lease?.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
