import type { CallStatus } from '../../protocol/status/call-status.js';
import type { CallFailureReason } from '../../protocol/status/failure-reasons.js';
import { Script } from '../../switch/script.js';
import { failureNumber } from '../calls/call-end.js';
import type { Occupation } from '../calls/call-stage.js';
import type { UserCall } from '../calls/user-call.js';
import { Loudspeaker } from '../devices/loudspeaker.js';
import { silentSoundCard } from '../devices/sound-card.js';
import { standStill } from '../stand-still.js';
import type { FileDestination } from '../voice/file-stream.js';
import { readVoice } from '../voice/prompt-files.js';
import type { SoundDeviceName } from '../voice/user-voice.js';
import { Audition } from './message-playback.js';
import { MessageVoices } from './message-voices.js';
import { DEVICE_REASONS, type UserVoicemail, type VoicemailActivity } from './user-voicemail.js';
import { StepError } from './voicemail-failure.js';
import { TRANSFER_MS, type VoicemailKeeper } from './voicemail-keeper.js';

/** Reason for leaving a voicemail: `CALLVOICEMAIL`, or a call that was not answered. */
export type LeaveStyle = 'called' | 'forwarded';

type Step = 'buffering' | 'playing' | 'recording' | 'uploading' | 'sent' | 'cancelled' | 'failed';

/**
 * Statuses of the caller's CALL in each step. The VM statuses are for calls that were forwarded to voicemail
 * (reference, notes on the CALL object). A `CALLVOICEMAIL` call stays in progress the whole time (reference, its
 * example).
 */
const STATUSES: Readonly<Record<LeaveStyle, Readonly<Record<Step, CallStatus>>>> = {
  called: {
    buffering: 'INPROGRESS',
    playing: 'INPROGRESS',
    recording: 'INPROGRESS',
    uploading: 'INPROGRESS',
    sent: 'FINISHED',
    cancelled: 'FINISHED',
    failed: 'FAILED',
  },
  forwarded: {
    buffering: 'VM_BUFFERING_GREETING',
    playing: 'VM_PLAYING_GREETING',
    recording: 'VM_RECORDING',
    uploading: 'VM_UPLOADING',
    sent: 'VM_SENT',
    cancelled: 'VM_CANCELLED',
    failed: 'VM_FAILED',
  },
};

type Phase = 'begin' | 'greeting' | 'recording' | 'sending' | 'over';

/**
 * Phases that can follow each phase. A recording is always sent, even when a command is repeated or comes too late.
 *
 * `begin -> greeting -> recording -> sending -> over`; every phase can go to `over`.
 */
const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  begin: ['greeting', 'over'],
  greeting: ['recording', 'over'],
  recording: ['sending', 'over'],
  sending: ['over'],
  over: [],
};

