import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MacTransport } from '../../../src/control/transport/mac-transport.js';
import { describeTransport } from './compliance.js';
import { TestEndpoint } from './test-endpoint.js';

const osascript = fileURLToPath(new URL('./osascript-stand-in.sh', import.meta.url));

class MacTestEndpoint extends TestEndpoint {
  readonly transport = new MacTransport({ osascript, scriptName: 'a test' });
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #observer: Socket | undefined;
  client = 999;

  private constructor(server: Server) {
    super();
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      createInterface({ input: socket })
        .on('line', (line) => this.#take(socket, line))
        .on('error', () => socket.destroy());
    });
  }

  static async start(): Promise<MacTestEndpoint> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    process.env['JACKFIELD_TEST_PORT'] = String((server.address() as AddressInfo).port);
    return new MacTestEndpoint(server);
  }

  say(line: string): void {
    this.notify('SKSkypeAPINotification', {
      SKYPE_API_CLIENT_ID: this.client,
      SKYPE_API_NOTIFICATION_STRING: line,
    });
  }

  notify(name: string, info: object): void {
    this.#observer?.write(`${JSON.stringify({ name, info })}\n`);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.notify('SKSkypeWillQuit', {});
    for (const socket of this.#sockets) socket.end();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(socket: Socket, line: string): void {
    const [what, ...encoded] = line.split(' ');
    const words = encoded.map((word) => Buffer.from(word, 'base64').toString('utf8'));
    if (what === 'observe') {
      expect(words).toContain('SKSkypeAPINotification');
      this.#observer = socket;
      return;
    }
    const [command = '', name] = words;
    expect(name).toBe('a test');
    this.hear(command);
    socket.end(`${this.answer(command)}\n`);
  }
}

describeTransport('macOS (with a stand-in for osascript)', {
  start: () => MacTestEndpoint.start(),
  async absent() {
    const endpoint = await MacTestEndpoint.start();
    await endpoint.stop();
    return endpoint.transport;
  },
});

test('the answer is the result of the script', async () => {
  await using endpoint = await MacTestEndpoint.start();
  endpoint.answer = (line) => line.replace('PING', 'PONG');
  const link = await endpoint.transport.open({ line: () => undefined, closed: () => undefined });
  expect(await link.send('#1 PING')).toBe('#1 PONG');
  await link.close();
});

test('messages for another client are ignored', async () => {
  await using endpoint = await MacTestEndpoint.start();
  const lines: string[] = [];
  let ended = () => {};
  const closed = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const link = await endpoint.transport.open({ line: (line) => lines.push(line), closed: () => ended() });
  await link.send('PING');
  endpoint.client = 4;
  endpoint.say('#1 CALL 1 STATUS FINISHED');
  endpoint.client = 999;
  endpoint.say('CALL 1 STATUS RINGING');
  await endpoint.stop();
  await closed;
  expect(lines).toEqual(['CALL 1 STATUS RINGING']);
});

test('a missing osascript is reported', async () => {
  const opening = new MacTransport({ osascript: '/nonexistent/osascript' }).open({
    line: () => undefined,
    closed: () => undefined,
  });
  await expect(opening).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' });
});
