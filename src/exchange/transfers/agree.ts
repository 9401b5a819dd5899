import type { TransferReason, TransferView } from './transfer-view.js';

/** The reason of one side for each reason of the other side. */
const OTHER_REASON: Readonly<Partial<Record<TransferReason, TransferReason>>> = {
  FAILED_READ: 'FAILED_REMOTE_READ',
  FAILED_REMOTE_READ: 'FAILED_READ',
  FAILED_WRITE: 'FAILED_REMOTE_WRITE',
  FAILED_REMOTE_WRITE: 'FAILED_WRITE',
};

/**
 * True when both are sides of the same transfer. If a process is killed while it creates them, only one side knows the
 * other.
 */
export function isPair(view: TransferView, other: TransferView): boolean {
  return view.partnerId === other.id && other.partnerId === view.id;
}

/**
 * Makes both sides of a transfer agree after a restart. The sides are stored one after the other. If the process was
 * killed in between, one side holds the new state and the other the old state.
 */
export function agree(sender: TransferView, receiver: TransferView, nowSec: number): void {
  if (!sender.isActive && receiver.isActive) follow(receiver, sender, nowSec);
  else if (!receiver.isActive && sender.isActive) follow(sender, receiver, nowSec);
  else if (sender.isActive) settle(sender, receiver);
}

/** Ends the side that is behind in the same way as the other. */
function follow(view: TransferView, ended: TransferView, nowSec: number): void {
  if (ended.status === 'COMPLETED') {
    view.complete(nowSec);
    return;
  }
  const reason = ended.object.get('FAILUREREASON') as TransferReason | undefined;
  if (ended.status === 'FAILED' && reason === 'REMOTELY_CANCELLED') view.end('CANCELLED', nowSec);
  else view.end('FAILED', nowSec, (reason && OTHER_REASON[reason]) ?? 'REMOTELY_CANCELLED');
}

/**
 * Continues a transfer that is active on both sides. If it was never accepted, the sender waits for that again. Otherwise
 * both sides connect again, unless one of them is paused.
 */
function settle(sender: TransferView, receiver: TransferView): void {
  if (receiver.path === '') {
    if (sender.status !== 'WAITING_FOR_ACCEPT') sender.become('WAITING_FOR_ACCEPT');
    return;
  }
  for (const [view, other] of [
    [sender, receiver],
    [receiver, sender],
  ] as const) {
    const status = other.status === 'PAUSED' ? 'REMOTELY_PAUSED' : 'CONNECTING';
    if (view.status !== 'PAUSED' && view.status !== status) view.become(status);
  }
}
