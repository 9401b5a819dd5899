import { JackfieldError } from '../../base/errors.js';
import { type CallStatus, canCallMove, isTerminalCallStatus } from '../../protocol/status/call-status.js';
import type { Attempt } from '../../switch/attempt.js';
import type { Conversation, Placing } from '../../switch/leg.js';
import type { SoundDeviceName } from '../voice/user-voice.js';

/** An activity of a call other than a conversation: leaving a voicemail, watching a transfer. */
export interface Occupation {
  /** Ends the activity when the user hangs up. */
  stop(): void;
  /** Handles a failure of one of the user's sound devices. Default: ignored. */
  soundFailed?(device: SoundDeviceName, error: unknown): void;
  /** Dials the number again. @returns false when there is nothing to dial. Default: nothing. */
  redial?(): boolean;
  /** Returns to the conversation. @returns false when it cannot. Default: it cannot. */
  resume?(): boolean;
}

/** Stage of a user's call, with the data of that stage. */
export type CallStage =
  | { readonly kind: 'new' }
  /** A target is being searched for. */
  | { readonly kind: 'placing'; readonly placing: Placing }
  /** The call rings at the user. */
  | { readonly kind: 'offered'; readonly attempt: Attempt }
  | { readonly kind: 'active'; readonly conversation: Conversation }
  | { readonly kind: 'occupied'; readonly occupation: Occupation }
  | { readonly kind: 'over' };

/**
 * Stages that can follow each stage. A transferred call is placed again. An occupied call is placed again by a redial,
 * or becomes active again when a transfer is taken back.
 *
 * ```
 * new -> placing | offered -> active -> over
 *           ^           |       | ^
 *           |           v       v |
 *           `--------- occupied --' -> over
 * ```
 */
const NEXT: Readonly<Record<CallStage['kind'], readonly CallStage['kind'][]>> = {
  new: ['placing', 'offered', 'occupied', 'over'],
  placing: ['placing', 'active', 'occupied', 'over'],
  offered: ['active', 'occupied', 'over'],
  active: ['placing', 'occupied', 'over'],
  occupied: ['placing', 'active', 'over'],
  over: [],
};

/** Checks the next stage of a call. @throws ERR_INVALID_STATE when stage `to` cannot follow `from`. */
export function checkStage(id: number, from: CallStage['kind'], to: CallStage['kind']): void {
  if (!NEXT[from].includes(to)) throw impossible(id, from, to);
}

/**
 * Checks the next status of a call. Every call in progress can end, with any final status.
 *
 * @throws ERR_INVALID_STATE when it cannot follow.
 */
export function checkStatus(id: number, from: CallStatus, to: CallStatus): void {
  const ends = isTerminalCallStatus(to) && !isTerminalCallStatus(from);
  if (!ends && !canCallMove(from, to)) throw impossible(id, from, to);
}

function impossible(id: number, from: string, to: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', `Call ${id} is ${from}: it cannot become ${to}.`);
}
