import { FRAME_SAMPLES, type Party } from '../../switch/party.js';
import type { Listener } from '../../switch/script.js';
import { VoiceRoom } from '../../switch/voice-room.js';
import { standStill } from '../stand-still.js';
import { FileSource } from '../voice/file-stream.js';
import type { UserVoice } from '../voice/user-voice.js';
import type { UserVoicemail, VoicemailActivity } from './user-voicemail.js';
import type { StepError } from './voicemail-failure.js';
import type { VoicemailKeeper } from './voicemail-keeper.js';

/** A room in which a voicemail is played, and its listeners. */
export interface Audience {
  readonly room: VoiceRoom;
  readonly listeners: readonly Party[];
}

/** Plays a voicemail to its user's streams, or into a call. */
export class MessagePlayback implements VoicemailActivity {
  readonly #keeper: VoicemailKeeper;
  readonly #voicemail: UserVoicemail;
  readonly #audience: Audience | undefined;
  #stop: (() => void) | undefined;
  #stopped = false;
  #failure: StepError | undefined;

  /** @param audience Default: the user, who hears it on the voicemail's own streams. */
  constructor(keeper: VoicemailKeeper, voicemail: UserVoicemail, audience?: Audience) {
    this.#keeper = keeper;
    this.#voicemail = voicemail;
    this.#audience = audience;
    voicemail.begin('playing', this);
  }

  /** Plays it. Resolves when the playback is over. */
  async run(): Promise<void> {
    const voicemail = this.#voicemail;
    voicemail.become('BUFFERING');
    try {
      voicemail.attempt('playback');
      const source = await standStill(this.#keeper.context.clock, FileSource.at(voicemail.file));
      if (!this.#stopped && voicemail.become('PLAYING')) await this.#play(source);
      await standStill(this.#keeper.context.clock, source.close());
      if (this.#failure ?? source.failure) throw this.#failure ?? source.failure;
      this.#end(() => voicemail.become('PLAYED'));
    } catch (error) {
      this.#end(() => this.#keeper.failed(voicemail, error, 'FILE_READ_ERROR'));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stop?.();
  }

  fail(error: StepError): void {
    this.#failure ??= error;
    this.stop();
  }

  async #play(source: FileSource): Promise<void> {
    const audience = this.#audience;
    const room = audience?.room ?? new VoiceRoom(this.#keeper.context.ticker);
    const voice = this.#voicemail.voice;
    const player = audience ? new FilePlayer(source) : new PrivatePlayer(source, voice);
    this.#stop = () => player.end();
    room.seat(player, ...(audience?.listeners ?? []));
    await player.ended;
    await room.unseat(player);
    if (audience) return;
    this.#voicemail.renewVoice();
    await standStill(this.#keeper.context.clock, voice.leave());
  }

  #end(tell: () => void): void {
    this.#voicemail.end(this);
    tell();
    this.#keeper.save(this.#voicemail);
  }
}

/** A party that plays a file. */
class FilePlayer implements Party {
  readonly ended: Promise<void>;
  readonly #source: FileSource;
  #resolve: () => void = () => undefined;

  constructor(source: FileSource) {
    this.#source = source;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  end(): void {
    this.#resolve();
  }

  speak(frame: Int16Array): void | Promise<void> {
    return this.#source.read(frame);
  }

  hear(): void {
    if (!this.#source.active) this.end();
  }

  async leave(): Promise<void> {
    this.end();
  }
}

/** Streams of one user who listens alone. The microphone is captured meanwhile; nobody hears it. */
export class Audition implements Listener {
  readonly #voice: UserVoice;
  readonly #unheard = new Int16Array(FRAME_SAMPLES);

  constructor(voice: UserVoice) {
    this.#voice = voice;
  }

  write(frame: Int16Array): void | Promise<void> {
    const capturing = this.#voice.speak(this.#unheard);
    return capturing ? capturing.then(() => this.#voice.hear(frame)) : this.#voice.hear(frame);
  }
}

/** Plays to the streams of one user only. It sends no padding after the last sample of the file. */
class PrivatePlayer extends FilePlayer {
  readonly #source: FileSource;
  readonly #audition: Audition;

  constructor(source: FileSource, voice: UserVoice) {
    super(source);
    this.#source = source;
    this.#audition = new Audition(voice);
  }

  override async speak(frame: Int16Array): Promise<void> {
    const before = this.#source.stats.moved;
    await super.speak(frame);
    await this.#audition.write(frame.subarray(0, this.#source.stats.moved - before));
    frame.fill(0);
  }
}
