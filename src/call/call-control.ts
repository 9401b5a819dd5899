import type { WaitOptions } from '../base/wait.js';
import type { CallEvents } from '../control/call/call.js';
import type { CallState } from '../control/call/call-life.js';
import type { CommandOptions } from '../control/client/command-sender.js';
import type { CallStatus } from '../protocol/status/call-status.js';
import type { Listen } from '../stream/pcm-stream.js';

/**
 * The part of a call that a recorder or a bot needs, whatever carries the call. A `Call` of an attached endpoint
 * has all of it; its methods behave as described there.
 */
export interface CallControl {
  readonly id: number;
  /** The newest state; absent until one was heard of. */
  readonly state: CallState | undefined;
  /** The newest status; UNPLACED until one was heard of. */
  readonly status: CallState['status'];
  /** The states so far, oldest first. */
  readonly history: readonly CallState[];
  /** True when the call is over, or can no longer be heard of. */
  readonly over: boolean;
  /** Facts of the call by the reference's names, such as PARTNER_HANDLE, as far as they are known. */
  readonly properties: ReadonlyMap<string, string>;
  /** Asks for a fact that is not known yet. */
  text(property: string, options?: CommandOptions): Promise<string>;

  /** Resolves when the call has this status. @throws ERR_CALL_ENDED, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  reached(status: CallStatus, options?: WaitOptions): Promise<CallState>;
  /** Resolves to the last status when the call is over. @throws ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  ended(options?: WaitOptions): Promise<CallState['status']>;
  /** Asks where the call is, for news that may have been lost. */
  refresh(options?: CommandOptions): Promise<void>;

  answer(options?: CommandOptions): Promise<void>;
  refuse(options?: CommandOptions): Promise<void>;
  hold(options?: CommandOptions): Promise<void>;
  resume(options?: CommandOptions): Promise<void>;
  hangUp(options?: CommandOptions): Promise<void>;
  transfer(targets: string | readonly string[], options?: CommandOptions): Promise<void>;
  sendDtmf(digits: string, options?: CommandOptions): Promise<void>;

  readonly on: Listen<Pick<CallEvents, 'state' | 'dtmf' | 'property'>>;
  readonly off: Listen<Pick<CallEvents, 'state' | 'dtmf' | 'property'>>;
}
