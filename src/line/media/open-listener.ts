import type { Clock } from '../../base/time/clock.js';
import type { MediaAccess } from '../websocket/access.js';
import type { MediaConnection } from './media-connection.js';
import type { MediaTls } from './media-line-options.js';

/** Port for connections of media servers. It can be sent to another thread. */
export interface ListenerSpec {
  readonly transport: 'websocket' | 'tcp';
  readonly port: number;
  readonly host: string;
  readonly tls: MediaTls | undefined;
  /** Credentials of the clients of WebSockets. */
  readonly access: MediaAccess;
  /** Subprotocols of WebSockets. */
  readonly subprotocols: readonly string[];
  readonly maxConnections: number;
}

/** Takes a new connection, with the address that it asked for. A TCP connection has no path and no query. */
export type OnConnection = (connection: MediaConnection, url: URL) => void;

/** Open port. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG for a value that is not a key or certificate. */
export async function openListener(
  spec: ListenerSpec,
  clock: Clock,
  onConnection: OnConnection,
): Promise<Listening> {
  if (spec.transport === 'websocket') {
    const { WebSocketListener } = await import('../websocket/web-socket-listener.js');
    return await WebSocketListener.open({ ...spec, clock }, ({ connection, url }) =>
      onConnection(connection, url),
    );
  }
  const { host } = spec;
  const url = new URL(`tcp://${host.includes(':') ? `[${host}]` : host}`);
  const { TcpConnectionListener } = await import('../audiosocket/tcp-connection.js');
  return await TcpConnectionListener.open({ ...spec, clock }, (connection) => onConnection(connection, url));
}
