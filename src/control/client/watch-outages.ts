import { callback, checkArgument } from '../../base/check.js';
import type { Client } from './client.js';
import { CLIENT } from './command-sender.js';

/** News of an endpoint: it is away, there again, or gone for good. */
export type Outage = 'lost' | 'returned' | 'closed';

/**
 * Tells when an endpoint is away and when it is there again, once for each outage however often it is tried; and when
 * the client is closed.
 *
 * @param tell The reason is absent for a return, and where {@link Client.close} was called.
 * @throws ERR_INVALID_ARG.
 */
export function watchOutages(client: Client, tell: (what: Outage, reason?: string) => void): void {
  checkArgument('client', client, CLIENT);
  checkArgument('tell', tell, callback);
  let lost = false;
  client.on('state', (state) => {
    if (state.status === 'attached' && lost) tell('returned');
    if (state.status === 'unavailable' && !lost) tell('lost', state.error.message);
    if (state.status === 'closed') tell('closed', state.error?.message);
    lost = state.status !== 'attached' && (lost || state.status === 'unavailable');
  });
}
