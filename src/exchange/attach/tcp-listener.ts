import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import { LineFramer } from '../../protocol/line-framer.js';
import { type AttachmentOptions, type Endpoint, replyLatency } from '../api/endpoint.js';

/** A client that has this much unread is cut off: it will never catch up. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** How long clients have to end when the endpoint does, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1000;

/** How an endpoint is served on TCP. */
export interface TcpListenOptions extends AttachmentOptions {
  /** 0 (default) lets the system choose. */
  readonly port?: number;
  /** What a client has to say first, as `AUTH <token>`: 16 to 512 printable ASCII characters. Default: nothing. */
  readonly token?: string;
}

/** Serves an endpoint on a loopback TCP port: one session per connection, lines ended by LF. */
export class TcpListener {
  readonly #server: Server;
  readonly #token: string | undefined;
  readonly #minReplyLatencyMs: number;
  readonly #sockets = new Set<Socket>();

  private constructor(endpoint: Endpoint, token: string | undefined, minReplyLatencyMs: number) {
    this.#token = token;
    this.#minReplyLatencyMs = minReplyLatencyMs;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(endpoint, socket));
  }

  /** @throws ERR_PORT when the port cannot be had; ERR_INVALID_ARG for a token or a latency that is none. */
  static async open(endpoint: Endpoint, options: TcpListenOptions = {}): Promise<TcpListener> {
    const { port = 0, token } = options;
    if (token !== undefined && !/^[!-~]{16,512}$/.test(token)) {
      throw invalidArgument('token', '16 to 512 printable ASCII characters', `${token.length} characters`);
    }
    const listener = new TcpListener(endpoint, token, replyLatency(options));
    listener.#server.listen(port, '127.0.0.1');
    await once(listener.#server, 'listening').catch((cause) => {
      throw new JackfieldError(
        'ERR_PORT',
        `The endpoint cannot be served on port ${port}: ${messageOf(cause)}. Choose another, or 0 for any.`,
        { cause },
      );
    });
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    if (!this.#server.listening) return;
    // A client that does not end, or does not read on, is cut off.
    const cutOff = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    this.#server.close();
    await once(this.#server, 'close');
    clearTimeout(cutOff);
  }

  #accept(endpoint: Endpoint, socket: Socket): void {
    this.#sockets.add(socket);
    const framer = new LineFramer();
    let trusted = this.#token === undefined;
    // A client that has not shown its token gets nothing, for it is no client yet.
    const deliver = (line: string) => {
      if (!trusted) return;
      socket.write(`${line}\n`);
      if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
    };
    const session = endpoint.connect(
      { deliver, closed: () => socket.end() },
      { minReplyLatencyMs: this.#minReplyLatencyMs },
    );
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const line of framer.push(chunk)) {
          if (!trusted && !this.#knows(line)) throw new Error('not authorised');
          if (trusted) session.receive(line);
          else socket.write('OK\n');
          trusted = true;
        }
      } catch {
        // Not a line of text, one without an end, or no token: nothing that follows could be trusted.
        socket.destroy();
      }
    });
    // The client's end, orderly or not, ends the session; its calls go on.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      session.disconnect();
    });
  }

  #knows(line: string): boolean {
    const [said, wanted] = [Buffer.from(line), Buffer.from(`AUTH ${this.#token}`)];
    return said.length === wanted.length && timingSafeEqual(said, wanted);
  }
}
