import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { PropertyName } from '../../protocol/message.js';
import {
  canVoicemailMove,
  type VoicemailFailureReason,
  type VoicemailStatus,
} from '../../protocol/status/voicemail-status.js';
import type { Identity } from '../../switch/identity.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ApiObject, ObjectRecord } from '../object/api-object.js';
import { type SoundDevices, UserVoice } from '../voice/user-voice.js';
import type { ClosedStream } from '../voice/voice-router.js';
import { StepError, takeFault, type VoicemailFault, type VoicemailStep } from './voicemail-failure.js';

export type VoicemailType = 'INCOMING' | 'OUTGOING' | 'DEFAULT_GREETING' | 'CUSTOM_GREETING';

/** An activity on a voicemail: recording it or playing it. */
export interface VoicemailActivity {
  /** Ends the activity (`STOPRECORDING`, `STOPPLAYBACK`). */
  stop(): void;
  /** Ends the activity because of an error. */
  fail(error: StepError): void;
  /**
   * Ends the activity of a voicemail that is deleted; the recording is not sent. Resolves when its file is closed.
   * Default: {@link stop}.
   */
  discard?(): Promise<void>;
  /** Cuts the greeting short (`STARTRECORDING`). @returns true when there was one. */
  startRecording?(): boolean;
}

/** A recording or playback in progress, and the object that ends it. */
export interface Activity {
  readonly kind: 'recording' | 'playing';
  readonly by: VoicemailActivity;
}

/** One user's view of a voicemail or a greeting: the VOICEMAIL object, its audio and its voice streams. */
export class UserVoicemail {
  readonly object: ApiObject<'VOICEMAIL'>;
  readonly user: ExchangeUser;
  /** Faults to simulate for this voicemail. They are used before the faults of its user. */
  readonly faults: VoicemailFault[] = [];
  readonly #streamClosed: (closed: ClosedStream) => void;
  #file: string;
  #voice: UserVoice;
  #activity: Activity | undefined;

  constructor(
    object: ApiObject<'VOICEMAIL'>,
    user: ExchangeUser,
    file: string,
    streamClosed: (closed: ClosedStream) => void,
  ) {
    this.#streamClosed = streamClosed;
    this.object = object;
    this.user = user;
    this.#file = file;
    this.#voice = this.#newVoice();
  }

  get id(): number {
    return this.object.id;
  }

  get owner(): ExchangeUser {
    return this.user;
  }

  get type(): VoicemailType {
    return (this.object.get('TYPE') ?? 'INCOMING') as VoicemailType;
  }

  get status(): VoicemailStatus {
    return (this.object.get('STATUS') ?? 'UNKNOWN') as VoicemailStatus;
  }

  get isGreeting(): boolean {
    return this.type.endsWith('GREETING');
  }

  /** Path of the WAV file. Until it is recorded, this is a shipped file or another user's file. */
  get file(): string {
    return this.#file;
  }

  /** Streams that it is recorded from and played to. */
  get voice(): UserVoice {
    return this.#voice;
  }

  /** The recording or playback in progress. There is at most one. */
  get activity(): Activity | undefined {
    return this.#activity;
  }

