import { EventEmitter, once } from 'node:events';
import { createClient, defineInterface, type MessageBus } from 'dbus-native';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AutoTransport } from '../../../src/control/transport/auto-transport.js';
import { DbusTransport } from '../../../src/control/transport/dbus-transport.js';
import { Exchange } from '../../../src/exchange.js';
import { hasDbusDaemon, type PrivateServer, startBus } from '../private-servers.js';
import { describeTransport } from './compliance.js';
import { TestEndpoint } from './test-endpoint.js';

class DbusTestEndpoint extends TestEndpoint {
  readonly transport: DbusTransport;
  readonly bus: MessageBus;
  #client: string | undefined;

  private constructor(address: string) {
    super();
    this.bus = createClient({ busAddress: address });
    this.transport = new DbusTransport({ address });
  }

  static async start(address: string): Promise<DbusTestEndpoint> {
    const endpoint = new DbusTestEndpoint(address);
    await endpoint.bus.export(
      '/com/Skype',
      defineInterface({
        name: 'com.Skype.API',
        methods: {
          Invoke: {
            in: { command: 's' },
            out: { answer: 's' },
            handler: ({ command }: { command: string }, { sender }: { sender?: string }) => {
              endpoint.#client = sender;
              endpoint.hear(command);
              return endpoint.answer(command);
            },
          },
        },
      }),
    );
    await endpoint.bus.requestName('com.Skype.API', 4);
    return endpoint;
  }

  say(line: string): void {
    if (this.#client) notify(this.bus, this.#client, line);
  }

  async stop(): Promise<void> {
    await this.bus.close();
  }
}

function notify(bus: MessageBus, client: string, line: string): void {
  bus.connection.message({
    type: 1,
    flags: 1,
    serial: bus.serial++,
    destination: client,
    path: '/com/Skype/Client',
    interface: 'com.Skype.API.Client',
    member: 'Notify',
    signature: 's',
    body: [line],
  });
}

describe.skipIf(!hasDbusDaemon)('on a private dbus-daemon (needs the package dbus)', () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startBus();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  describeTransport('D-Bus', {
    start: () => DbusTestEndpoint.start(server.address),
    absent: async () => new DbusTransport({ address: server.address }),
  });

  test('a missing bus counts as a missing endpoint, and does not disturb a search', async () => {
    await using endpoint = await DbusTestEndpoint.start(server.address);
    const nowhere = new DbusTransport({ address: 'unix:path=/nonexistent/bus' });
    const closed: unknown[] = [];
    const handlers = { line: () => undefined, closed: (error?: Error) => closed.push(error) };
    await expect(nowhere.open(handlers)).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' });
    const link = await new AutoTransport([nowhere, endpoint.transport]).open(handlers);
    expect(closed).toEqual([]);
    await link.close();
  });

  test('an answer that comes with the call itself is given to the sender', async () => {
    await using endpoint = await DbusTestEndpoint.start(server.address);
    endpoint.answer = (line) => line.replace('PING', 'PONG');
    const link = await endpoint.transport.open({ line: () => undefined, closed: () => undefined });
    expect(await link.send('#3 PING')).toBe('#3 PONG');
    await link.close();
  });

  test('another program on the bus cannot speak for the endpoint', async () => {
    await using endpoint = await DbusTestEndpoint.start(server.address);
    const lines: string[] = [];
    const news = new EventEmitter();
    const link = await endpoint.transport.open({
      line: (line) => {
        lines.push(line);
        news.emit('line');
      },
      closed: () => undefined,
    });
    await link.send('PING');
    await endpoint.next();
    const stranger = createClient({ busAddress: server.address });
    await stranger.getId();
    const names = (await stranger.listNames()).filter((name) => name.startsWith(':'));
    for (const name of names) notify(stranger, name, 'CALL 1 STATUS FINISHED');
    await stranger.getId();
    const heard = once(news, 'line');
    endpoint.say('PONG');
    await heard;
    expect(lines).toEqual(['PONG']);
    await Promise.all([stranger.close(), link.close()]);
  });
});

test('an address whose path no socket can have is told as such', async () => {
  const folder = 'deep%20folder/'.repeat(20);
  const addresses = [
    `unix:path=/${folder}bus`,
    `unix:guid=00,path=/${folder}bus`,
    `tcp:host=x,port=1;unix:abstract=/${folder}`,
  ];
  for (const address of addresses) {
    const opening = new DbusTransport({ address }).open({ line: () => undefined, closed: () => undefined });
    await expect(opening).rejects.toThrow(
      /the path of its socket has 2\d\d bytes, and a socket may have 10\d\)/,
    );
  }
  await using exchange = await Exchange.start({ users: [{ handle: 'jack' }] });
  await expect(exchange.listenOnDbus({ address: addresses[0] ?? '' })).rejects.toThrow(/has 2\d\d bytes/);
});
