import { JackfieldError } from '../base/errors.js';
import type { Lease } from './lease.js';

/** Name of a lease in errors. */
export function leaseName({ object, stream }: Pick<Lease, 'object' | 'stream'>): string {
  return `${object} ${stream}`;
}

/** @throws ERR_INVALID_STATE when `lease` does not receive. */
export function checkReceives(lease: Lease, what: string): void {
  if (lease.direction === 'send')
    throw wrongDirection(lease, `only sends: ${what} needs a lease that receives`);
}

/** The `part` of `lease` that sends. @throws ERR_INVALID_STATE when it has none. */
export function sendingPart<T>(lease: Lease, part: T | undefined, what: string): T {
  if (part !== undefined) return part;
  throw wrongDirection(lease, `only receives: it has no ${what}`);
}

/** @throws ERR_INVALID_STATE when `lease` is over. */
export function checkRunning({ state }: Lease, what: string): void {
  if (state.status !== 'draining' && state.status !== 'closed') return;
  const text = `${what} on a lease that is ${state.status}; add sinks before it ends.`;
  throw new JackfieldError('ERR_INVALID_STATE', text);
}

/** @throws ERR_INVALID_STATE when `lease` cannot be fed by this program. */
export function checkFed(lease: Lease): void {
  if (lease.direction !== 'receive')
    throw wrongDirection(lease, 'sends: only a lease that receives can be fed');
  if (lease.state.status === 'open') return;
  const text = `The lease of ${leaseName(lease)} is ${lease.state.status}: feed() needs a lease that no peer has claimed.`;
  throw new JackfieldError('ERR_INVALID_STATE', text);
}

function wrongDirection(lease: Lease, text: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', `The lease of ${leaseName(lease)} ${text}.`);
}
