import { JackfieldError } from '../../base/errors.js';
import { IdleWatch, idleLimitOf, isLoopback } from '../../base/system/peer-limits.js';
import type { LeaseContext } from '../lease-context.js';
import { leaseName } from '../lease-guards.js';
import type { ResolvedLeaseOptions } from '../lease-options.js';
import type { CloseReason } from '../lease-state.js';
import type { Accepted } from '../read/accepted.js';

/** The stream whose peer is watched. */
export interface WatchedPeer {
  /** True when samples are sent to the peer. */
  readonly sends: boolean;
  /** Number of bytes that have passed; undefined while none are expected. */
  readonly passed: number | undefined;
  /** Called when the peer is taken to be gone. */
  gone(reason: CloseReason): void;
}

/** Watches whether the peer of a connection is still there: whether bytes pass, and whether it answers. */
export class PeerWatch {
  readonly #idle: IdleWatch | undefined;
  readonly #unwatch: (() => void) | undefined;

  constructor(accepted: Accepted, options: ResolvedLeaseOptions, context: LeaseContext, peer: WatchedPeer) {
    const { local, remote } = accepted;
    // Not needed for a lease that only receives, or for a peer on this machine, whose system always acknowledges.
    if (peer.sends && !isLoopback(remote.address)) {
      this.#unwatch = context.answerWatch?.watch(local, remote, () => {
        const text = `The peer of ${leaseName(options)} does not acknowledge data: it counts as disconnected.`;
        peer.gone({ kind: 'peer-reset', error: new JackfieldError('ERR_PEER', text) });
      });
    }
    const limit = idleLimitOf(remote.address, context.idleMs);
    if (limit === 0) return;
    this.#idle = new IdleWatch(
      context.clock,
      limit,
      () => peer.passed,
      () => {
        const text = `Nothing has passed on ${leaseName(options)} for ${limit} ms: its peer counts as disconnected.`;
        peer.gone({ kind: 'peer-idle', error: new JackfieldError('ERR_PEER', text) });
      },
    );
  }

  stop(): void {
    this.#idle?.stop();
    this.#unwatch?.();
  }
}
