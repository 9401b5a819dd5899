import { callback, checkArgument } from '../../base/check.js';
import type { Client } from './client.js';
import { CLIENT } from './command-sender.js';

/** News of an endpoint: it is away, back again, or gone for good. */
export type Outage = 'lost' | 'returned' | 'closed';

/**
 * Reports when an endpoint is away and when it is back, once for each outage, whatever the number of attempts. Reports
 * too when the client is closed.
 *
 * @param tell Called with the news. The reason is absent for a return, and after {@link Client.close}.
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
