import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { listenAt, socketsOf, stopServing, withKeys } from '../../base/system/listening.js';
import type { Clock } from '../../base/time/clock.js';
import type { MediaConnection } from '../media/media-connection.js';
import { isAllowed, type MediaAccess } from './access.js';
import { MAX_MESSAGE_BYTES, WebSocketConnection } from './web-socket-connection.js';

/** Options of a {@link WebSocketListener}. */
export interface WebSocketListenerOptions {
  readonly port: number;
  readonly host: string;
  /** Private key and certificates, as PEM. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  readonly access: MediaAccess;
  readonly subprotocols: readonly string[];
  readonly maxConnections: number;
  readonly clock: Clock;
}

/** Incoming connection. */
export interface IncomingWebSocket {
  readonly connection: MediaConnection;
  /** Path and query of the address. */
  readonly url: URL;
}

/** Time limit for the TLS handshake, and then for the whole request, in milliseconds. */
const HANDSHAKE_MS = 5000;
const MAX_HEAD = 16_384;

/** Port for WebSockets. Everything that a client can do before its session begins is limited. */
export class WebSocketListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(server: Server) {
    this.#server = server;
    this.#sockets = socketsOf(server);
  }

  /** @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG for a value that is not a key or certificate. */
  static async open(
    options: WebSocketListenerOptions,
    onConnection: (incoming: IncomingWebSocket) => void,
  ): Promise<WebSocketListener> {
    const { port, host, access, subprotocols, clock } = options;
    const server = serverOf(options);
    const listener = new WebSocketListener(server);
    server.maxConnections = options.maxConnections;
    const webSockets = new WebSocketServer({
      ...{ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, clientTracking: false },
      handleProtocols: (offered) => subprotocols.find((each) => offered.has(each)) ?? false,
    });
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (!isAllowed(request, access)) return refuse(socket, '401 Unauthorized');
      webSockets.handleUpgrade(request, socket, head, (webSocket) =>
        onConnection({
          connection: new WebSocketConnection(webSocket, socket, 'server', clock),
          url: urlOf(request),
        }),
      );
    });
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

function serverOf({ tls }: WebSocketListenerOptions): Server {
  const limits = {
    headersTimeout: HANDSHAKE_MS,
    requestTimeout: HANDSHAKE_MS,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: MAX_HEAD,
  };
  const answer = (_: IncomingMessage, response: { writeHead(status: number): { end(): void } }) =>
    response.writeHead(426).end();
  return withKeys(() =>
    tls
      ? createSecureServer({ ...limits, handshakeTimeout: HANDSHAKE_MS, ...tls }, answer)
      : createServer(limits, answer),
  );
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  const whole = `ws://localhost${url.startsWith('/') ? url : '/'}`;
  return URL.canParse(whole) ? new URL(whole) : new URL('ws://localhost/');
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
