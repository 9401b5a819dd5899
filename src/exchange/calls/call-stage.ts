import { JackfieldError } from '../../base/errors.js';
import { type CallStatus, canCallMove, isTerminalCallStatus } from '../../protocol/status/call-status.js';
import type { Attempt } from '../../switch/attempt.js';
import type { Conversation, Placing } from '../../switch/leg.js';
import type { SoundDeviceName } from '../voice/user-voice.js';

/** Something other than talking that a call is busy with: leaving a voicemail, watching a transfer. */
export interface Occupation {
  /** Ends it: the user hangs up. */
  stop(): void;
  /** Takes that one of the user's sound devices has failed. Default: no matter. */
  soundFailed?(device: SoundDeviceName, error: unknown): void;
  /** Dials the number again. @returns whether there was one. Default: there is none. */
  redial?(): boolean;
  /** Goes back to talking. @returns whether it can. Default: it cannot. */
  resume?(): boolean;
}

/** Stage of a user's call, with what belongs to it. */
export type CallStage =
  | { readonly kind: 'new' }
  /** A target is searched for. */
  | { readonly kind: 'placing'; readonly placing: Placing }
  /** The call rings at the user. */
  | { readonly kind: 'offered'; readonly attempt: Attempt }
  | { readonly kind: 'active'; readonly conversation: Conversation }
  | { readonly kind: 'occupied'; readonly occupation: Occupation }
  | { readonly kind: 'over' };

/**
 * Stages that can follow each. A call that was transferred is placed again; one that waits for something is placed again
 * (a redial) or goes on (a transfer that is taken back).
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

/** @throws ERR_INVALID_STATE when stage `to` cannot follow `from`. */
export function checkStage(id: number, from: CallStage['kind'], to: CallStage['kind']): void {
  if (!NEXT[from].includes(to)) throw impossible(id, from, to);
}

/**
 * Checks a status that a call is to have next. Whatever goes on can end, in any way.
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
