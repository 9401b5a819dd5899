import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { LineFramer } from '../../protocol/line-framer.js';
import type { Endpoint } from '../api/endpoint.js';

/** A client that has this much unread is cut off: it will never catch up. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Serves an endpoint on a loopback TCP port: one session per connection, lines ended by LF. */
export class TcpListener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(endpoint: Endpoint) {
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(endpoint, socket));
  }

  /** @param port 0 (default) lets the system choose. Rejects with the system's error when the port is taken. */
  static async open(endpoint: Endpoint, port = 0): Promise<TcpListener> {
    const listener = new TcpListener(endpoint);
    listener.#server.listen(port, '127.0.0.1');
    await once(listener.#server, 'listening');
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, 'close');
    }
  }

  #accept(endpoint: Endpoint, socket: Socket): void {
    this.#sockets.add(socket);
    const framer = new LineFramer();
    const session = endpoint.connect({
      deliver: (line) => {
        socket.write(`${line}\n`);
        if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
      },
      closed: () => socket.end(),
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const line of framer.push(chunk)) session.receive(line);
      } catch {
        // Not a line of text, or one without an end: nothing that follows could be trusted.
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
}
