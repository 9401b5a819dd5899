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

const TERMINAL: ReadonlySet<string> = new Set<CallStatus>([
  'FAILED',
  'FINISHED',
  'MISSED',
  'REFUSED',
  'BUSY',
  'CANCELLED',
  'TRANSFERRED',
  'VM_SENT',
  'VM_CANCELLED',
  'VM_FAILED',
]);

/** Whether a call with this status is over: no other status follows. */
export function isTerminalCallStatus(status: string): boolean {
  return TERMINAL.has(status);
}
