import { JackfieldError } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { Lease } from './lease.js';
import { closeError, type Peer } from './lease-state.js';

/** Waits for `lease` to be claimed; see {@link Lease.claimed}. */
export function waitForClaim(lease: Lease, signal: AbortSignal | undefined): Promise<Peer> {
  return waitFor({
    what: `${lease.object} ${lease.stream} to be claimed`,
    signal,
    begin(resolve, reject) {
      const check = () => {
        const { state } = lease;
        if (state.status === 'closed') reject(neverClaimed(lease));
        else if (state.status !== 'open') resolve(state.peer);
      };
      lease.on('state', check);
      check();
      return () => lease.off('state', check);
    },
  });
}

function neverClaimed(lease: Lease): Error {
  const { state } = lease;
  if (state.status === 'closed' && state.reason.kind === 'unclaimed') return state.reason.error;
  return new JackfieldError('ERR_CLOSED', `The lease of ${lease.object} ${lease.stream} is closed.`, {
    cause: state.status === 'closed' ? closeError(state.reason) : undefined,
  });
}
