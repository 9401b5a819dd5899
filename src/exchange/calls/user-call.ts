import type { LineQuality } from '../../base/line-quality.js';
import type { Clock } from '../../base/time/clock.js';
import { type CallStatus, isTerminalCallStatus } from '../../protocol/status/call-status.js';
import type { CallFailureReason } from '../../protocol/status/failure-reasons.js';
import type { Attempt, Destination } from '../../switch/attempt.js';
import type { Identity } from '../../switch/identity.js';
import type { Conversation, EndCause, Leg, Placing, Progress } from '../../switch/leg.js';
import type { ExchangeUser } from '../exchange-user.js';
import { ApiObject } from '../object/api-object.js';
import { type SoundDeviceName, UserVoice } from '../voice/user-voice.js';
import type { ClosedStream } from '../voice/voice-router.js';
import { asLine } from '../wire-value.js';
import { type CallDirection, END_STATUS, failureNumberOf, PROGRESS_STATUS } from './call-end.js';
import { CallSeconds } from './call-seconds.js';
import { type CallStage, checkStage, checkStatus, type Occupation } from './call-stage.js';
import { Digits } from './digits.js';
import { OutputGaps } from './output-gaps.js';
import { pauseVideo } from './video.js';

/** The part of the exchange that a {@link UserCall} uses. */
export interface UserCallContext {
  readonly clock: Clock;
  /** Called when the call is over. Its voice may still be flushing. */
  callEnded(call: UserCall): void;
  /** Called when the call has begun and after each minute, to store its length for a restart. */
  callCounted(call: UserCall): void;
  streamClosed(closed: ClosedStream): void;
  /** Called when the call starts or stops ringing at the user. */
  rings(call: UserCall, on: boolean): void;
}

/** One user's end of a call: the CALL object that their clients see, and their voice (reference, "CALL object"). */
export class UserCall implements Leg {
  readonly object: ApiObject<'CALL'>;
  readonly user: ExchangeUser;
  readonly partner: Identity;
  readonly direction: CallDirection;
  readonly voice: UserVoice;
  readonly gaps: OutputGaps;
  readonly #context: UserCallContext;
  readonly #seconds: CallSeconds;
  readonly #digits = new Digits(this);
  #quality: LineQuality | undefined;
  #stage: CallStage = { kind: 'new' };
  /** Time of the first answer, on the clock. */
  #connectedAt: number | undefined;

  constructor(
    id: number,
    user: ExchangeUser,
    partner: Identity,
    direction: CallDirection,
    status: 'UNPLACED' | 'ROUTING',
    context: UserCallContext,
  ) {
    this.user = user;
    this.partner = partner;
    this.direction = direction;
    this.#context = context;
    this.#seconds = new CallSeconds(context.clock);
    this.object = new ApiObject('CALL', id, user, {
      TIMESTAMP: String(Math.floor(context.clock.unixMs() / 1000)),
      PARTNER_HANDLE: partner.handle,
      PARTNER_DISPNAME: partner.fullName,
      TYPE: `${direction}_${partner.network}`,
      STATUS: status,
      ...(partner.network === 'PSTN' && { PSTN_NUMBER: partner.handle }),
    });
    this.gaps = new OutputGaps(id);
    this.voice = new UserVoice(user, {
      madeUp: (port, position, stretches) => this.gaps.tell(port, position, stretches),
      inputActive: (active) => this.object.tell('VAA_INPUT_STATUS', active ? 'TRUE' : 'FALSE'),
      closed: (stream, stats, error) =>
        context.streamClosed({ handle: user.handle, object: 'CALL', id, stream, stats, error }),
      failed: (device, error) => this.#soundFailed(device, error),
      muted: () => user.parameters.get('MUTE') === 'ON',
    });
  }

  get id(): number {
    return this.object.id;
  }

  /** Quality of the other end's line; undefined if it has none. For an ended call, the quality at its end. */
  get quality(): LineQuality | undefined {
    return this.conversation?.otherThan(this).voice.quality?.() ?? this.#quality;
  }

  get identity(): Identity {
    return this.user;
  }

  get status(): CallStatus {
    return (this.object.get('STATUS') ?? 'UNPLACED') as CallStatus;
  }

  get over(): boolean {
    return this.#stage.kind === 'over';
  }

  /** Conversation of the call; undefined while it rings and when it is over. */
  get conversation(): Conversation | undefined {
    return this.#stage.kind === 'active' ? this.#stage.conversation : undefined;
  }

