import { Room } from '../calls/room.js';
import { standStill } from '../stand-still.js';
import { FileDestination } from '../voice/file-stream.js';
import { Script } from '../voice/script.js';
import type { Voicemail, VoicemailActivity } from './voicemail.js';
import { TRANSFER_MS, type VoicemailKeeper } from './voicemail-keeper.js';

/** Records a greeting from its user's streams, then uploads it. */
export class Recording implements VoicemailActivity {
  readonly #keeper: VoicemailKeeper;
  readonly #voicemail: Voicemail;
  readonly #stopped: Promise<void>;
  #stop: () => void = () => undefined;

  constructor(keeper: VoicemailKeeper, voicemail: Voicemail) {
    this.#keeper = keeper;
    this.#voicemail = voicemail;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    voicemail.activity = { kind: 'recording', by: this };
  }

  stop(): void {
    this.#stop();
  }

  /** Resolves when it is uploaded. */
  async run(): Promise<void> {
    const voicemail = this.#voicemail;
    const { clock } = this.#keeper.context;
    voicemail.setStatus('RECORDING');
    const startedAt = clock.now();
    try {
      await this.#record();
      const seconds = Math.round((clock.now() - startedAt) / 1000);
      voicemail.object.tell('DURATION', String(seconds));
      voicemail.setStatus('RECORDED');
      await this.upload();
    } catch (error) {
      this.#keeper.context.failed(error);
      voicemail.fail('RECORDING_ERROR');
    } finally {
      voicemail.activity = undefined;
    }
  }

  /** Uploads what is recorded. */
  async upload(): Promise<void> {
    const { clock } = this.#keeper.context;
    this.#voicemail.setStatus('UPLOADING');
    await new Promise<void>((resolve) => clock.timerAt(clock.now() + TRANSFER_MS, resolve));
    await this.#keeper.deliver(this.#voicemail);
  }

  async #record(): Promise<void> {
    const voicemail = this.#voicemail;
    const allowedMs = Number(voicemail.object.get('ALLOWED_DURATION')) * 1000;
    voicemail.file = this.#keeper.fileFor(voicemail.id);
    const { clock, ticker } = this.#keeper.context;
    const file = await standStill(clock, FileDestination.at(voicemail.file));
    const room = new Room(ticker);
    const script = new Script([{ record: allowedMs, into: file }], () => this.stop());
    room.seat(script, voicemail.voice);
    await this.#stopped;
    await room.unseat(script);
    await room.bridge.leave(voicemail.voice);
    room.stopIfEmpty();
    await standStill(clock, file.close());
    voicemail.voice = voicemail.newVoice();
    if (file.failure !== undefined) throw file.failure;
    voicemail.object.tell('TYPE', 'CUSTOM_GREETING');
  }
}
