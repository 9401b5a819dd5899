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

/** Something that is being done with a voicemail: recording it, playing it. */
export interface VoicemailActivity {
  /** Ends it, by `STOPRECORDING` or `STOPPLAYBACK`. */
  stop(): void;
  /** Ends it because something has failed. */
  fail(error: StepError): void;
  /** The voicemail is deleted: what was recorded goes nowhere. Resolves when its file is closed. Default: {@link stop}. */
  discard?(): Promise<void>;
  /** The greeting is to be cut short (`STARTRECORDING`). @returns whether there was one. */
  startRecording?(): boolean;
}

/** A recording or a playback that is under way, with what ends it. */
export interface Activity {
  readonly kind: 'recording' | 'playing';
  readonly by: VoicemailActivity;
}

/** One user's view of a voicemail or a greeting: the VOICEMAIL object, its audio and its voice streams. */
export class UserVoicemail {
  readonly object: ApiObject<'VOICEMAIL'>;
  readonly user: ExchangeUser;
  /** Faults that are to happen to it, before those that are to happen to any of its user's. */
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

  /** The WAV file with its audio: one that is shipped, or another user's, until it is recorded. */
  get file(): string {
    return this.#file;
  }

  /** Streams that it is recorded from and played to. */
  get voice(): UserVoice {
    return this.#voice;
  }

  /** Recording or playback that is under way; one at a time. */
  get activity(): Activity | undefined {
    return this.#activity;
  }

  /** @throws ERR_INVALID_STATE while something else is done with it. */
  begin(kind: Activity['kind'], by: VoicemailActivity): void {
    if (this.#activity) {
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        `Voicemail ${this.id} is ${this.#activity.kind} already.`,
      );
    }
    this.#activity = { kind, by };
  }

  /** Takes in that an activity is over; nothing when it was not this one. */
  end(by: VoicemailActivity): void {
    if (this.#activity?.by === by) this.#activity = undefined;
  }

  /** Records it into a file from now on. */
  recordInto(file: string): void {
    this.#file = file;
  }

  /** Records it from the streams of a call. */
  share(voice: UserVoice): void {
    this.#voice = voice;
  }

  /** True when its audio is here, and nothing is done with it. */
  get isPlayable(): boolean {
    return !this.activity && this.canBecome('BUFFERING');
  }

  /** True when it can become `status` now (`VOICEMAIL_TRANSITIONS`; a greeting also begins anew). */
  canBecome(status: VoicemailStatus): boolean {
    if (this.status === status) return false;
    if (canVoicemailMove(this.status, status)) return true;
    return this.isGreeting && this.status !== 'DELETING' && GREETING_BEGINS.includes(status);
  }

  /**
   * Moves it to `status` and tells its user.
   *
   * @returns whether its life allows that now. If not, nothing has changed: it has been deleted meanwhile, for example.
   */
  become(status: VoicemailStatus): boolean {
    if (!this.canBecome(status)) return false;
    this.object.tell('STATUS', status);
    return true;
  }

  /** Tells its user what it is, and its status where it has one. */
  introduce(): void {
    for (const property of INTRODUCTION) this.object.tell(property, this.object.get(property) ?? '');
    if (this.object.get('STATUS') !== undefined) this.object.tell('STATUS', this.status);
  }

  /** @throws StepError when `step` has to fail now. */
  attempt(step: VoicemailStep): void {
    const reason = takeFault(this.faults, step) ?? takeFault(this.user.voicemailFaults, step);
    if (reason !== undefined) throw new StepError(reason);
  }

  fail(reason: VoicemailFailureReason): void {
    if (!this.canBecome('FAILED')) return;
    this.object.tell('FAILUREREASON', reason);
    this.become('FAILED');
  }

  /** Gives it new streams: a recording or a playback has ended the former ones. By default on the user's devices. */
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

/** A greeting is played, and recorded anew, from wherever it rests. */
const GREETING_BEGINS: readonly VoicemailStatus[] = ['BUFFERING', 'RECORDING'];

/** The properties of streams that go from and to the sound card. */
export const UNREDIRECTED = {
  INPUT: 'SOUNDCARD="default"',
  OUTPUT: 'SOUNDCARD="default"',
  CAPTURE_MIC: '',
} as const satisfies Partial<Record<PropertyName<'VOICEMAIL'>, string>>;

/** Reasons of a recording or a playback that fails with its sound device. */
export const DEVICE_REASONS = { microphone: 'RECORDING_ERROR', speaker: 'PLAYBACK_ERROR' } as const;

/** The properties by which a new VOICEMAIL object is made known, in this order (reference, "CALLVOICEMAIL"). */
export const INTRODUCTION = [
  'TYPE',
  'PARTNER_HANDLE',
  'PARTNER_DISPNAME',
  'ALLOWED_DURATION',
  'SUBJECT',
  'TIMESTAMP',
  'DURATION',
] as const satisfies readonly PropertyName<'VOICEMAIL'>[];

/** Makes the properties that a VOICEMAIL object begins with. */
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

/** A record as it was stored, without what belongs to a run that is over. */
export function settled(record: ObjectRecord): ObjectRecord {
  const { INPUT: _input, OUTPUT: _output, CAPTURE_MIC: _captureMic, ...rest } = record;
  return { ...rest, STATUS: entryOf(SETTLED, rest['STATUS'] ?? '') ?? rest['STATUS'] ?? 'UNKNOWN' };
}

/** Statuses that a former run was busy with, and what each is for the next run. */
const SETTLED: Readonly<Record<string, VoicemailStatus>> = {
  DOWNLOADING: 'NOTDOWNLOADED',
  BUFFERING: 'UNPLAYED',
  PLAYING: 'UNPLAYED',
  RECORDING: 'RECORDED',
  UPLOADING: 'RECORDED',
};
