import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { TcpTransport } from '../../../src/control/transport/tcp-transport.js';
import { describeTransport } from './compliance.js';
import { TestEndpoint } from './test-endpoint.js';

class TcpTestEndpoint extends TestEndpoint {
  readonly transport: TcpTransport;
  readonly #server: Server;
  #socket: Socket | undefined;

  private constructor(server: Server) {
    super();
    this.#server = server;
    this.transport = new TcpTransport({ port: (server.address() as AddressInfo).port });
    server.on('connection', (socket) => {
      this.#socket = socket;
      createInterface({ input: socket, crlfDelay: 0 }).on('line', (line) => this.hear(line));
    });
  }

  static async start(): Promise<TcpTestEndpoint> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpTestEndpoint(server);
  }

  say(line: string): void {
    this.#socket?.write(`${line}\n`);
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describeTransport('TCP', {
  start: () => TcpTestEndpoint.start(),
  async absent() {
    const endpoint = await TcpTestEndpoint.start();
    await endpoint.stop();
    return endpoint.transport;
  },
});
