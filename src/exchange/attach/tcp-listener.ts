import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { type AttachmentOptions, type Endpoint, replyLatency } from '../api/endpoint.js';
import type { Door } from './door.js';
import { TcpClient } from './tcp-client.js';
import { TokenCheck } from './token-check.js';

/** How long clients have to end when the endpoint does, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1000;

/** How an endpoint is served on TCP. */
export interface TcpListenOptions extends AttachmentOptions {
  /** 0 (default) lets the system choose. */
  readonly port?: number;
  /** What a client has to say first, as `AUTH <token>`: 16 to 512 printable ASCII characters. Default: nothing. */
  readonly token?: string;
}

/** A client that is gone without a word, as one that lost its power, is found within a quarter of a minute. */
const CONNECTION = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 } as const;

/** Serves an endpoint on a loopback TCP port: one session per connection, lines ended by LF. */
export class TcpListener {
  readonly #server: Server;
  readonly #endpoint: Endpoint;
  readonly #door: Door;
  readonly #tokens: TokenCheck | undefined;
  readonly #minReplyLatencyMs: number;
  readonly #sockets = new Set<Socket>();
  /** Those that have not shown the token. */
  readonly #untrusted = new Set<Socket>();

  private constructor(endpoint: Endpoint, door: Door, options: TcpListenOptions) {
    this.#endpoint = endpoint;
    this.#door = door;
    this.#tokens = options.token === undefined ? undefined : new TokenCheck(options.token, door);
    this.#minReplyLatencyMs = replyLatency(options);
    this.#server = createServer(CONNECTION, (socket) => this.#accept(socket));
  }

  /** @throws ERR_PORT when the port cannot be had; ERR_INVALID_ARG for a token or a latency that is none. */
  static async open(endpoint: Endpoint, options: TcpListenOptions, door: Door): Promise<TcpListener> {
    const { port = 0 } = options;
    const listener = new TcpListener(endpoint, door, options);
    listener.#server.listen(port, '127.0.0.1');
    await once(listener.#server, 'listening').catch((cause) => {
      throw new JackfieldError(
        'ERR_PORT',
        `The endpoint cannot be served on port ${port}: ${messageOf(cause)}. Choose another, or 0 for any.`,
        { cause },
      );
    });
    // A port that is lost later, or a descriptor that is not to be had, ends nothing but that connection.
    listener.#server.on('error', (error) => door.fence.tell(error, 'TCP'));
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    if (!this.#server.listening) return;
    const { clock } = this.#door;
    // A client that does not end, or does not read on, is cut off.
    const cancel = clock.timerAt(clock.now() + CLOSE_TIMEOUT_MS, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    this.#server.close();
    await once(this.#server, 'close');
    cancel();
  }

  #accept(socket: Socket): void {
    if (this.#tokens && this.#untrusted.size >= this.#door.limits.clientsWithoutToken) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    if (this.#tokens) this.#untrusted.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#untrusted.delete(socket);
    });
    new TcpClient(socket, {
      door: this.#door,
      tokens: this.#tokens,
      trusted: () => this.#untrusted.delete(socket),
      connect: (client) => this.#endpoint.connect(client, { minReplyLatencyMs: this.#minReplyLatencyMs }),
    });
  }
}
