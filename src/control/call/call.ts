import { checkArgument, flag, having, oneOf, rule } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { checkWait, type WaitOptions } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import type { ConferenceParticipant } from '../../protocol/catalogue/value-type.js';
import { commands } from '../../protocol/commands.js';
import { CALL_STATUSES, type CallStatus, isTerminalCallStatus } from '../../protocol/status/call-status.js';
import type { StreamTarget } from '../../protocol/stream-target.js';
import { decodeProperty } from '../../protocol/values.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { RemoteObject, type RemoteObjectEvents } from '../state/remote-object.js';
import { CallEndedError } from './call-ended-error.js';
import { type CallState, nextCallState } from './call-life.js';
import { StateHistory } from './state-history.js';
import { checkTarget, targetsOf } from './target.js';
import { STREAM_NAME, VoiceStream, type VoiceStreamName } from './voice-stream.js';

/** Events of a {@link Call}. */
export interface CallEvents extends RemoteObjectEvents {
  state: [state: CallState];
  /** The other party pressed a digit. */
  dtmf: [digit: string];
}

/** Price of one minute of a call (reference, "Call cost information"). */
export interface CallCost {
  /** In whole units of `currency`. */
  readonly perMinute: number;
  /** Such as `EUR`. */
  readonly currency: string;
}

/** Longest wait, in milliseconds, for the reason of a failure that was announced before the failure itself. */
const REASON_TIMEOUT_MS = 2000;

