import { checkArgument, object, words } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { bareHost } from '../../base/system/host-address.js';
import { AutoTransport, DEFAULT_PORT } from './auto-transport.js';
import { DbusTransport } from './dbus-transport.js';
import { MacTransport } from './mac-transport.js';
import type { TcpTransportOptions } from './tcp-options.js';
import { TcpTransport } from './tcp-transport.js';
import type { Transport } from './transport.js';
import { WindowsTransport } from './windows-transport.js';
import { X11Transport } from './x11-transport.js';

/** Forms of an endpoint's address. */
export const TRANSPORT_ADDRESSES = {
  auto: 'every transport of this machine, tried in turn',
  'tcp[:[host:]port]': `TCP, by default 127.0.0.1:${DEFAULT_PORT}`,
  'dbus[:session|system|address]': 'D-Bus, by default the session bus',
  'x11[:display]': 'X11, by default the display of DISPLAY',
  windows: 'window messages',
  macos: 'AppleScript',
} as const;

/**
 * Makes the transport for an address: `auto`, `tcp:4100`, `dbus:system`, `x11::0` and so on.
 *
 * @param security For TCP: the encryption, and the secret shared with the endpoint.
 * @throws ERR_INVALID_ARG for an address that is none of {@link TRANSPORT_ADDRESSES}, or security without TCP.
 */
export function transportAt(
  address: string,
  security: Pick<TcpTransportOptions, 'tls' | 'token'> = {},
): Transport {
  checkArgument('address', address, words);
  checkArgument('security', security, object);
  const colon = address.indexOf(':');
  const [kind, rest] = colon < 0 ? [address, ''] : [address.slice(0, colon), address.slice(colon + 1)];
  if (kind !== 'tcp' && Object.keys(security).length > 0) {
    throw invalidArgument(
      'address',
      'a TCP address (tcp:host:port), because encryption or a token is set',
      address,
    );
  }
  switch (kind) {
    case 'tcp':
      return new TcpTransport({ ...tcpPlace(rest), ...security });
    case 'dbus':
      if (rest === '' || rest === 'session' || rest === 'system')
        return new DbusTransport({ bus: rest || 'session' });
      return new DbusTransport({ address: rest });
    case 'x11':
      return new X11Transport(rest === '' ? {} : { display: rest });
  }
  if (address === 'auto') return new AutoTransport();
  if (address === 'windows') return new WindowsTransport();
  if (address === 'macos') return new MacTransport();
  throw invalidArgument('address', `one of ${Object.keys(TRANSPORT_ADDRESSES).join(', ')}`, address);
}

/** Parses `4100`, `127.0.0.1:4100` or `[::1]:4100`. */
function tcpPlace(text: string): { port: number; host?: string } {
  if (text === '') return { port: DEFAULT_PORT };
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1) || Number.NaN);
  return colon < 0 ? { port } : { port, host: bareHost(text.slice(0, colon)) };
}