/** A call that leaves a voicemail: it plays the greeting and the tone, records the message and uploads it. */
export class LeaveMessage implements Occupation, VoicemailActivity {
  readonly #keeper: VoicemailKeeper;
  readonly #call: UserCall;
  readonly #greeting: UserVoicemail;
  readonly #message: UserVoicemail;
  readonly #statuses: Readonly<Record<Step, CallStatus>>;
  readonly #voices: MessageVoices;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => undefined;
  #phase: Phase = 'begin';
  /** Stopping the playback of the greeting ends only the greeting. The tone follows. */
  readonly #greetingCut: VoicemailActivity = {
    stop: () => void this.startRecording(),
    fail: () => void this.startRecording(),
  };

  constructor(
    keeper: VoicemailKeeper,
    call: UserCall,
    greeting: UserVoicemail,
    message: UserVoicemail,
    style: LeaveStyle,
  ) {
    this.#keeper = keeper;
    this.#call = call;
    this.#greeting = greeting;
    this.#message = message;
    this.#statuses = STATUSES[style];
    this.#voices = new MessageVoices(call, keeper.context.ticker);
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    // There is one microphone, so the voicemail uses the streams of the call.
    message.share(call.voice);
    message.begin('recording', this);
    // The call already plays the greeting on the loudspeaker.
    const { microphone } = greeting.user;
    greeting.renewVoice({ loudspeaker: new Loudspeaker(silentSoundCard), microphone });
    greeting.begin('playing', this.#greetingCut);
    call.voice.listen(false);
    call.occupy(this);
  }

  /** Resolves when the message has been delivered, cancelled or has failed. */
  async start(): Promise<void> {
    const { clock } = this.#keeper.context;
    clock.timerAt(clock.now(), () => {
      if (this.#phase === 'over') return;
      this.#greeting.introduce();
      this.#greeting.become('DOWNLOADING');
      this.#message.introduce();
    });
    clock.timerAt(clock.now() + TRANSFER_MS, () => this.#play());
    await this.#over;
  }

  /** Ends the recording and sends it. Before recording has begun, the message is deleted. */
  stop(): void {
    if (this.#phase === 'recording') this.#keeper.track(this.#send());
    else if (this.#phase !== 'sending') this.#keeper.delete(this.#message);
  }

  async discard(): Promise<void> {
    this.#finish('cancelled');
    await this.#voices.end();
  }

  soundFailed(device: SoundDeviceName, error: unknown): void {
    this.fail(new StepError(DEVICE_REASONS[device], error));
  }

  fail(error: unknown): void {
    if (this.#phase === 'over' || this.#phase === 'sending') return;
    this.#keeper.track(this.#voices.end());
    this.#failed(error);
  }

  startRecording(): boolean {
    if (this.#phase !== 'begin' && this.#phase !== 'greeting') return false;
    this.#voices.skipGreeting();
    return true;
  }

  /** Moves to `phase`. @returns false, with nothing changed, when `phase` cannot follow. */
  #enter(phase: Phase): boolean {
    if (!NEXT[this.#phase].includes(phase)) return false;
    this.#phase = phase;
    return true;
  }

  async #play(): Promise<void> {
    if (!this.#enter('greeting')) return;
    const allowed = this.#message.object.get('ALLOWED_DURATION') ?? '0';
    this.#status('buffering');
    this.#call.object.tell('VM_ALLOWED_DURATION', allowed);
    this.#call.object.tell('VM_DURATION', '0');
    this.#greeting.become('PLAYING');
    this.#greeting.become('BUFFERING');
    this.#status('playing');
    try {
      const opened = this.#voices.open(this.#message.file);
      const [recording, speech] = await Promise.all([opened, this.#greet()]);
      if (this.#phase === 'greeting') this.#sayAndRecord(speech, recording, Number(allowed));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Reads the samples of the greeting. Without a greeting, the caller hears the tone at once. */
  async #greet(): Promise<Int16Array> {
    try {
      this.#greeting.attempt('download');
      return await readVoice(this.#greeting.file);
    } catch (error) {
      this.#keeper.failed(this.#greeting, error, 'FILE_READ_ERROR');
      return new Int16Array(0);
    }
  }

  #sayAndRecord(speech: Int16Array, recording: FileDestination, allowedSeconds: number): void {
    const { object, voice } = this.#greeting;
    object.tell('DURATION', String(Math.ceil(speech.length / 16_000)));
    object.tell('TIMESTAMP', object.get('TIMESTAMP') ?? '0');
    this.#greeting.become('PLAYING');
    const script = new Script(
      [
        { say: speech, to: new Audition(voice) },
        { run: () => this.#greeted() },
        { say: this.#keeper.context.beep },
        { run: () => this.#record() },
        { record: allowedSeconds * 1000, into: recording },
      ],
      () => this.stop(),
    );
    this.#voices.play(script);
  }

  #greeted(): void {
    const { voice } = this.#greeting;
    this.#greeting.end(this.#greetingCut);
    this.#greeting.become('PLAYED');
    this.#greeting.renewVoice();
    this.#keeper.track(voice.leave());
  }

  #record(): void {
    if (!this.#enter('recording')) return;
    this.#call.voice.listen(true);
    const { object } = this.#message;
    object.tell('TIMESTAMP', String(Math.floor(this.#keeper.context.clock.unixMs() / 1000)));
    this.#message.become('RECORDING');
    this.#status('recording');
    try {
      this.#message.attempt('record');
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#keeper.save(this.#message);
    this.#call.countVoicemailSeconds((seconds) => {
      object.tell('DURATION', String(seconds));
      this.#keeper.save(this.#message);
    });
  }

  async #send(): Promise<void> {
    if (!this.#enter('sending')) return;
    const { clock } = this.#keeper.context;
    await standStill(clock, this.#voices.end());
    const failure = await this.#voices.failure();
    if (failure !== undefined) return this.#failed(failure);
    if (!this.#message.become('UPLOADING')) return this.#finish('cancelled');
    this.#status('uploading');
    this.#keeper.save(this.#message);
    await new Promise<void>((resolve) => clock.timerAt(clock.now() + TRANSFER_MS, resolve));
    try {
      await this.#keeper.deliver(this.#message);
      this.#finish('sent');
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#keeper.failed(this.#message, error, 'FILE_WRITE_ERROR');
    this.#keeper.save(this.#message);
    const sound = error instanceof StepError && error.reason === DEVICE_REASONS.microphone;
    this.#finish('failed', failureNumber(sound ? 'microphone' : 'error'));
  }

  #finish(step: 'sent' | 'cancelled' | 'failed', reason?: CallFailureReason): void {
    if (!this.#enter('over')) return;
    this.#message.end(this);
    this.#message.renewVoice();
    this.#call.finish(this.#statuses[step], reason);
    this.#call.object.tell('VAA_INPUT_STATUS', 'FALSE');
    this.#resolveOver();
  }

  #status(step: Step): void {
    this.#call.setStatus(this.#statuses[step]);
  }
}
