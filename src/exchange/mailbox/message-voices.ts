import type { Script } from '../../switch/script.js';
import { VoiceRoom } from '../../switch/voice-room.js';
import type { VoiceTicker } from '../../switch/voice-ticker.js';
import type { UserCall } from '../calls/user-call.js';
import { FileDestination } from '../voice/file-stream.js';

/** Step of the script that is the greeting. */
const GREETING_STEP = 0;

/** The voices of a call that leaves a voicemail: the script that is played to the caller, and the file of the message. */
export class MessageVoices {
  readonly #call: UserCall;
  readonly #room: VoiceRoom;
  #script: Script | undefined;
  #recording: Promise<FileDestination> | undefined;
  #ended: Promise<void> | undefined;
  #skipsGreeting = false;

  constructor(call: UserCall, ticker: VoiceTicker) {
    this.#call = call;
    this.#room = new VoiceRoom(ticker);
  }

  /** Makes the file of the message. */
  open(file: string): Promise<FileDestination> {
    this.#recording = FileDestination.at(file);
    return this.#recording;
  }

  play(script: Script): void {
    this.#script = script;
    if (this.#skipsGreeting) script.skipPast(GREETING_STEP);
    this.#room.seat(script, this.#call.voice);
  }

  /** Has the tone come at once, also when nothing is played yet. */
  skipGreeting(): void {
    this.#skipsGreeting = true;
    this.#script?.skipPast(GREETING_STEP);
  }

  /** The error because of which the file is incomplete. Rejects when it could not be made. */
  async failure(): Promise<unknown> {
    return (await this.#recording)?.failure;
  }

  /** Ends the voices and the file, once. The seconds that were told last are what they are. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#call.stopSeconds();
    if (this.#script) await this.#room.unseat(this.#script);
    await this.#room.bridge.release(this.#call.voice);
    this.#room.stopIfEmpty();
    // A file that could not be opened has failed the message, or was not to be.
    const recording = await this.#recording?.catch(() => undefined);
    await recording?.close();
  }
}
