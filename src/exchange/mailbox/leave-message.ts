import type { CallStatus } from '../../protocol/catalogue/call-status.js';
import type { CallFailureReason } from '../../protocol/catalogue/failure-reasons.js';
import { Room } from '../calls/room.js';
import type { Occupation, UserCall } from '../calls/user-call.js';
import { standStill } from '../stand-still.js';
import { FileDestination } from '../voice/file-stream.js';
import { readVoice } from '../voice/prompts.js';
import { Script } from '../voice/script.js';
import type { SoundDevice } from '../voice/user-voice.js';
import { DEVICE_REASONS, INTRODUCTION, type Voicemail, type VoicemailActivity } from './voicemail.js';
import { StepError } from './voicemail-failure.js';
import { TRANSFER_MS, type VoicemailKeeper } from './voicemail-keeper.js';

/** By `CALLVOICEMAIL`, or because a call was not answered. */
export type LeaveStyle = 'called' | 'forwarded';

type Step = 'buffering' | 'playing' | 'recording' | 'uploading' | 'sent' | 'cancelled' | 'failed';

/**
 * How the caller's CALL goes through it. The VM statuses are those of calls that were forwarded into voicemail
 * (reference, notes on the CALL object); `CALLVOICEMAIL` is in progress all the time (its example).
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

/** How FAILUREREASON of the call says that its voicemail has failed. */
const SOUND_RECORDING_ERROR = 12;
const MISCELLANEOUS_ERROR = 1;

/** Steps of the script that is played to the caller. */
const GREETING_STEP = 0;

/** A call that leaves a voicemail: the greeting, the tone, the recording, the upload. */
export class LeaveMessage implements Occupation, VoicemailActivity {
  readonly #keeper: VoicemailKeeper;
  readonly #call: UserCall;
  readonly #greeting: Voicemail;
  readonly #message: Voicemail;
  readonly #statuses: Readonly<Record<Step, CallStatus>>;
  readonly #room: Room;
  readonly #over: Promise<void>;
  #resolveOver: () => void = () => undefined;
  #phase: 'begin' | 'greeting' | 'recording' | 'over' = 'begin';
  #script: Script | undefined;
  #recording: FileDestination | undefined;

  constructor(
    keeper: VoicemailKeeper,
    call: UserCall,
    greeting: Voicemail,
    message: Voicemail,
    style: LeaveStyle,
  ) {
    this.#keeper = keeper;
    this.#call = call;
    this.#greeting = greeting;
    this.#message = message;
    this.#statuses = STATUSES[style];
    this.#room = new Room(keeper.context.ticker);
    this.#over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    // One microphone, one set of streams: those of the call are those of the voicemail.
    message.voice = call.voice;
    message.activity = { kind: 'recording', by: this };
    call.voice.listen(false);
    call.occupy(this);
  }

  /** Resolves when the message is delivered, or is not to be. */
  async start(): Promise<void> {
    const { clock } = this.#keeper.context;
    clock.timerAt(clock.now(), () => {
      if (this.#phase === 'over') return;
      this.#introduce(this.#greeting);
      this.#greeting.setStatus('NOTDOWNLOADED');
      this.#greeting.setStatus('DOWNLOADING');
      this.#introduce(this.#message);
      this.#message.setStatus('BLANK');
    });
    clock.timerAt(clock.now() + TRANSFER_MS, () => this.#play());
    await this.#over;
  }

  stop(): void {
    if (this.#phase === 'recording') this.#keeper.track(this.#send());
    else this.#keeper.delete(this.#message);
  }

  discard(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#keeper.track(this.#hush());
    this.#finish('cancelled');
  }

  soundFailed(device: SoundDevice, error: unknown): void {
    this.fail(new StepError(DEVICE_REASONS[device], error));
  }

  fail(error: unknown): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#keeper.track(this.#hush());
    this.#failed(error);
  }

  startRecording(): boolean {
    if (this.#phase !== 'greeting') return false;
    this.#script?.skipPast(GREETING_STEP);
    return true;
  }

  #introduce({ object }: Voicemail): void {
    for (const property of INTRODUCTION) object.tell(property, object.get(property) ?? '');
  }

  async #play(): Promise<void> {
    if (this.#phase !== 'begin') return;
    this.#phase = 'greeting';
    const allowed = this.#message.object.get('ALLOWED_DURATION') ?? '0';
    this.#status('buffering');
    this.#call.object.tell('VM_ALLOWED_DURATION', allowed);
    this.#call.object.tell('VM_DURATION', '0');
    this.#greeting.setStatus('PLAYING');
    this.#greeting.setStatus('BUFFERING');
    this.#status('playing');
    try {
      this.#recording = await FileDestination.at(this.#message.file);
      this.#sayAndRecord(await this.#greet(), this.#recording, Number(allowed));
    } catch (error) {
      this.fail(error);
    }
  }

  /** What the greeting says. Without one, the caller hears the tone at once. */
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
    const { object } = this.#greeting;
    object.tell('DURATION', String(Math.ceil(speech.length / 16_000)));
    object.tell('TIMESTAMP', object.get('TIMESTAMP') ?? '0');
    if (this.#greeting.canBecome('PLAYING')) this.#greeting.setStatus('PLAYING');
    this.#script = new Script(
      [
        { say: speech },
        { run: () => this.#greeting.canBecome('PLAYED') && this.#greeting.setStatus('PLAYED') },
        { say: this.#keeper.context.beep },
        { run: () => this.#record() },
        { record: allowedSeconds * 1000, into: recording },
      ],
      () => this.stop(),
    );
    this.#room.seat(this.#script, this.#call.voice);
  }

  #record(): void {
    this.#phase = 'recording';
    this.#call.voice.listen(true);
    const { object } = this.#message;
    object.tell('TIMESTAMP', String(Math.floor(this.#keeper.context.clock.unixMs() / 1000)));
    this.#message.setStatus('RECORDING');
    this.#status('recording');
    try {
      this.#message.attempt('record');
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#keeper.context.save(this.#message);
    this.#call.countSeconds('VM_DURATION', (seconds) => {
      object.tell('DURATION', String(seconds));
      this.#keeper.context.save(this.#message);
    });
  }

  async #send(): Promise<void> {
    this.#phase = 'over';
    await standStill(this.#keeper.context.clock, this.#hush());
    if (this.#recording?.failure !== undefined) return this.#failed(this.#recording.failure);
    this.#message.setStatus('UPLOADING');
    this.#status('uploading');
    this.#keeper.context.save(this.#message);
    const { clock } = this.#keeper.context;
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
    this.#keeper.context.save(this.#message);
    const sound = error instanceof StepError && error.reason === DEVICE_REASONS.microphone;
    this.#finish('failed', sound ? SOUND_RECORDING_ERROR : MISCELLANEOUS_ERROR);
  }

  /** Ends the voices and the recording. The seconds that were told last are what they are. */
  async #hush(): Promise<void> {
    this.#call.stopSeconds();
    if (this.#script) await this.#room.unseat(this.#script);
    await this.#room.bridge.release(this.#call.voice);
    this.#room.stopIfEmpty();
    await this.#recording?.close();
  }

  #finish(step: 'sent' | 'cancelled' | 'failed', reason?: CallFailureReason): void {
    this.#message.activity = undefined;
    this.#message.renewVoice();
    this.#call.finish(this.#statuses[step], reason);
    this.#call.object.tell('VAA_INPUT_STATUS', 'FALSE');
    this.#resolveOver();
  }

  #status(step: Step): void {
    this.#call.setStatus(this.#statuses[step]);
  }
}
