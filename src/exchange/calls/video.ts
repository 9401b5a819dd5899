import { entryOf } from '../../base/entry-of.js';
import type { Clock } from '../../base/time/clock.js';
import type { ApiObject } from '../object/api-object.js';

/** Video actions of ALTER CALL. */
export const VIDEO_ACTIONS = [
  'START_VIDEO_SEND',
  'STOP_VIDEO_SEND',
  'START_VIDEO_RECEIVE',
  'STOP_VIDEO_RECEIVE',
] as const;

export type VideoAction = (typeof VIDEO_ACTIONS)[number];

/** The video state of one end of a call. */
interface VideoEnd {
  readonly object: ApiObject<'CALL'>;
  readonly over: boolean;
}

/** Duration of starting and stopping video, in milliseconds. */
const SETTLE_MS = 1000;

const DIRECTIONS = ['VIDEO_SEND_STATUS', 'VIDEO_RECEIVE_STATUS'] as const;

/** Property that each action changes, on the user's own side and on the other side. */
const ACTIONS = {
  START_VIDEO_SEND: { own: 'VIDEO_SEND_STATUS', other: 'VIDEO_RECEIVE_STATUS', start: true },
  STOP_VIDEO_SEND: { own: 'VIDEO_SEND_STATUS', other: 'VIDEO_RECEIVE_STATUS', start: false },
  START_VIDEO_RECEIVE: { own: 'VIDEO_RECEIVE_STATUS', other: 'VIDEO_SEND_STATUS', start: true },
  STOP_VIDEO_RECEIVE: { own: 'VIDEO_RECEIVE_STATUS', other: 'VIDEO_SEND_STATUS', start: false },
} as const satisfies Readonly<Record<VideoAction, object>>;

/** Statuses in which each action is possible, and those that it sets: first for `SETTLE_MS`, then finally. */
const MOVES = {
  start: {
    AVAILABLE: ['STARTING', 'RUNNING'],
    REJECTED: ['STARTING', 'RUNNING'],
  },
  stop: {
    RUNNING: ['STOPPING', 'AVAILABLE'],
    PAUSED: ['STOPPING', 'AVAILABLE'],
  },
} as const satisfies Record<string, Readonly<Record<string, readonly [string, string]>>>;

const STATUSES = ['VIDEO_NONE', 'VIDEO_SEND_ENABLED', 'VIDEO_RECV_ENABLED', 'VIDEO_BOTH_ENABLED'] as const;

/** The part of a user that decides if another user can see their video. */
interface VideoUser {
  readonly handle: string;
  readonly settings: { readonly video: boolean };
  takesVideoFrom(handle: string): boolean;
}

/**
 * Sets VIDEO_STATUS and the two states at the start of a conversation. A user can send video when they have a camera
 * and the other user accepts video from them.
 *
 * @param other Undefined when the other end is not a user.
 */
export function enableVideo(object: ApiObject<'CALL'>, own: VideoUser, other: VideoUser | undefined): void {
  const sends = own.settings.video && (other?.takesVideoFrom(own.handle) ?? true);
  const receives = (other?.settings.video ?? false) && own.takesVideoFrom(other?.handle ?? '');
  object.put('VIDEO_STATUS', STATUSES[(sends ? 1 : 0) + (receives ? 2 : 0)] ?? 'VIDEO_NONE');
  object.put('VIDEO_SEND_STATUS', sends ? 'AVAILABLE' : 'NOT_AVAILABLE');
  object.put('VIDEO_RECEIVE_STATUS', receives ? 'AVAILABLE' : 'NOT_AVAILABLE');
}

/**
 * Starts or stops video, or refuses it while it starts. No picture is carried; the states of both ends follow the
 * reference.
 *
 * @returns false when the action is not possible in the present state.
 */
export function alterVideo(
  call: VideoEnd,
  other: VideoEnd | undefined,
  action: VideoAction,
  clock: Clock,
): boolean {
  const { own, other: otherProperty, start } = ACTIONS[action];
  const status = call.object.get(own) ?? '';
  const tell = (next: string) => {
    if (!call.over) call.object.tell(own, next);
    if (other && !other.over) other.object.tell(otherProperty, next);
  };
  if (action === 'STOP_VIDEO_RECEIVE' && status === 'STARTING') {
    tell('REJECTED');
    return true;
  }
  const moves: Readonly<Record<string, readonly [string, string]>> = MOVES[start ? 'start' : 'stop'];
  const move = entryOf(moves, status);
  if (!move) return false;
  const [meanwhile, settled] = move;
  tell(meanwhile);
  clock.timerAt(clock.now() + SETTLE_MS, () => {
    if (call.object.get(own) === meanwhile) tell(settled);
  });
  return true;
}

/** Pauses running video while the call is on hold, and resumes it afterwards. */
export function pauseVideo(object: ApiObject<'CALL'>, onHold: boolean): void {
  const [from, to] = onHold ? ['RUNNING', 'PAUSED'] : ['PAUSED', 'RUNNING'];
  for (const direction of DIRECTIONS) if (object.get(direction) === from) object.tell(direction, to);
}
