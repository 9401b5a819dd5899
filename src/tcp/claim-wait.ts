import { abortedError, JackfieldError } from '../base/errors.js';
import type { Lease } from './lease.js';
import { closeError, type Peer } from './lease-state.js';

/** Waits for `lease` to be claimed; see {@link Lease.claimed}. */
export function waitForClaim(lease: Lease, signal: AbortSignal | undefined): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      lease.off('state', check);
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      stop();
      if (signal) reject(abortedError(`${lease.object} ${lease.stream} to be claimed`, signal));
    };
    const check = () => {
      const { state } = lease;
      if (state.status === 'open') return;
      stop();
      if (state.status === 'closed') reject(neverClaimed(lease));
      else resolve(state.peer);
    };
    lease.on('state', check);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else check();
  });
}

function neverClaimed(lease: Lease): Error {
  const { state } = lease;
  if (state.status === 'closed' && state.reason.kind === 'unclaimed') return state.reason.error;
  return new JackfieldError('ERR_CLOSED', `The lease of ${lease.object} ${lease.stream} is closed.`, {
    cause: state.status === 'closed' ? closeError(state.reason) : undefined,
  });
}
