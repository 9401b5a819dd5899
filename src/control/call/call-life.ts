import { checkArgument, number, object } from '../../base/check.js';
import type { OtherWord } from '../../protocol/message.js';
import {
  CALL_TRANSITIONS,
  type CallStatus,
  canCallMove,
  isTerminalCallStatus,
} from '../../protocol/status/call-status.js';

/** Fields of all states of a call. */
interface Dated {
  /** Time of the report, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Time of the answer, in milliseconds since the Unix epoch; absent for a call that was not answered. */
  readonly answeredAtMs?: number | undefined;
}

/** Fields of all states after the answer. */
interface Answered extends Dated {
  readonly answeredAtMs: number;
}

type PlacingStatus = 'UNPLACED' | 'ROUTING' | 'EARLYMEDIA' | 'RINGING';
type HeldStatus = 'ONHOLD' | 'LOCALHOLD' | 'REMOTEHOLD';
type VoicemailLegStatus = 'VM_BUFFERING_GREETING' | 'VM_PLAYING_GREETING' | 'VM_RECORDING' | 'VM_UPLOADING';
type RedialStatus = 'WAITING_REDIAL_COMMAND' | 'REDIAL_PENDING';
type TransferStatus = 'TRANSFERRING';

/** The statuses that end a call. */
export type CallEndStatus = Exclude<
  CallStatus,
  PlacingStatus | 'INPROGRESS' | HeldStatus | VoicemailLegStatus | RedialStatus | TransferStatus
>;

/**
 * The state of a call; `status` is as on the wire. `CALL_TRANSITIONS` of the catalogue gives the order of states, with
 * a drawing.
 */
export type CallState =
  /** Not answered yet; or being transferred to another party, with `answeredAtMs` set. */
  | (Dated & { readonly phase: 'placing'; readonly status: PlacingStatus })
  | (Answered & { readonly phase: 'talking'; readonly status: 'INPROGRESS' })
  | (Answered & {
      readonly phase: 'held';
      readonly status: HeldStatus;
      /** The party that holds, when the endpoint reports it (protocol 2 and newer). */
      readonly by: 'local' | 'remote' | undefined;
    })
  | (Answered & { readonly phase: 'transferring'; readonly status: TransferStatus })
  /** The caller is leaving a voicemail. */
  | (Dated & { readonly phase: 'voicemail'; readonly status: VoicemailLegStatus })
  /** The other party was busy, and will be called again. */
  | (Dated & { readonly phase: 'redialling'; readonly status: RedialStatus })
  | (Dated & { readonly phase: 'ended'; readonly status: CallEndStatus })
  /** A status that the reference does not list. */
  | (Dated & { readonly phase: 'other'; readonly status: OtherWord });

/** News of a call's state. */
export type CallNews =
  | {
      readonly property: 'STATUS';
      readonly status: string;
      /** True when the other party has transferred the call (TRANSFER_ACTIVE). It is then routed and rings again. */
      readonly transferred?: boolean;
    }
  | { readonly property: 'DURATION'; readonly seconds: number };

/**
 * Gives the state after `news`; `state` itself when nothing changes. Tolerates what occurs on the wire:
 * - a status that ends the call is always accepted; nothing follows it;
 * - a status that is repeated or comes too late (RINGING after INPROGRESS) changes nothing;
 * - statuses in between can be missing;
 * - a first DURATION means that the call is in progress, if that status is missing. It means nothing for a call that
 *   was answered before and rings again after a transfer, since the seconds go on while it rings.
 */
export function nextCallState(
  state: CallState | undefined,
  news: CallNews,
  atMs: number,
): CallState | undefined {
  checkArgument('news', news, object);
  checkArgument('atMs', atMs, number);
  if (state !== undefined) checkArgument('state', state, object);
  if (news.property === 'STATUS') {
    const again = news.transferred && state !== undefined && canCallMove(state.status, news.status);
    const overtaken = state !== undefined && !again && !canCallReach(state.status, news.status);
    return overtaken || news.status === state?.status ? state : stateOf(news.status, state, atMs);
  }
  const waiting = state === undefined || state.phase === 'placing' || state.phase === 'redialling';
  const first = state?.answeredAtMs === undefined && news.seconds > 0;
  return waiting && first ? stateOf('INPROGRESS', state, atMs) : state;
}

/**
 * True when a call of status `from` can reach `to` without a transfer, directly or by other statuses. A call that is
 * not over can end in any way. So an end is accepted even when earlier statuses were lost or misread.
 */
export function canCallReach(from: string, to: string): boolean {
  if (isTerminalCallStatus(from)) return false;
  const reachable = REACHABLE.get(from);
  return reachable === undefined || reachable.has(to) || !REACHABLE.has(to) || isTerminalCallStatus(to);
}

const HOLDER = { ONHOLD: undefined, LOCALHOLD: 'local', REMOTEHOLD: 'remote' } as const;

const REACHABLE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.keys(CALL_TRANSITIONS).map((status) => [status, reachableFrom(status as CallStatus)]),
);

function reachableFrom(status: CallStatus): Set<string> {
  const found = new Set<string>();
  const open: CallStatus[] = [status];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const following of CALL_TRANSITIONS[next]) {
      if (found.has(following) || (following === 'ROUTING' && isAnswered(next))) continue;
      found.add(following);
      open.push(following);
    }
  }
  return found;
}

function isAnswered(status: CallStatus): boolean {
  return status === 'INPROGRESS' || Object.hasOwn(HOLDER, status);
}

function stateOf(word: string, before: CallState | undefined, atMs: number): CallState {
  const answeredAtMs = before?.answeredAtMs;
  const dated = { atMs, answeredAtMs };
  const answered = { atMs, answeredAtMs: answeredAtMs ?? atMs };
  if (!isCallStatus(word)) return { phase: 'other', status: word, ...dated };
  switch (word) {
    case 'UNPLACED':
    case 'ROUTING':
    case 'EARLYMEDIA':
    case 'RINGING':
      return { phase: 'placing', status: word, ...dated };
    case 'INPROGRESS':
      return { phase: 'talking', status: word, ...answered };
    case 'ONHOLD':
    case 'LOCALHOLD':
    case 'REMOTEHOLD':
      return { phase: 'held', status: word, ...answered, by: HOLDER[word] };
    case 'TRANSFERRING':
      return { phase: 'transferring', status: word, ...answered };
    case 'VM_BUFFERING_GREETING':
    case 'VM_PLAYING_GREETING':
    case 'VM_RECORDING':
    case 'VM_UPLOADING':
      return { phase: 'voicemail', status: word, ...dated };
    case 'WAITING_REDIAL_COMMAND':
    case 'REDIAL_PENDING':
      return { phase: 'redialling', status: word, ...dated };
    default:
      return { phase: 'ended', status: word satisfies CallEndStatus, ...dated };
  }
}

function isCallStatus(word: string): word is CallStatus {
  return Object.hasOwn(CALL_TRANSITIONS, word);
}
