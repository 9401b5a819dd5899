import type { Clock } from '../../base/time/clock.js';
import type { VoicemailFailureReason } from '../../protocol/status/voicemail-status.js';
import type { VoiceTicker } from '../../switch/voice-ticker.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectShelf } from '../object/object-shelf.js';
import type { ClosedStream } from '../voice/voice-router.js';
import type { UserVoicemail } from './user-voicemail.js';

/** Simulated network delay of a voicemail, in milliseconds. */
export const TRANSFER_MS = 500;

/** The part of the exchange that voicemails use. */
export interface VoicemailsContext {
  readonly clock: Clock;
  readonly ticker: VoiceTicker;
  /** Folder of the audio files. */
  readonly folder: string;
  /** File of the greeting for users without one of their own, and the tone before the recording. */
  readonly defaultGreeting: string;
  readonly beep: Int16Array;
  userOf(handle: string): ExchangeUser | undefined;
  nextId(): number;
  /** Storage that keeps voicemails over a restart. */
  readonly shelf: ObjectShelf<'VOICEMAIL'>;
  /** Reports an error of background work, usually of a disk. */
  failed(error: unknown): void;
  /** Called when a redirected stream of a voicemail was closed. */
  readonly streamClosed: (closed: ClosedStream) => void;
}

/** The part of the voicemails that recordings and playbacks use. */
export interface VoicemailKeeper {
  readonly context: VoicemailsContext;
  /** Sends a recorded message to its recipient, or keeps a recorded greeting as the user's. */
  deliver(voicemail: UserVoicemail): Promise<void>;
  /** Path of the recording of the voicemail with this id. */
  fileFor(id: number): string;
  delete(voicemail: UserVoicemail): void;
  /** Stores it, unless it is deleted. */
  save(voicemail: UserVoicemail): void;
  /**
   * Notifies the user that a step has failed, and reports the cause as a failure of the exchange.
   *
   * @param otherwise reason to use when `error` is not a StepError.
   */
  failed(voicemail: UserVoicemail, error: unknown, otherwise: VoicemailFailureReason): void;
  /** Makes the exchange wait for `work` when it closes. */
  track(work: Promise<void>): void;
}
