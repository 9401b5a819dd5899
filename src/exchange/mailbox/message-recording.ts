import { Script } from '../../switch/script.js';
import { VoiceRoom } from '../../switch/voice-room.js';
import { standStill } from '../stand-still.js';
import { FileDestination } from '../voice/file-stream.js';
import type { UserVoicemail, VoicemailActivity } from './user-voicemail.js';
import type { StepError } from './voicemail-failure.js';
import { TRANSFER_MS, type VoicemailKeeper } from './voicemail-keeper.js';

/** Records a greeting from its user's streams, then uploads it. */
export class MessageRecording implements VoicemailActivity {
  readonly #keeper: VoicemailKeeper;
  readonly #voicemail: UserVoicemail;
  readonly #stopped: Promise<void>;
  #stop: () => void = () => undefined;
  #failure: StepError | undefined;
  #recorded: Promise<void> = Promise.resolve();

  constructor(keeper: VoicemailKeeper, voicemail: UserVoicemail) {
    this.#keeper = keeper;
    this.#voicemail = voicemail;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    voicemail.begin('recording', this);
  }

  stop(): void {
    this.#stop();
  }

  fail(error: StepError): void {
    this.#failure ??= error;
    this.#stop();
  }

  async discard(): Promise<void> {
    this.stop();
    // `run()` reports the error to its caller.
    await this.#recorded.catch(() => undefined);
  }

  /** Records and uploads. Resolves when the greeting has been uploaded, or has failed. */
  async run(): Promise<void> {
    const voicemail = this.#voicemail;
    const { clock } = this.#keeper.context;
    voicemail.become('RECORDING');
    const startedAt = clock.now();
    try {
      voicemail.attempt('record');
      this.#recorded = this.#record();
      await this.#recorded;
    } catch (error) {
      return this.#end(() => this.#keeper.failed(voicemail, error, 'FILE_WRITE_ERROR'));
    }
    const seconds = Math.round((clock.now() - startedAt) / 1000);
    if (voicemail.canBecome('RECORDED')) voicemail.object.tell('DURATION', String(seconds));
    voicemail.become('RECORDED');
    await this.upload();
  }

  /** Uploads the recording. */
  async upload(): Promise<void> {
    const { clock } = this.#keeper.context;
    if (!this.#voicemail.become('UPLOADING')) return this.#end(() => undefined);
    await new Promise<void>((resolve) => clock.timerAt(clock.now() + TRANSFER_MS, resolve));
    try {
      await this.#keeper.deliver(this.#voicemail);
      this.#end(() => undefined);
    } catch (error) {
      this.#end(() => this.#keeper.failed(this.#voicemail, error, 'FILE_WRITE_ERROR'));
    }
  }

  #end(tell: () => void): void {
    this.#voicemail.end(this);
    tell();
    this.#keeper.save(this.#voicemail);
  }

  async #record(): Promise<void> {
    const voicemail = this.#voicemail;
    const allowedMs = Number(voicemail.object.get('ALLOWED_DURATION')) * 1000;
    voicemail.recordInto(this.#keeper.fileFor(voicemail.id));
    const { clock, ticker } = this.#keeper.context;
    const file = await standStill(clock, FileDestination.at(voicemail.file));
    const room = new VoiceRoom(ticker);
    const script = new Script([{ record: allowedMs, into: file }], () => this.stop());
    room.seat(script, voicemail.voice);
    await this.#stopped;
    await room.unseat(script);
    await room.bridge.leave(voicemail.voice);
    room.stopIfEmpty();
    await standStill(clock, file.close());
    voicemail.renewVoice();
    const failure = this.#failure ?? file.failure;
    if (failure !== undefined) throw failure;
    if (voicemail.canBecome('RECORDED')) voicemail.object.tell('TYPE', 'CUSTOM_GREETING');
  }
}
