import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { TcpTransport } from '../../../src/control/transport/tcp-transport.js';
import { LineFramer } from '../../../src/protocol/line-framer.js';
import { describeTransport } from './compliance.js';
import { TestEndpoint } from './test-endpoint.js';

/** The first line of every client, which asks for NUL as the end of messages. */
const ASKED = 'FRAMING NUL';

class TcpTestEndpoint extends TestEndpoint {
  readonly transport: TcpTransport;
  readonly #server: Server;
  #socket: Socket | undefined;

  #end = '\n';

  /** @param grants Whether messages end with NUL when the client asks for it. */
  private constructor(server: Server, grants: boolean) {
    super();
    this.#server = server;
    this.transport = new TcpTransport({ port: (server.address() as AddressInfo).port });
    server.on('connection', (socket) => {
      this.#socket = socket;
      this.#end = '\n';
      const framer = new LineFramer();
      socket.on('data', (chunk: Buffer) => {
        for (const line of framer.push(chunk)) {
          if (line !== ASKED) this.hear(line);
          else if (!grants) socket.write('ERROR 2 Unknown command\n');
          else {
            this.#end = '\0';
            framer.expectNulAfter('');
            socket.write(`${ASKED}\0`);
          }
        }
      });
    });
  }

  static async start(grants = false): Promise<TcpTestEndpoint> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpTestEndpoint(server, grants);
  }

  say(line: string): void {
    this.#socket?.write(`${line}${this.#end}`);
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

for (const grants of [false, true]) {
  describeTransport(`TCP, messages that end with ${grants ? 'NUL' : 'LF'}`, {
    start: () => TcpTestEndpoint.start(grants),
    async absent() {
      const endpoint = await TcpTestEndpoint.start(grants);
      await endpoint.stop();
      return endpoint.transport;
    },
  });
}

test.each([
  ['LF', false],
  ['NUL', true],
])('with %s, a text of several lines can be sent: %j', async (_end, grants) => {
  await using endpoint = await TcpTestEndpoint.start(grants);
  const told = new Promise<string>((resolve) => {
    const handlers = { line: resolve, closed: () => undefined };
    void endpoint.transport.open(handlers).then(async (link) => {
      await link.send('PING');
      await endpoint.next();
      endpoint.say('PONG');
      await told;
      expect(link.multiline).toBe(grants);
      if (!grants) return;
      await link.send('MESSAGE bob one\ntwo');
    });
  });
  expect(await told).toBe('PONG');
  if (grants) expect(await endpoint.next()).toBe('MESSAGE bob one\ntwo');
});

test('an endpoint that ends messages with NUL without having been asked is sent no text of several lines', async () => {
  const server = createServer((socket) => socket.end('USERSTATUS ONLINE\0FRAMING NUL\n')).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const lines: string[] = [];
  let link: { multiline: boolean } | undefined;
  await new Promise<void>((resolve) => {
    const handlers = { line: (line: string) => void lines.push(line), closed: () => resolve() };
    void new TcpTransport({ port }).open(handlers).then((opened) => {
      link = opened;
    });
  });
  expect([lines, link?.multiline]).toEqual([['USERSTATUS ONLINE', 'FRAMING NUL'], false]);
  server.close();
});