  /** Attempt to reach this user; undefined once it was answered. */
  get attempt(): Attempt | undefined {
    return this.#stage.kind === 'offered' ? this.#stage.attempt : undefined;
  }

  /** Sets the status. @throws ERR_INVALID_STATE when it cannot follow the present one. */
  setStatus(status: CallStatus): void {
    checkStatus(this.id, this.status, status);
    this.object.tell('STATUS', status);
  }

  place(placing: Placing): void {
    this.#enter({ kind: 'placing', placing });
    placing.start();
  }

  /** Offers an incoming call to the user: it rings. */
  offer(attempt: Attempt): void {
    this.#enter({ kind: 'offered', attempt });
    attempt.onWithdrawn((cause) => this.ended(cause));
    this.object.tell('CONF_ID', '0');
    this.progress('ringing');
    attempt.ringing();
  }

  /** Replaces the conversation by another activity. */
  occupy(occupation: Occupation): void {
    this.#enter({ kind: 'occupied', occupation });
    this.stopSeconds();
  }

  /**
   * Answers the call.
   *
   * @returns false when there is nothing to answer. The actions below likewise return false when not possible.
   */
  answer(): boolean {
    if (this.#stage.kind !== 'offered') return false;
    this.#stage.attempt.answer(this);
    return true;
  }

  /** Dials again after a phone has rejected the call. */
  redial(): boolean {
    return (this.#stage.kind === 'occupied' && this.#stage.occupation.redial?.()) || false;
  }

  hangUp(): boolean {
    const state = this.#stage;
    switch (state.kind) {
      case 'new':
      case 'over':
        return false;
      case 'placing':
        state.placing.cancel({ kind: 'cancelled' });
        this.ended({ kind: 'cancelled' });
        return true;
      case 'offered':
        state.attempt.decline({ kind: 'refused' });
        this.ended({ kind: 'refused' });
        return true;
      case 'active':
        this.#hangUpConversation(state.conversation);
        return true;
      case 'occupied':
        state.occupation.stop();
        return true;
      default:
        return state satisfies never;
    }
  }

  /** Puts the call on hold, or resumes it. */
  hold(on: boolean): boolean {
    if (this.#stage.kind === 'occupied') return (!on && this.#stage.occupation.resume?.()) || false;
    const { conversation } = this;
    if (!conversation || conversation.isHeldBy(this) === on) return false;
    conversation.hold(this, on);
    return true;
  }

  /** True when digits can be sent, now or once the ringing call is answered. */
  get takesDigits(): boolean {
    return this.#stage.kind === 'active' || this.#rings;
  }

  /**
   * Sends digits, as sound and as signals. Digits of a ringing call are kept until it is answered.
   *
   * @returns false when there is no party to hear them, or too many wait.
   */
  sendDigits(digits: string): boolean {
    return this.takesDigits && this.#digits.send(digits, this.conversation);
  }

  /**
   * Forwards a ringing call by the user's forward rules, or to their voicemail. The settings for unanswered calls do
   * not matter.
   */
  forward(to: 'rules' | 'voicemail'): boolean {
    if (this.#stage.kind !== 'offered') return false;
    if (to === 'voicemail' && !this.user.hasVoicemail) return false;
    const { attempt } = this.#stage;
    this.ended({ kind: 'refused' });
    attempt.forward(to);
    return true;
  }

  /** Passes a ringing call or one in progress on to another target. */
  transfer(targets: readonly Destination[], passOn: (from: Conversation) => void): boolean {
    if (this.direction !== 'INCOMING') return false;
    if (this.#stage.kind === 'offered') this.#stage.attempt.transfer(targets, this);
    else if (this.#stage.kind === 'active') passOn(this.#stage.conversation);
    else return false;
    return true;
  }

  progress(step: Progress): void {
    this.setStatus(PROGRESS_STATUS[step]);
    if (step === 'ringing') this.user.focus('');
  }

  connected(conversation: Conversation): void {
    this.#enter({ kind: 'active', conversation });
    const active = () => this.setStatus('INPROGRESS');
    // Redirected input may already have started with early media.
    const input = () => this.object.tell('VAA_INPUT_STATUS', this.voice.inputActive ? 'TRUE' : 'FALSE');
    const video = () => this.object.tell('VIDEO_STATUS', this.object.get('VIDEO_STATUS') ?? 'VIDEO_NONE');
    const steps = this.direction === 'OUTGOING' ? [input, active, video] : [active, video, input];
    for (const step of steps) step();
    const now = this.#context.clock.now();
    if (this.#connectedAt === undefined) {
      this.#connectedAt = now;
      this.#context.callCounted(this);
    }
    if (!this.#seconds.running) this.#countSeconds(this.#connectedAt);
  }

  begun(): void {
    this.#digits.sendKept(this.conversation);
  }

  held({ local, remote }: { readonly local: boolean; readonly remote: boolean }): void {
    this.setStatus(local ? 'LOCALHOLD' : remote ? 'REMOTEHOLD' : 'INPROGRESS');
    pauseVideo(this.object, local || remote);
  }

  digit(digit: string): void {
    this.object.tell('DTMF', digit);
  }

  transferred(to: Identity | undefined): void {
    this.object.tell('TRANSFER_ACTIVE', to ? 'TRUE' : 'FALSE');
    if (!to) return;
    this.setStatus('ROUTING');
    this.object.tell('TRANSFERRED_TO', to.handle);
  }

  ended(cause: EndCause): void {
    if (this.#stage.kind === 'over') return;
    if (cause.kind === 'failed' && cause.text !== undefined) {
      this.object.tell('PSTN_STATUS', asLine(cause.text));
    }
    this.finish(END_STATUS[cause.kind][this.direction], failureNumberOf(cause));
  }

  /** Ends the call with a final status. */
  finish(status: CallStatus, reason?: CallFailureReason): void {
    if (this.#stage.kind === 'over') return;
    if (!isTerminalCallStatus(status)) throw new TypeError(`${status} does not end a call`);
    if (reason !== undefined) this.object.tell('FAILUREREASON', String(reason));
    const talked = this.#stage.kind === 'active';
    this.#quality = this.quality;
    if (this.#quality) this.object.put('LINE_QUALITY', JSON.stringify(this.#quality));
    this.#enter({ kind: 'over' });
    this.stopSeconds();
    this.setStatus(status);
    // The conversation closes the voices of its parties, once the other end has been notified as well.
    if (!talked) void this.voice.leave();
    this.#context.callEnded(this);
  }

  /** Notifies the seconds of a voicemail from now on. `told` is called before each notification. */
  countVoicemailSeconds(told: (seconds: number) => void): void {
    this.#countSeconds(this.#context.clock.now(), 'VM_DURATION', told);
  }

  stopSeconds(): void {
    this.#seconds.stop();
  }

  /** Changes the stage. @throws ERR_INVALID_STATE when `stage` cannot follow. */
  #enter(stage: CallStage): void {
    checkStage(this.id, this.#stage.kind, stage.kind);
    const rang = this.#stage.kind === 'offered';
    this.#stage = stage;
    if (rang !== (stage.kind === 'offered')) this.#context.rings(this, !rang);
  }

  #countSeconds(
    from: number,
    property: 'DURATION' | 'VM_DURATION' = 'DURATION',
    told: (seconds: number) => void = () => undefined,
  ): void {
    this.#seconds.count(from, (seconds) => {
      told(seconds);
      this.object.tell(property, String(seconds));
      if (seconds % COUNTED_SECONDS === 0) this.#context.callCounted(this);
    });
  }

  get #rings(): boolean {
    return this.#stage.kind === 'placing' || this.#stage.kind === 'offered';
  }

  #hangUpConversation(conversation: Conversation): void {
    const hosted = conversation.host === this.user.handle;
    conversation.end({ kind: 'hung-up' }, (leg) =>
      hosted && leg !== this ? { kind: 'dropped-by-host' } : { kind: 'hung-up' },
    );
  }

  /** Ends the activity that needs the device, for both ends. Each end gets its own failure reason. */
  #soundFailed(device: SoundDeviceName, error: unknown): void {
    const cause: EndCause = { kind: 'failed', reason: DEVICE_FAILURES[device] };
    const state = this.#stage;
    switch (state.kind) {
      case 'active':
        state.conversation.end({ kind: 'failed', reason: 'remote-sound-device' }, (leg) =>
          leg === this ? cause : { kind: 'failed', reason: 'remote-sound-device' },
        );
        break;
      case 'placing':
        state.placing.cancel({ kind: 'cancelled' });
        this.ended(cause);
        break;
      case 'occupied':
        state.occupation.soundFailed?.(device, error);
        break;
      default:
    }
  }
}

/** Interval at which the length of a call in progress is stored, in seconds. */
const COUNTED_SECONDS = 60;

/** Failure reasons for the owner of the failed device. */
const DEVICE_FAILURES = { microphone: 'microphone', speaker: 'sound-device' } as const;
