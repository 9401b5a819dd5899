import type { Script } from '../../switch/script.js';
import { VoiceRoom } from '../../switch/voice-room.js';
import type { VoiceTicker } from '../../switch/voice-ticker.js';
import type { UserCall } from '../calls/user-call.js';
import { FileDestination } from '../voice/file-stream.js';

/** Index of the greeting among the steps of the script. */
const GREETING_STEP = 0;

/**
 * The audio of a call that leaves a voicemail: the script that is played to the caller, and the file of the message.
 */
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

  /** Creates the file of the message. */
  open(file: string): Promise<FileDestination> {
    this.#recording = FileDestination.at(file);
    return this.#recording;
  }

  play(script: Script): void {
    this.#script = script;
    if (this.#skipsGreeting) script.skipPast(GREETING_STEP);
    this.#room.seat(script, this.#call.voice);
  }

  /** Skips to the tone, also when playback has not begun yet. */
  skipGreeting(): void {
    this.#skipsGreeting = true;
    this.#script?.skipPast(GREETING_STEP);
  }

  /** The error that left the file incomplete. Rejects when the file could not be created. */
  async failure(): Promise<unknown> {
    return (await this.#recording)?.failure;
  }

  /** Ends the audio and closes the file. Repeated calls do nothing. The last reported number of seconds is final. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.#call.stopSeconds();
    if (this.#script) await this.#room.unseat(this.#script);
    await this.#room.bridge.release(this.#call.voice);
    this.#room.stopIfEmpty();
    // A file that could not be opened was reported before, or the message was cancelled.
    const recording = await this.#recording?.catch(() => undefined);
    await recording?.close();
  }
}
