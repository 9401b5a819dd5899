import { checkArgument, either, words } from '../base/check.js';
import type { AttachOptions } from './client/attach-options.js';
import { Client } from './client/client.js';
import { TRANSPORT, type Transport } from './transport/transport.js';
import { transportAt } from './transport/transport-address.js';

const TO = either(words, TRANSPORT);

/**
 * Attaches to an endpoint: opens the transport, sends NAME and agrees on PROTOCOL.
 *
 * @param to A transport, or the address of the endpoint. `auto` (default) tries the transports of this machine.
 * `tcp:4100`, `dbus:system`, `x11::0` and the others are {@link TRANSPORT_ADDRESSES}.
 * @throws ERR_ATTACH_UNAVAILABLE when nothing answers (with `auto` a {@link NoEndpointError} with the transports that
 * were tried); ERR_ATTACH_REFUSED when the endpoint or its user refuses; ERR_TIMEOUT, ERR_ABORTED, ERR_INVALID_ARG.
 */
export async function attach(to: Transport | string = 'auto', options: AttachOptions = {}): Promise<Client> {
  checkArgument('to', to, TO);
  const client = new Client(typeof to === 'string' ? transportAt(to) : to, options);
  await client.open(options.signal);
  return client;
}