const DIGITS = rule(
  '1 to 255 of 0-9, * and #',
  (value) => typeof value === 'string' && /^[0-9*#]{1,255}$/.test(value),
);
const STATUS = oneOf(...CALL_STATUSES);

/** Rule of a call. */
export const LIVE_CALL = having('on', 'text');

/** A CALL object, kept up to date by the endpoint's notifications. Made by the {@link Client} that it belongs to. */
export class Call extends RemoteObject<'CALL', CallEvents> {
  /** The voice that is sent to the other party. */
  readonly input: VoiceStream;
  /** The voice of the other party. */
  readonly output: VoiceStream;
  /** A copy of the microphone. */
  readonly captureMic: VoiceStream;
  readonly #clock: Clock;
  readonly #history: StateHistory<CallState>;
  #heardAtMs: number;

  /** @internal */
  constructor(id: number, sender: CommandSender, clock: Clock) {
    super('CALL', id, sender);
    checkArgument('clock', clock, CLOCK);
    this.#clock = clock;
    this.#heardAtMs = clock.now();
    this.#history = new StateHistory(`call ${id}`, clock, ({ phase }) => phase === 'ended');
    this.input = new VoiceStream('INPUT', 'CALL', id, sender);
    this.output = new VoiceStream('OUTPUT', 'CALL', id, sender);
    this.captureMic = new VoiceStream('CAPTURE_MIC', 'CALL', id, sender);
  }

  /** The newest state; undefined until the endpoint reports one. */
  get state(): CallState | undefined {
    return this.#history.newest;
  }

  /** The newest status; UNPLACED until the endpoint reports one. */
  get status(): CallState['status'] {
    return this.state?.status ?? 'UNPLACED';
  }

  /** The states so far, oldest first. A state that is reported twice is listed once. The last 1000 are kept. */
  get history(): readonly CallState[] {
    return this.#history.all;
  }

  /** True when the call is over, or when the endpoint cannot report on it any more. */
  override get over(): boolean {
    return this.#history.over;
  }

  /** True when the call is over, or was never reported. */
  override get idle(): boolean {
    return this.over || this.state === undefined;
  }

  /**
   * All states, from the first that was reported to the end of the call.
   *
   * @throws ERR_TIMEOUT when the call lasts longer; ERR_ABORTED; ERR_CLOSED when the endpoint is gone for good or does
   *   not know the call any more.
   */
  states(options: WaitOptions = {}): AsyncGenerator<CallState, void, void> {
    return this.#history.read('oldest', options, 'the end');
  }

  /**
   * Resolves when the call has this status, now or later.
   *
   * @throws ERR_CALL_ENDED (a {@link CallEndedError}, with the reason) when the call ends first; ERR_TIMEOUT;
   *   ERR_ABORTED; ERR_CLOSED.
   */
  async reached(status: CallStatus, options: WaitOptions = {}): Promise<CallState> {
    checkArgument('status', status, STATUS);
    for await (const state of this.#history.read('newest', options, status)) {
      if (state.status === status) return state;
    }
    throw new CallEndedError(this.id, this.status, status, await this.#failureReason());
  }

  /** Resolves to the last status when the call is over. @throws ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  async ended(options: WaitOptions = {}): Promise<CallState['status']> {
    for await (const _ of this.#history.read('newest', options, 'the end'));
    return this.status;
  }

  /** Answers an incoming call. @throws ERR_API */
  answer(options?: CommandOptions): Promise<void> {
    return this.alter('ANSWER', '', options);
  }

  /** Puts the call on hold. @throws ERR_API 22 when it cannot be held now. */
  hold(options?: CommandOptions): Promise<void> {
    return this.alter('HOLD', '', options);
  }

  /** Takes the call off hold. @throws ERR_API 23 when it cannot be resumed now. */
  resume(options?: CommandOptions): Promise<void> {
    return this.alter('RESUME', '', options);
  }

  /**
   * Hangs up. Resolves when the endpoint has accepted the command. Does nothing when the call is over. When the
   * endpoint refuses, the client asks it whether the call is over, since that news may have been lost.
   */
  async hangUp(options?: CommandOptions): Promise<void> {
    checkWait(options);
    if (this.over) return;
    try {
      await this.alter('HANGUP', '', options);
    } catch (error) {
      if (error instanceof ApiError) await this.refresh(options).catch(() => undefined);
      if (!this.over) throw error;
    }
  }

  /**
   * Asks the endpoint for the status of the call, since notifications may have been lost. A call that the endpoint does
   * not know any more counts as lost. The client does this itself for calls without news (`callCheckMs`).
   *
   * @throws ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED, ERR_ATTACH_UNAVAILABLE.
   */
  async refresh(options?: CommandOptions): Promise<void> {
    checkWait(options);
    try {
      await this.text('STATUS', { ...options, fresh: true });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const active = await this.sender.command(commands.search('ACTIVECALLS'), options);
      if (active.kind !== 'list' || active.list !== 'CALLS' || active.ids.includes(this.id)) return;
      const message = `The endpoint no longer knows call ${this.id} (${error.message}).`;
      this.lose(new JackfieldError('ERR_CLOSED', message, { cause: error }));
    }
  }

  /** Refuses an incoming call. */
  refuse(options?: CommandOptions): Promise<void> {
    return this.alter('END', 'HANGUP', options);
  }

  /** Sends an incoming call to voicemail. */
  redirectToVoicemail(options?: CommandOptions): Promise<void> {
    return this.alter('END', 'REDIRECT_TO_VOICEMAIL', options);
  }

  /** Forwards an incoming call by the user's rules: {@link Profile.setForwarding}. */
  forward(options?: CommandOptions): Promise<void> {
    return this.alter('END', 'FORWARD_CALL', options);
  }

  /** Sends digits, one command each. @throws ERR_INVALID_ARG for anything but 0 to 9, `*` and `#`. */
  async sendDtmf(digits: string, options?: CommandOptions): Promise<void> {
    checkArgument('digits', digits, DIGITS);
    for (const digit of digits) await this.alter('DTMF', digit, options);
  }

  /** Removes the call from the list of missed ones. */
  async markSeen(options?: CommandOptions): Promise<void> {
    await this.sender.command(commands.set('CALL', this.id, 'SEEN', ''), options);
  }

  /** Joins this call into the conference of another. @throws ERR_API 72 when no conference can be made. */
  async joinConference(other: Call, options?: CommandOptions): Promise<void> {
    checkArgument('other', other, LIVE_CALL);
    await this.set('JOIN_CONFERENCE', other.id, options);
  }

  /** Gets the other parties of the conference, as this call sees it; empty without a conference. */
  async participants(options?: CommandOptions): Promise<ConferenceParticipant[]> {
    checkWait(options);
    const count = await this.get('CONF_PARTICIPANTS_COUNT', { ...options, fresh: true });
    const indexes = Array.from(
      { length: Math.max(0, Math.min(count, MAX_PARTICIPANTS)) },
      (_, index) => index + 1,
    );
    return await Promise.all(
      indexes.map(async (index) =>
        decodeProperty(
          'CALL',
          'CONF_PARTICIPANT',
          await this.query('CONF_PARTICIPANT', String(index), options),
        ),
      ),
    );
  }

  /** True when the call can be transferred to this handle or number. */
  async canTransfer(target: string, options?: CommandOptions): Promise<boolean> {
    checkTarget(target);
    const answer = await this.query('CAN_TRANSFER', target, options);
    return decodeProperty('CALL', 'CAN_TRANSFER', answer).verdict;
  }

  /**
   * Transfers the call to the first of these handles or numbers that answers; follow {@link states}.
   *
   * @throws ERR_UNSUPPORTED when the endpoint says that it cannot be transferred to one of them; ERR_API.
   */
  async transfer(targets: string | readonly string[], options?: CommandOptions): Promise<void> {
    const list = targetsOf('targets', targets);
    const possible = await Promise.all(list.map((target) => this.canTransfer(target, options)));
    const refused = list.find((_, index) => !possible[index]);
    if (refused !== undefined) {
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `Call ${this.id} cannot be transferred to ${refused}: ask canTransfer() first.`,
      );
    }
    await this.alter('TRANSFER', list.join(', '), options);
  }

  /** Starts or stops sending video. */
  async sendVideo(on: boolean, options?: CommandOptions): Promise<void> {
    checkArgument('on', on, flag);
    await this.alter(on ? 'START_VIDEO_SEND' : 'STOP_VIDEO_SEND', '', options);
  }

  /** Starts or stops receiving video. */
  async receiveVideo(on: boolean, options?: CommandOptions): Promise<void> {
    checkArgument('on', on, flag);
    await this.alter(on ? 'START_VIDEO_RECEIVE' : 'STOP_VIDEO_RECEIVE', '', options);
  }

  /** Gets the price of a minute; 0 for a free call. */
  async cost(options?: CommandOptions): Promise<CallCost> {
    const [rate, precision, currency] = await Promise.all([
      this.get('RATE', options),
      this.get('RATE_PRECISION', options),
      this.get('RATE_CURRENCY', options),
    ]);
    return { perMinute: rate / 10 ** precision, currency };
  }

  /** Redirects the stream of this name: {@link VoiceStream.set}. */
  async redirect(
    stream: VoiceStreamName,
    targets: readonly StreamTarget[],
    options?: CommandOptions,
  ): Promise<void> {
    checkArgument('stream', stream, STREAM_NAME);
    const streams = { INPUT: this.input, OUTPUT: this.output, CAPTURE_MIC: this.captureMic };
    await streams[stream].set(targets, options);
  }

  /** @internal */
  override take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    if (property === 'DTMF' && sentAfter === undefined) this.emit('dtmf', value);
    const news = super.take(property, value, heardAt, sentAfter);
    this.#heardAtMs = this.#clock.now();
    // An answer that is older than the newest notification counts only when it says that the call is over.
    if (property === 'STATUS' && (this.heard('STATUS') === value || isTerminalCallStatus(value))) {
      const transferred = this.heard('TRANSFER_ACTIVE')?.toUpperCase() === 'TRUE';
      this.#advance(nextCallState(this.state, { property, status: value, transferred }, this.#now()));
    }
    if (property === 'DURATION') {
      this.#advance(nextCallState(this.state, { property, seconds: Number(value) }, this.#now()));
    }
    return news;
  }

  /** Time of the last news of the call, on the client's clock. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Ends the call's news for good; called by the client. @internal */
  override lose(error: Error): void {
    this.#history.lose(error);
  }

  #advance(next: CallState | undefined): void {
    if (next === undefined || next === this.state) return;
    this.#history.push(next);
    this.emit('state', next);
  }

  #now(): number {
    return this.#clock.unixMs();
  }

  /** Gets the reason of a failure. It may be reported after the failure; then the endpoint is asked. */
  async #failureReason(): Promise<number | undefined> {
    if (this.status !== 'FAILED') return this.known('FAILUREREASON');
    return await this.get('FAILUREREASON', { timeoutMs: REASON_TIMEOUT_MS }).catch(() => undefined);
  }
}

/** Upper limit for the parties of a conference: more than any endpoint can join. */
const MAX_PARTICIPANTS = 1000;
