import type { WaitOptions } from '../base/wait.js';
import type { CallEvents } from '../control/call/call.js';
import type { CallState } from '../control/call/call-life.js';
import type { CommandOptions } from '../control/client/command-sender.js';
import type { CallStatus } from '../protocol/status/call-status.js';
import type { Listen } from '../stream/pcm-stream.js';

/**
 * The part of a call that a recorder or a bot needs, for calls of any kind. A `Call` of an attached endpoint implements
 * it; the methods are described there.
 */
export interface CallControl {
  readonly id: number;
  /** The newest state; undefined until one was reported. */
  readonly state: CallState | undefined;
  /** The newest status; UNPLACED until one was reported. */
  readonly status: CallState['status'];
  /** The states so far, oldest first. */
  readonly history: readonly CallState[];
  /** True when the call is over, or when no more news of it can come. */
  readonly over: boolean;
  /** Known properties of the call by their names in the reference, such as PARTNER_HANDLE. */
  readonly properties: ReadonlyMap<string, string>;
  /** Asks for a property that is not known yet. */
  text(property: string, options?: CommandOptions): Promise<string>;

  /** Resolves when the call has this status. @throws ERR_CALL_ENDED, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  reached(status: CallStatus, options?: WaitOptions): Promise<CallState>;
  /** Resolves to the last status when the call is over. @throws ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  ended(options?: WaitOptions): Promise<CallState['status']>;
  /** Asks for the state of the call, in case a notification was lost. */
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
