import { checkArgument, number, object } from '../../base/check.js';
import type { OtherWord } from '../../protocol/message.js';
import {
  VOICEMAIL_TRANSITIONS,
  type VoicemailFailureReason,
  type VoicemailStatus,
} from '../../protocol/status/voicemail-status.js';

interface Dated {
  /** Time of the report, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/**
 * The state of a voicemail; `status` is as on the wire. `VOICEMAIL_TRANSITIONS` of the catalogue has the order of
 * states.
 */
export type VoicemailState =
  /** Nothing happens to it now. */
  | (Dated & {
      readonly phase: 'at-rest';
      readonly status: 'NOTDOWNLOADED' | 'UNPLAYED' | 'PLAYED' | 'BLANK' | 'RECORDED' | 'UPLOADED';
    })
  | (Dated & { readonly phase: 'transferring'; readonly status: 'DOWNLOADING' | 'UPLOADING' })
  | (Dated & { readonly phase: 'playing'; readonly status: 'BUFFERING' | 'PLAYING' })
  | (Dated & { readonly phase: 'recording'; readonly status: 'RECORDING' })
  /** It failed, and can be tried again. */
  | (Dated & {
      readonly phase: 'failed';
      readonly status: 'FAILED';
      /** FAILUREREASON; undefined until the endpoint reports it. */
      readonly reason: VoicemailFailureReason | OtherWord | undefined;
    })
  /** The last state. */
  | (Dated & { readonly phase: 'deleted'; readonly status: 'DELETING' })
  /** UNKNOWN, and statuses that the reference does not list. */
  | (Dated & { readonly phase: 'other'; readonly status: 'UNKNOWN' | OtherWord });

/** News of a voicemail's state. Most endpoints report the reason of a failure before its status. */
export interface VoicemailNews {
  readonly status: string;
  /** FAILUREREASON, if it was reported since the previous status. */
  readonly reason?: string | undefined;
}

/**
 * Gives the state after `news`; `state` itself when the news is repeated, or follows the last state. A reason that is
 * reported after the status of its failure makes a new state.
 */
export function nextVoicemailState(
  state: VoicemailState | undefined,
  news: VoicemailNews,
  atMs: number,
): VoicemailState {
  checkArgument('news', news, object);
  checkArgument('atMs', atMs, number);
  if (state !== undefined) checkArgument('state', state, object);
  const { status, reason } = news;
  if (state?.phase === 'deleted') return state;
  if (state && state.status === status) {
    const explained = state.phase === 'failed' && reason !== undefined && reason !== state.reason;
    return explained ? { ...state, reason } : state;
  }
  if (!isVoicemailStatus(status)) return { phase: 'other', status, atMs };
  switch (status) {
    case 'DOWNLOADING':
    case 'UPLOADING':
      return { phase: 'transferring', status, atMs };
    case 'BUFFERING':
    case 'PLAYING':
      return { phase: 'playing', status, atMs };
    case 'RECORDING':
      return { phase: 'recording', status, atMs };
    case 'FAILED':
      return { phase: 'failed', status, reason, atMs };
    case 'DELETING':
      return { phase: 'deleted', status, atMs };
    case 'UNKNOWN':
      return { phase: 'other', status, atMs };
    default:
      return { phase: 'at-rest', status, atMs };
  }
}

function isVoicemailStatus(word: string): word is VoicemailStatus {
  return Object.hasOwn(VOICEMAIL_TRANSITIONS, word);
}
