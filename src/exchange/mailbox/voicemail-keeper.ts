import type { Clock } from '../../base/time/clock.js';
import type { VoicemailFailureReason } from '../../protocol/status/voicemail-status.js';
import type { VoiceTicker } from '../../switch/voice-ticker.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectShelf } from '../object/object-shelf.js';
import type { ClosedStream } from '../voice/voice-router.js';
import type { UserVoicemail } from './user-voicemail.js';

/** Time that the network takes for a voicemail, in milliseconds. */
export const TRANSFER_MS = 500;

/** The part of the exchange that voicemails use. */
export interface VoicemailsContext {
  readonly clock: Clock;
  readonly ticker: VoiceTicker;
  /** Folder of the audio. */
  readonly folder: string;
  /** The greeting of those who have none of their own, and the tone before the recording. */
  readonly defaultGreeting: string;
  readonly beep: Int16Array;
  userOf(handle: string): ExchangeUser | undefined;
  nextId(): number;
  /** The place in which voicemails survive a restart. */
  readonly shelf: ObjectShelf<'VOICEMAIL'>;
  /** Something that goes on besides commands has failed: a disk, mostly. */
  failed(error: unknown): void;
  /** A redirected stream of a voicemail was closed. */
  readonly streamClosed: (closed: ClosedStream) => void;
}

/** The part of the voicemails that recordings and playbacks use. */
export interface VoicemailKeeper {
  readonly context: VoicemailsContext;
  /** Sends a recorded message to its recipient, or a recorded greeting to where greetings are kept. */
  deliver(voicemail: UserVoicemail): Promise<void>;
  /** Path of the recording of the voicemail with this id. */
  fileFor(id: number): string;
  delete(voicemail: UserVoicemail): void;
  /** Stores it, unless it is deleted. */
  save(voicemail: UserVoicemail): void;
  /**
   * Tells the voicemail's user that a step of it has failed, and those who watch the exchange of what caused that.
   *
   * @param otherwise the reason when `error` is no StepError.
   */
  failed(voicemail: UserVoicemail, error: unknown, otherwise: VoicemailFailureReason): void;
  /** Has the exchange wait for `work` when it closes. */
  track(work: Promise<void>): void;
}
