import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Rules, whole } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { DEFAULT_KEEP_ALIVE_MS, IDLE, KEEP_ALIVE, TOKEN } from '../../base/system/peer-limits.js';
import { ATTACHMENT_RULES, type AttachmentOptions, type Endpoint } from '../api/endpoint.js';
import type { Door } from './door.js';
import { TcpClient } from './tcp-client.js';
import { TokenCheck } from './token-check.js';

/** Time that clients have to disconnect when the endpoint closes, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1000;

/** Options of an endpoint that is served on TCP. */
export interface TcpListenOptions extends AttachmentOptions {
  /** Port to listen on. 0 (default): the system chooses. */
  readonly port?: number;
  /** Token that a client must send first, as `AUTH <token>`: 16 to 512 printable ASCII characters. Default: none. */
  readonly token?: string;
  /**
   * Idle time before the first TCP keepalive probe, in ms: 1000 to 7,200,000; 0 for no probes. A client that leaves ten
   * probes in ten seconds unanswered is dropped, and that is reported as a failure. Default 5000.
   */
  readonly keepAliveMs?: number;
  /**
   * Time without traffic after which a client is dropped, in ms: 1000 to 86,400,000; 0 for never. The client is
   * informed. Default 0: some programs only listen, and all run on this machine.
   */
  readonly idleMs?: number;
}

/** The rules of {@link TcpListenOptions}. */
export const TCP_LISTEN_RULES: Rules<TcpListenOptions> = {
  ...ATTACHMENT_RULES,
  port: whole(0, 65_535),
  token: TOKEN,
  keepAliveMs: KEEP_ALIVE,
  idleMs: IDLE,
};

/** Serves an endpoint on a loopback TCP port: one session per connection, lines ended by LF. */
export class TcpListener {
  readonly #server: Server;
  readonly #endpoint: Endpoint;
  readonly #door: Door;
  readonly #tokens: TokenCheck | undefined;
  readonly #minReplyLatencyMs: number;
  readonly #idleMs: number;
  readonly #sockets = new Set<Socket>();
  /** Clients that have not sent the right token yet, oldest first. */
  readonly #untrusted = new Set<Socket>();
  #trimming = false;

  private constructor(endpoint: Endpoint, door: Door, options: TcpListenOptions) {
    this.#endpoint = endpoint;
    this.#door = door;
    this.#tokens = options.token === undefined ? undefined : new TokenCheck(options.token, door);
    this.#minReplyLatencyMs = options.minReplyLatencyMs ?? 0;
    const { keepAliveMs = DEFAULT_KEEP_ALIVE_MS, idleMs = 0 } = options;
    this.#idleMs = idleMs;
    const keepAlive = { keepAlive: keepAliveMs > 0, keepAliveInitialDelay: keepAliveMs };
    this.#server = createServer({ noDelay: true, ...keepAlive }, (socket) => this.#accept(socket));
  }

  /** Starts listening. @throws ERR_PORT when the port is not available. */
  static async open(endpoint: Endpoint, options: TcpListenOptions, door: Door): Promise<TcpListener> {
    const { port = 0 } = options;
    const listener = new TcpListener(endpoint, door, options);
    listener.#server.listen(port, '127.0.0.1');
    await once(listener.#server, 'listening').catch((cause) => {
      throw new JackfieldError(
        'ERR_PORT',
        `The endpoint cannot be served on port ${port}: ${messageOf(cause)}. Choose another port, or 0 for any.`,
        { cause },
      );
    });
    // A later error, such as too few file descriptors, is reported and affects only that connection.
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
    // A client that does not disconnect, or stops reading, is cut off.
    const cancel = clock.timerAt(clock.now() + CLOSE_TIMEOUT_MS, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    this.#server.close();
    await once(this.#server, 'close');
    cancel();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    if (this.#tokens) this.#expectToken(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#untrusted.delete(socket);
    });
    new TcpClient(socket, {
      door: this.#door,
      tokens: this.#tokens,
      idleMs: this.#idleMs,
      trusted: () => this.#untrusted.delete(socket),
      connect: (client) => this.#endpoint.connect(client, { minReplyLatencyMs: this.#minReplyLatencyMs }),
    });
  }

  /**
   * Limits the connections without a token. Beyond the limit the oldest is closed, so a client that sends the token at
   * once always gets in. Data that has arrived is read first, which takes two turns of the event loop.
   */
  #expectToken(socket: Socket): void {
    this.#untrusted.add(socket);
    if (this.#trimming) return;
    this.#trimming = true;
    setImmediate(() => setImmediate(() => this.#trim()));
  }

  #trim(): void {
    this.#trimming = false;
    for (const socket of this.#untrusted) {
      if (this.#untrusted.size <= this.#door.limits.clientsWithoutToken) return;
      this.#untrusted.delete(socket);
      socket.destroy();
    }
  }
}
