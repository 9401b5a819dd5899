import type { AttachOptions } from './client/attach-options.js';
import { Client } from './client/client.js';
import type { Transport } from './transport/transport.js';

/**
 * Attaches to an endpoint: opens the transport, says NAME, agrees on PROTOCOL.
 *
 * @throws ERR_ATTACH_UNAVAILABLE when nothing answers; ERR_ATTACH_REFUSED when the endpoint or its user says no;
 * ERR_TIMEOUT, ERR_ABORTED, ERR_INVALID_ARG.
 */
export async function attach(transport: Transport, options: AttachOptions = {}): Promise<Client> {
  const client = new Client(transport, options);
  await client.open(options.signal);
  return client;
}
