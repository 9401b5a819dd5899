import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { entryOf } from '../base/entry-of.js';
import { listenAt, socketsOf, stopServing, withKeys } from '../base/system/listening.js';
import { HttpRefusal, refuse } from './http-refusal.js';

/** A private key and its certificates, each as PEM. */
export interface TlsKeys {
  readonly key: string;
  readonly cert: string;
}

/** Options of {@link HttpListener.open}. */
export interface HttpListenerOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Milliseconds after which a request that has not arrived completely is refused. Default 10,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Most connections at once. Beyond that, new ones are closed. Default 200. */
  readonly connections?: number | undefined;
  /** Names, in lower case, of further headers that may occur only once, because two values would be ambiguous. */
  readonly once?: readonly string[];
  /** Key and certificates for HTTPS. Default: HTTP without TLS. */
  readonly tls?: TlsKeys | undefined;
  /** True to give requests for a WebSocket to the answerer as such. Default: they are answered like any other. */
  readonly webSockets?: boolean;
}

/**
 * Answers a request. An error that it throws becomes an error response.
 *
 * @param path without the query.
 * @param head First bytes of the other protocol when the client asks for a WebSocket. The answerer may take the socket
 * out of the response (`detachSocket`) and use it.
 */
export type RequestAnswerer = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  head?: Buffer,
) => Promise<void>;

/** Longest header section of a request, in bytes. */
const MAX_HEAD = 8192;
const ONCE = ['authorization', 'content-type', 'content-length', 'transfer-encoding', 'host'];

/**
 * An HTTP server with limits on everything that a client controls: header size, time, connections, repeated headers.
 */
export class HttpListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(server: Server) {
    this.#server = server;
    this.#sockets = socketsOf(server);
  }

  /** Opens the port. @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG, naming `tls`. */
  static async open(options: HttpListenerOptions, answer: RequestAnswerer): Promise<HttpListener> {
    const {
      port,
      host = '127.0.0.1',
      requestTimeoutMs = 10_000,
      connections = 200,
      tls,
      once = [],
      webSockets = false,
    } = options;
    const limits = {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      maxHeaderSize: MAX_HEAD,
    };
    const single = [...ONCE, ...once];
    const onRequest: RequestListener = (request, response) =>
      void answered(request, response, single, answer);
    const server = tls
      ? await secureServer({ ...limits, ...tls }, onRequest)
      : createServer(limits, onRequest);
    server.maxConnections = connections;
    server.on('clientError', sayNoRequest);
    if (webSockets) {
      server.on('upgrade', (request, socket: Socket, head) => {
        const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
        const upgrading: RequestAnswerer = (asked, response, path) =>
          answer(asked, response, path, isWebSocket ? head : undefined);
        void answered(request, responseOn(socket, request), single, upgrading);
      });
    }
    const listener = new HttpListener(server);
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

/** Makes an HTTPS server. @throws ERR_INVALID_ARG for a value that is not a key or certificate. */
async function secureServer(options: TlsKeys & object, listener: RequestListener): Promise<Server> {
  const { createServer: createSecure } = await import('node:https');
  return withKeys(() => createSecure(options, listener));
}

async function answered(
  request: IncomingMessage,
  response: ServerResponse,
  single: readonly string[],
  answer: RequestAnswerer,
): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  try {
    const twice = single.find((name) => (entryOf(request.headersDistinct, name)?.length ?? 0) > 1);
    if (twice)
      throw new HttpRefusal(400, 'ERR_SYNTAX', `The header ${twice} appears twice.`, 'each header once');
    await answer(request, response, path);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else refuse(response, error);
  }
}

/** Makes the response to a request to upgrade, on a socket that the server no longer cares for. */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  socket.on('error', () => socket.destroy());
  socket.on('drain', () => response.emit('drain'));
  return response;
}

const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers a request that is not valid HTTP or does not arrive in time. */
function sayNoRequest({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const status = entryOf(STATUS_OF, code) ?? 400;
  const error = {
    code: 'ERR_SYNTAX',
    message: `${STATUS_CODES[status]}.`,
    expected: 'a request in HTTP/1.1',
  };
  const body = `${JSON.stringify({ error })}\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}
