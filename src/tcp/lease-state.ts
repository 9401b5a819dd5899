import { JackfieldError } from '../base/errors.js';

/** The other end of a claimed lease. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** User id of the owner of the peer's socket; `undefined` where the system does not tell it. */
  readonly uid?: number;
}

/** The reason why a lease is closed. `error` is set where the stream did not end well. */
export type CloseReason =
  /** The peer closed its side and everything it sent was delivered. */
  | { readonly kind: 'peer-ended' }
  /** `lease.close()` or the server's `close()`. */
  | { readonly kind: 'closed' }
  /** The timeline that the sender follows has ended. */
  | { readonly kind: 'timeline-ended' }
  /** Nobody connected in time. */
  | { readonly kind: 'unclaimed'; readonly error: JackfieldError }
  /** The connection broke. */
  | { readonly kind: 'peer-reset'; readonly error: JackfieldError }
  /** Nothing has passed for `idleMs`. */
  | { readonly kind: 'peer-idle'; readonly error: JackfieldError }
  /** A sink whose policy is `close` could not keep up. */
  | { readonly kind: 'sink-overflow'; readonly error: JackfieldError }
  /** The listening port was lost. */
  | { readonly kind: 'port-lost'; readonly error: JackfieldError }
  /** `lease.abort()`. */
  | { readonly kind: 'aborted'; readonly error: Error };

/**
 * Life of a lease.
 *
 * ```text
 * open ──> claimed ──> flowing ──> draining ──> closed
 *   └─────────┴───────────┴───────────────────────^
 * ```
 */
export type LeaseState =
  /** Listening; nobody has connected. */
  | { readonly status: 'open' }
  /** The one connection is made; no sample has passed. */
  | { readonly status: 'claimed'; readonly peer: Peer }
  /** Samples pass. */
  | { readonly status: 'flowing'; readonly peer: Peer }
  /** No more samples come in; what is buffered is being delivered or flushed. */
  | { readonly status: 'draining'; readonly peer: Peer; readonly reason: CloseReason }
  | { readonly status: 'closed'; readonly reason: CloseReason };

export type LeaseStatus = LeaseState['status'];

const MOVES: Readonly<Record<LeaseStatus, readonly LeaseStatus[]>> = {
  open: ['claimed', 'closed'],
  claimed: ['flowing', 'draining', 'closed'],
  flowing: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
};

/** @throws ERR_INVALID_STATE when a lease cannot go from `from` to `to`. */
export function checkMove(from: LeaseStatus, to: LeaseStatus): void {
  if (MOVES[from].includes(to)) return;
  throw new JackfieldError(
    'ERR_INVALID_STATE',
    `A lease that is ${from} cannot become ${to}. Possible: ${MOVES[from].join(' or ') || 'nothing'}.`,
  );
}

/** The error that ended the stream, if it did not end well. */
export function closeError(reason: CloseReason): Error | undefined {
  return 'error' in reason ? reason.error : undefined;
}
