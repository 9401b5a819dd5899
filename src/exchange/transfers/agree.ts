import type { TransferReason, TransferView } from './transfer-view.js';

/** Reason of one side for each that the other side has. */
const OTHER_REASON: Readonly<Partial<Record<TransferReason, TransferReason>>> = {
  FAILED_READ: 'FAILED_REMOTE_READ',
  FAILED_REMOTE_READ: 'FAILED_READ',
  FAILED_WRITE: 'FAILED_REMOTE_WRITE',
  FAILED_REMOTE_WRITE: 'FAILED_WRITE',
};

/** True where both sides are of the same transfer. A process that is killed while it makes them leaves only one that knows. */
export function isPair(view: TransferView, other: TransferView): boolean {
  return view.partnerId === other.id && other.partnerId === view.id;
}

/**
 * Has both sides of a transfer agree after a restart. They are kept one after the other: of a process that was killed
 * between, one side tells what has become of it, and the other what was before.
 */
export function agree(sender: TransferView, receiver: TransferView, nowSec: number): void {
  if (!sender.isActive && receiver.isActive) follow(receiver, sender, nowSec);
  else if (!receiver.isActive && sender.isActive) follow(sender, receiver, nowSec);
  else if (sender.isActive) settle(sender, receiver);
}

/** The side that is behind ends as the other has. */
function follow(view: TransferView, ended: TransferView, nowSec: number): void {
  if (ended.status === 'COMPLETED') {
    view.complete(nowSec);
    return;
  }
  const reason = ended.object.get('FAILUREREASON') as TransferReason | undefined;
  if (ended.status === 'FAILED' && reason === 'REMOTELY_CANCELLED') view.end('CANCELLED', nowSec);
  else view.end('FAILED', nowSec, (reason && OTHER_REASON[reason]) ?? 'REMOTELY_CANCELLED');
}

/** Both go on: from where they were when the one that is further was kept. */
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
