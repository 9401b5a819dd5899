import type { Lease } from './lease.js';
import type { LeaseState } from './lease-state.js';

/** Emits the new state of `lease`: the event `state`, and the event named after that state. */
export function announce(lease: Lease, state: LeaseState): void {
  lease.emit('state', state);
  switch (state.status) {
    case 'open':
      return;
    case 'claimed':
      lease.emit('claimed', state.peer);
      return;
    case 'flowing':
      lease.emit('flowing');
      return;
    case 'draining':
      lease.emit('draining', state.reason);
      return;
    case 'closed':
      lease.emit('closed', state.reason);
      return;
    default:
      state satisfies never;
  }
}