  /** Begins an activity. @throws ERR_INVALID_STATE while another activity is in progress. */
  begin(kind: Activity['kind'], by: VoicemailActivity): void {
    if (this.#activity) {
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        `Voicemail ${this.id} is already ${this.#activity.kind}.`,
      );
    }
    this.#activity = { kind, by };
  }

  /** Notes that an activity is over. Does nothing for an activity that is not the current one. */
  end(by: VoicemailActivity): void {
    if (this.#activity?.by === by) this.#activity = undefined;
  }

  /** Sets the file of the recording. */
  recordInto(file: string): void {
    this.#file = file;
  }

  /** Records from the streams of a call. */
  share(voice: UserVoice): void {
    this.#voice = voice;
  }

  /** True when the audio is available and no activity is in progress. */
  get isPlayable(): boolean {
    return !this.activity && this.canBecome('BUFFERING');
  }

  /**
   * True when it can change to `status` now (`VOICEMAIL_TRANSITIONS`). A greeting can also be played and recorded
   * again.
   */
  canBecome(status: VoicemailStatus): boolean {
    if (this.status === status) return false;
    if (canVoicemailMove(this.status, status)) return true;
    return this.isGreeting && this.status !== 'DELETING' && GREETING_BEGINS.includes(status);
  }

  /**
   * Changes to `status` and notifies the user.
   *
   * @returns false, with nothing changed, when that status cannot follow, for example after a deletion.
   */
  become(status: VoicemailStatus): boolean {
    if (!this.canBecome(status)) return false;
    this.object.tell('STATUS', status);
    return true;
  }

  /** Notifies the user of its properties, and of its status when it has one. */
  introduce(): void {
    for (const property of INTRODUCTION) this.object.tell(property, this.object.get(property) ?? '');
    if (this.object.get('STATUS') !== undefined) this.object.tell('STATUS', this.status);
  }

  /** Simulates a fault of `step`. @throws StepError when one is set. */
  attempt(step: VoicemailStep): void {
    const reason = takeFault(this.faults, step) ?? takeFault(this.user.voicemailFaults, step);
    if (reason !== undefined) throw new StepError(reason);
  }

  fail(reason: VoicemailFailureReason): void {
    if (!this.canBecome('FAILED')) return;
    this.object.tell('FAILUREREASON', reason);
    this.become('FAILED');
  }

  /**
   * Gives it new streams after a recording or playback has ended the old ones. Default: streams on the user's devices.
   */
  renewVoice(devices?: SoundDevices): void {
    this.#voice = this.#newVoice(devices);
    for (const [stream, value] of Object.entries(UNREDIRECTED)) this.object.put(stream as 'INPUT', value);
  }

  #newVoice(devices: SoundDevices = this.user): UserVoice {
    return new UserVoice(devices, {
      inputActive: () => undefined,
      closed: (stream, stats, error) =>
        this.#streamClosed({
          handle: this.user.handle,
          object: 'VOICEMAIL',
          id: this.id,
          stream,
          stats,
          error,
        }),
      failed: (device, error) => this.activity?.by.fail(new StepError(DEVICE_REASONS[device], error)),
      muted: () => false,
    });
  }
}

/** Statuses to which a greeting can change from any status except DELETING. */
const GREETING_BEGINS: readonly VoicemailStatus[] = ['BUFFERING', 'RECORDING'];

/** Stream properties of a voicemail that uses the sound card. */
export const UNREDIRECTED = {
  INPUT: 'SOUNDCARD="default"',
  OUTPUT: 'SOUNDCARD="default"',
  CAPTURE_MIC: '',
} as const satisfies Partial<Record<PropertyName<'VOICEMAIL'>, string>>;

/** Failure reason for each sound device. */
export const DEVICE_REASONS = { microphone: 'RECORDING_ERROR', speaker: 'PLAYBACK_ERROR' } as const;

/** Properties that announce a new VOICEMAIL object, in this order (reference, "CALLVOICEMAIL"). */
export const INTRODUCTION = [
  'TYPE',
  'PARTNER_HANDLE',
  'PARTNER_DISPNAME',
  'ALLOWED_DURATION',
  'SUBJECT',
  'TIMESTAMP',
  'DURATION',
] as const satisfies readonly PropertyName<'VOICEMAIL'>[];

/** Makes the first properties of a VOICEMAIL object. */
export function voicemailProperties(
  type: VoicemailType,
  partner: Identity,
  allowedSeconds: number,
  unixMs: number,
): Readonly<Record<(typeof INTRODUCTION)[number], string>> {
  return {
    TYPE: type,
    PARTNER_HANDLE: partner.handle,
    PARTNER_DISPNAME: partner.fullName,
    ALLOWED_DURATION: String(allowedSeconds),
    SUBJECT: '',
    TIMESTAMP: String(Math.floor(unixMs / 1000)),
    DURATION: '0',
  };
}

/** A stored record without the state of the run that has ended. */
export function settledVoicemail(record: ObjectRecord): ObjectRecord {
  const { INPUT: _input, OUTPUT: _output, CAPTURE_MIC: _captureMic, ...rest } = record;
  return { ...rest, STATUS: entryOf(SETTLED, rest['STATUS'] ?? '') ?? rest['STATUS'] ?? 'UNKNOWN' };
}

/** Statuses of an activity that a restart has interrupted, and the status that each gets in the next run. */
const SETTLED: Readonly<Record<string, VoicemailStatus>> = {
  DOWNLOADING: 'NOTDOWNLOADED',
  BUFFERING: 'UNPLAYED',
  PLAYING: 'UNPLAYED',
  RECORDING: 'RECORDED',
  UPLOADING: 'RECORDED',
};
