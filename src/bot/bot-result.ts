import type { RecordingResult } from '../recording/call-recording.js';

/**
 * Outcome of a bot's work on a call. `hung-up`: the other party ended it before the script did. `failed`: the script
 * threw. `unanswered`: there was no call.
 */
export type BotOutcome = 'done' | 'hung-up' | 'failed' | 'unanswered';

export interface BotResult {
  readonly bot: string;
  readonly callId: number;
  readonly outcome: BotOutcome;
  /** The call's last status, as on the wire. */
  readonly status: string;
  readonly error?: Error;
  /** The recording of the call, complete on disk; absent when it was not recorded, or could not be. */
  readonly recording?: RecordingResult;
  /** First error that kept a prompt from being said, also when the script went on without it. */
  readonly unsaid?: Error;
}
