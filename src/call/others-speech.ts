import type { Lease } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';

/**
 * True for a stream of what another program says in a call that this one has redirected. The endpoint does not connect
 * to it: that program brings a copy of what it sends ({@link ShareServer}). Position 0 lies at `timelineStart` of the
 * stream `output`.
 */
export function isOthersSpeech({ stream, direction }: Pick<Lease, 'stream' | 'direction'>): boolean {
  return stream === 'input' && direction === 'receive';
}

/**
 * Calls `hear` with each stream of what another program says in a call of this server, before samples come. Returns a
 * function that stops it.
 *
 * @param object The call, such as `CALL 14`.
 */
export function hearOthersSpeech(
  server: PcmServer,
  object: string,
  hear: (speech: Lease) => void,
): () => void {
  const look = (lease: Lease) => {
    if (lease.object === object && isOthersSpeech(lease)) hear(lease);
  };
  server.on('lease', look);
  return () => void server.off('lease', look);
}
