import { checkArgument, having, oneOf, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import type { WaitOptions } from '../../base/wait.js';
import type { OtherWord } from '../../protocol/message.js';
import {
  VOICEMAIL_STATUSES,
  type VoicemailFailureReason,
  type VoicemailStatus,
} from '../../protocol/status/voicemail-status.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { RemoteObject, type RemoteObjectEvents } from '../state/remote-object.js';
import { StateHistory } from './state-history.js';
import { VoiceStream } from './voice-stream.js';
import { nextVoicemailState, type VoicemailState } from './voicemail-life.js';

/** Events of a {@link Voicemail}. */
export interface VoicemailEvents extends RemoteObjectEvents {
  state: [state: VoicemailState];
}

/** A voicemail could not be fetched, played, recorded or sent during a wait for another state. */
export class VoicemailFailedError extends JackfieldError {
  /** As on the wire; undefined when the endpoint gave none. */
  readonly failureReason: VoicemailFailureReason | OtherWord | undefined;

  /** @internal */
  constructor(
    id: number,
    status: string,
    waitedFor: string,
    failureReason: VoicemailFailureReason | OtherWord | undefined,
  ) {
    const why = failureReason === undefined ? '' : ` (${failureReason})`;
    super('ERR_VOICEMAIL_FAILED', `Voicemail ${id} is ${status}${why} before it was ${waitedFor}.`);
    this.failureReason = failureReason;
  }
}

const STATUS = oneOf(...VOICEMAIL_STATUSES);

/** Rule of a voicemail. */
export const LIVE_VOICEMAIL = having('on', 'text');

/** A VOICEMAIL object, kept up to date by the endpoint's notifications. Made by {@link Client.voicemail}. */
export class Voicemail extends RemoteObject<'VOICEMAIL', VoicemailEvents> {
  /** The voice that is recorded. */
  readonly input: VoiceStream;
  /** The voice that is played. */
  readonly output: VoiceStream;
  /** A copy of the microphone. */
  readonly captureMic: VoiceStream;
  readonly #clock: Clock;
  readonly #history: StateHistory<VoicemailState>;
  /** FAILUREREASON of the failure that is reported next. */
  #reason: string | undefined;

  /** @internal */
  constructor(id: number, sender: CommandSender, clock: Clock) {
    super('VOICEMAIL', id, sender);
    checkArgument('clock', clock, CLOCK);
    this.#clock = clock;
    this.#history = new StateHistory(`voicemail ${id}`, clock, ({ phase }) => phase === 'deleted');
    this.input = new VoiceStream('INPUT', 'VOICEMAIL', id, sender);
    this.output = new VoiceStream('OUTPUT', 'VOICEMAIL', id, sender);
    this.captureMic = new VoiceStream('CAPTURE_MIC', 'VOICEMAIL', id, sender);
  }

  /** The newest state; undefined until the endpoint reports one. */
  get state(): VoicemailState | undefined {
    return this.#history.newest;
  }

  /** The states so far, oldest first. The last 1000 are kept. */
  get history(): readonly VoicemailState[] {
    return this.#history.all;
  }

  /** True when it was deleted, or when no more news of it can come. */
  override get over(): boolean {
    return this.#history.over;
  }

  /** True when it can be dropped and made again: nothing happens to it, and nothing reads its states. */
  override get idle(): boolean {
    return (this.over || this.state?.phase === 'at-rest') && this.listenerCount('state') === 0;
  }

  /** All states, from the first reported one until it is deleted. @throws ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  states(options: WaitOptions = {}): AsyncGenerator<VoicemailState, void, void> {
    return this.#history.read('oldest', options);
  }

  /**
   * Resolves when the voicemail has this status, now or later.
   *
   * @throws ERR_VOICEMAIL_FAILED (a {@link VoicemailFailedError}) when it fails or is deleted first; ERR_TIMEOUT;
   * ERR_ABORTED; ERR_CLOSED.
   */
  async reached(status: VoicemailStatus, options: WaitOptions = {}): Promise<VoicemailState> {
    checkArgument('status', status, STATUS);
    let last: VoicemailState | undefined;
    for await (const state of this.#history.read('newest', options, status)) {
      if (state.status === status) return state;
      last = state;
      if (state.phase === 'failed') break;
    }
    throw await this.failure(status, last);
  }

  /**
   * Makes the error for a state other than `wanted`. Asks for the reason of a failure if it was not reported yet.
   * @internal
   */
  async failure(wanted: string, state = this.state): Promise<VoicemailFailedError> {
    checkArgument('wanted', wanted, words);
    const reason = state?.phase === 'failed' ? (state.reason ?? (await this.#failureReason())) : undefined;
    return new VoicemailFailedError(this.id, state?.status ?? 'gone', wanted, reason);
  }

  /** Fetches it from the server. */
  download(options?: CommandOptions): Promise<void> {
    return this.alter('DOWNLOAD', '', options);
  }

  /** Sends the recording to the server. */
  upload(options?: CommandOptions): Promise<void> {
    return this.alter('UPLOAD', '', options);
  }

  /** Plays it; it must be downloaded. */
  startPlayback(options?: CommandOptions): Promise<void> {
    return this.alter('STARTPLAYBACK', '', options);
  }

  /** Plays it to both parties of the call in progress. */
  startPlaybackInCall(options?: CommandOptions): Promise<void> {
    return this.alter('STARTPLAYBACKINCALL', '', options);
  }

  stopPlayback(options?: CommandOptions): Promise<void> {
    return this.alter('STOPPLAYBACK', '', options);
  }

  /** Ends the greeting and begins to record. */
  startRecording(options?: CommandOptions): Promise<void> {
    return this.alter('STARTRECORDING', '', options);
  }

  /** Ends the recording; it is then uploaded. */
  stopRecording(options?: CommandOptions): Promise<void> {
    return this.alter('STOPRECORDING', '', options);
  }

  /** Marks it as not played yet. */
  markUnplayed(options?: CommandOptions): Promise<void> {
    return this.alter('SETUNPLAYED', '', options);
  }

  delete(options?: CommandOptions): Promise<void> {
    return this.alter('DELETE', '', options);
  }

  /** @internal */
  override take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    const news = super.take(property, value, heardAt, sentAfter);
    // A reason that is repeated may belong to another failure.
    if (property === 'FAILUREREASON' && (news || sentAfter === undefined)) {
      this.#reason = value || undefined;
      if (this.state?.phase === 'failed') this.#move(this.state.status);
    }
    if (property === 'STATUS' && news) this.#move(value);
    return news;
  }

  /** Ends the voicemail's news for good; called by the client. @internal */
  override lose(error: Error): void {
    this.#history.lose(error);
  }

  #move(status: string): void {
    const next = nextVoicemailState(this.state, { status, reason: this.#reason }, this.#clock.unixMs());
    this.#reason = undefined;
    if (next === this.state) return;
    this.#history.push(next);
    this.emit('state', next);
  }

  /** Gets the reason of a failure. An endpoint without one answers with an error, or with nothing. */
  async #failureReason(): Promise<string | undefined> {
    const reason = await this.text('FAILUREREASON', { fresh: true }).catch(() => '');
    return reason || undefined;
  }
}
