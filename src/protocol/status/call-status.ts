import { checkArgument, words } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';

/** Every value of `CALL <id> STATUS` (reference, "CALL object"; LOCALHOLD and REMOTEHOLD from "SET CALL ONHOLD"). */
export const CALL_STATUSES = [
  'UNPLACED',
  'ROUTING',
  'EARLYMEDIA',
  'FAILED',
  'RINGING',
  'INPROGRESS',
  'ONHOLD',
  'LOCALHOLD',
  'REMOTEHOLD',
  'FINISHED',
  'MISSED',
  'REFUSED',
  'BUSY',
  'CANCELLED',
  'TRANSFERRING',
  'TRANSFERRED',
  'VM_BUFFERING_GREETING',
  'VM_PLAYING_GREETING',
  'VM_RECORDING',
  'VM_UPLOADING',
  'VM_SENT',
  'VM_CANCELLED',
  'VM_FAILED',
  'WAITING_REDIAL_COMMAND',
  'REDIAL_PENDING',
] as const;

export type CallStatus = (typeof CALL_STATUSES)[number];

const HELD = ['ONHOLD', 'LOCALHOLD', 'REMOTEHOLD'] as const;
const VOICEMAIL_ENDS = ['VM_CANCELLED', 'VM_FAILED', 'FINISHED'] as const;
const VOICEMAIL_BEGINS = ['VM_BUFFERING_GREETING', 'VM_PLAYING_GREETING', 'VM_RECORDING'] as const;
const UNANSWERED_ENDS = ['FAILED', 'FINISHED', 'MISSED', 'REFUSED', 'BUSY', 'CANCELLED'] as const;
const ANSWERED_ENDS = ['FAILED', 'FINISHED'] as const;

/**
 * Statuses that can follow each status; a status may also be reported again. One that nothing follows is terminal.
 *
 * ```
 * UNPLACED -> ROUTING -> [EARLYMEDIA ->] RINGING -> INPROGRESS <-> held -> FINISHED
 *                 ^                                    `----------+-> ROUTING, when the other party transfers it
 *                 |            |            |           `-> TRANSFERRING -> TRANSFERRED
 *                 `------------+------------+-> FAILED, MISSED, REFUSED, BUSY, CANCELLED
 *                 |                         `-> VM_BUFFERING_GREETING -> ... -> VM_SENT
 *                 `-> WAITING_REDIAL_COMMAND -> REDIAL_PENDING -> ROUTING
 * ```
 *
 * From the reference's list of values, its transcripts (a transferred call is routed and rings again) and captures of
 * real endpoints.
 */
export const CALL_TRANSITIONS: Readonly<Record<CallStatus, readonly CallStatus[]>> = {
  UNPLACED: ['ROUTING', 'EARLYMEDIA', 'RINGING', 'INPROGRESS', ...UNANSWERED_ENDS, ...VOICEMAIL_BEGINS],
  ROUTING: [
    'EARLYMEDIA',
    'RINGING',
    'INPROGRESS',
    'WAITING_REDIAL_COMMAND',
    ...UNANSWERED_ENDS,
    ...VOICEMAIL_BEGINS,
  ],
  EARLYMEDIA: [
    'ROUTING',
    'RINGING',
    'INPROGRESS',
    'WAITING_REDIAL_COMMAND',
    ...UNANSWERED_ENDS,
    ...VOICEMAIL_BEGINS,
  ],
  RINGING: [
    'ROUTING',
    'EARLYMEDIA',
    'INPROGRESS',
    'TRANSFERRING',
    'WAITING_REDIAL_COMMAND',
    ...UNANSWERED_ENDS,
    ...VOICEMAIL_BEGINS,
  ],
  INPROGRESS: [...HELD, 'ROUTING', 'TRANSFERRING', ...ANSWERED_ENDS, ...VOICEMAIL_BEGINS],
  ONHOLD: ['LOCALHOLD', 'REMOTEHOLD', 'INPROGRESS', 'ROUTING', 'TRANSFERRING', ...ANSWERED_ENDS],
  LOCALHOLD: ['ONHOLD', 'REMOTEHOLD', 'INPROGRESS', 'ROUTING', 'TRANSFERRING', ...ANSWERED_ENDS],
  REMOTEHOLD: ['ONHOLD', 'LOCALHOLD', 'INPROGRESS', 'ROUTING', 'TRANSFERRING', ...ANSWERED_ENDS],
  TRANSFERRING: ['TRANSFERRED', 'INPROGRESS', ...ANSWERED_ENDS],
  WAITING_REDIAL_COMMAND: ['REDIAL_PENDING', 'ROUTING', ...UNANSWERED_ENDS],
  REDIAL_PENDING: ['ROUTING', 'WAITING_REDIAL_COMMAND', ...UNANSWERED_ENDS],
  VM_BUFFERING_GREETING: ['VM_PLAYING_GREETING', 'VM_RECORDING', ...VOICEMAIL_ENDS],
  VM_PLAYING_GREETING: ['VM_BUFFERING_GREETING', 'VM_RECORDING', ...VOICEMAIL_ENDS],
  VM_RECORDING: ['VM_UPLOADING', ...VOICEMAIL_ENDS],
  VM_UPLOADING: ['VM_SENT', ...VOICEMAIL_ENDS],
  FAILED: [],
  FINISHED: [],
  MISSED: [],
  REFUSED: [],
  BUSY: [],
  CANCELLED: [],
  TRANSFERRED: [],
  VM_SENT: [],
  VM_CANCELLED: [],
  VM_FAILED: [],
};

/** True when a call with this status is over: no other status follows. */
export function isTerminalCallStatus(status: string): boolean {
  checkArgument('status', status, words);
  return nextOf(status)?.length === 0;
}

/** True when a call of status `from` may be reported as `to` next. From or to an unlisted word, any move is allowed. */
export function canCallMove(from: string, to: string): boolean {
  checkArgument('from', from, words);
  checkArgument('to', to, words);
  const next = nextOf(from);
  return next === undefined || from === to || next.includes(to) || nextOf(to) === undefined;
}

function nextOf(status: string): readonly string[] | undefined {
  return entryOf(CALL_TRANSITIONS, status);
}
