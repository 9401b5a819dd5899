import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectSecure, createServer as createSecureServer } from 'node:tls';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { bareHost } from '../../base/system/host-address.js';
import { listenAt, socketsOf, stopServing, withKeys } from '../../base/system/listening.js';
import { readInto } from '../../base/system/read-into.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import { waitFor } from '../../base/wait.js';
import type { WireMessage } from '../dialect/media-event.js';
import {
  type ConnectionListener,
  MAX_BUFFERED_BYTES,
  type MediaConnection,
} from '../media/media-connection.js';
import { notConnected } from '../media/not-connected.js';

/** Time after which a peer that keeps its half of the connection open is cut off, in milliseconds. */
const CLOSE_MS = 2000;

/** TCP connection as a {@link MediaConnection}. Its messages are pieces of a stream of bytes. */
export class TcpConnection implements MediaConnection {
  readonly lagMs = 0;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #listener: ConnectionListener | undefined;
  #end: { readonly error?: Error } | undefined;
  #cancelTimer: CancelTimer | undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.setNoDelay(true);
    socket.pause();
    socket.on('error', (cause) =>
      this.#over(new JackfieldError('ERR_PEER', `A connection failed: ${messageOf(cause)}`, { cause })),
    );
    socket.on('close', () => {
      this.#cancelTimer?.();
      this.#over();
    });
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    if (this.#end) {
      listener.closed(this.#end.error);
      return;
    }
    // Data is always read at once: the other end may write without waiting, and take a short write for an error.
    readInto(this.#socket, (bytes) => listener.message(Buffer.from(bytes)));
    this.#socket.on('drain', () => listener.drained?.());
    this.#socket.resume();
  }

  /** Does nothing: a TCP connection has no probe. */
  probe(): void {}

  send(message: WireMessage): void {
    if (this.#end || !this.#socket.writable) return;
    this.#socket.write(message);
    if (this.#socket.writableLength <= MAX_BUFFERED_BYTES) return;
    this.#socket.destroy();
    this.#over(new JackfieldError('ERR_LIMIT', 'The other end of a connection does not read its data.'));
  }

  close(): void {
    if (this.#socket.destroyed || this.#cancelTimer) return;
    this.#socket.end();
    this.#cancelTimer = this.#clock.timerAt(this.#clock.now() + CLOSE_MS, () => void this.#socket.destroy());
    this.#socket.resume();
  }

  abort(): void {
    this.#socket.destroy();
  }

  #over(error?: Error): void {
    if (this.#end) return;
    this.#end = error ? { error } : {};
    this.#listener?.closed(error);
  }
}

/** Options of a {@link TcpConnectionListener}. */
export interface TcpConnectionListenerOptions {
  readonly port: number;
  readonly host: string;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  readonly maxConnections: number;
  readonly clock: Clock;
}

/** TCP port whose connections are sessions. */
export class TcpConnectionListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(server: Server) {
    this.#server = server;
    this.#sockets = socketsOf(server);
  }

  /** @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG for a value that is not a key or certificate. */
  static async open(
    { port, host, tls, maxConnections, clock }: TcpConnectionListenerOptions,
    onConnection: (connection: MediaConnection) => void,
  ): Promise<TcpConnectionListener> {
    const accept = (socket: Socket) => onConnection(new TcpConnection(socket, clock));
    const server = withKeys(() =>
      tls ? createSecureServer({ ...tls, handshakeTimeout: 5000 }, accept) : createServer(accept),
    );
    const listener = new TcpConnectionListener(server);
    server.maxConnections = maxConnections;
    await listenAt(server, port, host);
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopServing(this.#server, this.#sockets);
  }
}

/** Options of {@link dialTcp}. */
export interface DialTcpOptions {
  readonly clock: Clock;
  readonly isSecure: boolean;
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Connects to a TCP port. @throws ERR_PEER, ERR_ABORTED. */
export async function dialTcp(
  { hostname, port }: URL,
  { clock, isSecure, ca, signal }: DialTcpOptions,
): Promise<MediaConnection> {
  const where = `${hostname}:${port}`;
  const to = { host: bareHost(hostname), port: Number(port) };
  return await waitFor<MediaConnection>({
    what: `a connection to ${where}`,
    signal,
    begin: (resolve, reject) => {
      let connection: TcpConnection | undefined;
      const onError = (cause: Error) => reject(notConnected(where, cause));
      const onOpen = () => {
        connection = new TcpConnection(socket, clock);
        resolve(connection);
      };
      const socket = isSecure
        ? connectSecure({ ...to, ...(ca !== undefined && { ca }) }, onOpen)
        : connect(to, onOpen);
      socket.on('error', onError);
      return () => {
        if (connection) socket.off('error', onError);
        else socket.destroy();
      };
    },
  });
}
