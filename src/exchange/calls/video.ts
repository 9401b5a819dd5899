import type { Clock } from '../../clock.js';
import type { UserCall } from './user-call.js';

type VideoAction = 'START_VIDEO_SEND' | 'STOP_VIDEO_SEND' | 'START_VIDEO_RECEIVE' | 'STOP_VIDEO_RECEIVE';

/** How long video takes to start and to stop, in milliseconds. */
const SETTLE_MS = 1000;

/** What each action does: on one's own side, and on the other's. */
const ACTIONS = {
  START_VIDEO_SEND: { own: 'VIDEO_SEND_STATUS', other: 'VIDEO_RECEIVE_STATUS', start: true },
  STOP_VIDEO_SEND: { own: 'VIDEO_SEND_STATUS', other: 'VIDEO_RECEIVE_STATUS', start: false },
  START_VIDEO_RECEIVE: { own: 'VIDEO_RECEIVE_STATUS', other: 'VIDEO_SEND_STATUS', start: true },
  STOP_VIDEO_RECEIVE: { own: 'VIDEO_RECEIVE_STATUS', other: 'VIDEO_SEND_STATUS', start: false },
} as const;

const STATUSES = ['VIDEO_NONE', 'VIDEO_SEND_ENABLED', 'VIDEO_RECV_ENABLED', 'VIDEO_BOTH_ENABLED'] as const;

export function isVideoAction(action: string): action is VideoAction {
  return Object.hasOwn(ACTIONS, action);
}

/** VIDEO_STATUS and the two states at the beginning of a conversation, from who has a camera. */
export function enableVideo(call: UserCall, otherHasVideo: boolean): void {
  const { video } = call.user.settings;
  call.object.put('VIDEO_STATUS', STATUSES[(video ? 1 : 0) + (otherHasVideo ? 2 : 0)] ?? 'VIDEO_NONE');
  call.object.put('VIDEO_SEND_STATUS', video ? 'AVAILABLE' : 'NOT_AVAILABLE');
  call.object.put('VIDEO_RECEIVE_STATUS', otherHasVideo ? 'AVAILABLE' : 'NOT_AVAILABLE');
}

/** Starts or stops video. No picture is carried; the states of both ends follow the reference. */
export function alterVideo(
  call: UserCall,
  other: UserCall | undefined,
  action: VideoAction,
  clock: Clock,
): boolean {
  const { own, other: otherProperty, start } = ACTIONS[action];
  if (call.object.get(own) !== (start ? 'AVAILABLE' : 'RUNNING')) return false;
  const tell = (status: string) => {
    if (!call.over) call.object.tell(own, status);
    if (other && !other.over) other.object.tell(otherProperty, status);
  };
  tell(start ? 'STARTING' : 'STOPPING');
  clock.timerAt(clock.now() + SETTLE_MS, () => {
    if (call.object.get(own) === (start ? 'STARTING' : 'STOPPING')) tell(start ? 'RUNNING' : 'AVAILABLE');
  });
  return true;
}
