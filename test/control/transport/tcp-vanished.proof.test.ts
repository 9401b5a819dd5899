import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import { type TcpTransportOptions, tcpTarget } from '../../../src/control/transport/tcp-options.js';
import { TcpTransport } from '../../../src/control/transport/tcp-transport.js';
import { commands } from '../../../src/protocol/commands.js';

/** TCP_REPAIR closes a socket without FIN or RST, as a machine that lost its power. It is for root on Linux. */
const CAN_VANISH = process.platform === 'linux' && process.getuid?.() === 0;
const VANISHING_ENDPOINT = `
import socket, sys
listening = socket.create_server(('127.0.0.1', 0))
print(listening.getsockname()[1], flush=True)
s = listening.accept()[0]
sys.stdin.readline()
s.setsockopt(socket.IPPROTO_TCP, 19, 1)
s.close()
sys.stdin.readline()
`;

function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

test.skipIf(!CAN_VANISH)('an endpoint that is gone without FIN ends the link (needs root)', async () => {
  const endpoint = spawn('python3', ['-c', VANISHING_ENDPOINT], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const port = Number((await once(endpoint.stdout, 'data')).join(''));
    const transport = new TcpTransport({ port, keepAliveMs: 1000 });
    const lost = new Promise<Error | undefined>((closed) => {
      void transport.open({ line: () => {}, closed }).then(() => endpoint.stdin.write('\n'));
    });
    expect(await lost).toMatchObject({ code: 'ERR_CLOSED' });
  } finally {
    endpoint.kill();
  }
});

test('an endpoint that does not answer for idleMs counts as gone; one that need not answer does not', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => socket.write('OK\n'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = new TcpTransport({ port, idleMs: 1000 });
  let quietLost = false;
  const quietLine = deferred<string>();
  const quiet = await transport.open({ line: quietLine.resolve, closed: () => (quietLost = true) });
  await quiet.send('#1 PING');
  expect(await quietLine.promise).toBe('OK');

  const lost = deferred<Error | undefined>();
  const heard = deferred<string>();
  const deaf = await transport.open({ line: heard.resolve, closed: lost.resolve });
  await deaf.send('#1 PING');
  await heard.promise;
  await deaf.send('#2 PING');
  expect(await lost.promise).toMatchObject({ code: 'ERR_CLOSED', cause: { code: 'ERR_PEER' } });
  expect(quietLost).toBe(false);
  await quiet.close();
  server.close();
});

test('a client reports that its endpoint is gone, and attaches again', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const [, id, name] of data.toString().matchAll(/#(\d+) (\S+)/g)) {
        if (name === 'NAME') socket.write(`#${id} OK\n`);
        if (name === 'PROTOCOL') socket.write(`#${id} PROTOCOL 8\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = new TcpTransport({ port, idleMs: 1000 });
  const client = await attach(transport, { pingIntervalMs: 0, reattach: { firstDelayMs: 1 } });
  const states: string[] = [];
  const back = new Promise<void>((resolve) => {
    client.on('state', (state) => {
      states.push(
        state.status === 'unavailable'
          ? `${state.status} ${'code' in state.error && state.error.code}`
          : state.status,
      );
      if (state.status === 'attaching') resolve();
    });
  });
  await expect(client.command(commands.ping())).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  await back;
  expect(states).toEqual(['unavailable ERR_CLOSED', 'attaching']);
  await client.close();
  server.close();
});

test('the limits are options with a range; another machine has them by default', () => {
  const tls = { cert: 'cert', key: 'key' };
  expect(tcpTarget({ port: 1 })).toMatchObject({ keepAliveMs: 5000, idleMs: 0 });
  expect(tcpTarget({ port: 1, host: 'exchange.example', tls })).toMatchObject({ idleMs: 600_000 });
  expect(tcpTarget({ port: 1, keepAliveMs: 0, idleMs: 1000 })).toMatchObject({
    keepAliveMs: 0,
    idleMs: 1000,
  });
  const refused: Partial<TcpTransportOptions>[] = [
    { keepAliveMs: 1 },
    { keepAliveMs: Number.NaN },
    { idleMs: 999 },
    { idleMs: -1 },
  ];
  for (const each of refused)
    expect(() => tcpTarget({ port: 1, ...each })).toThrow(/(keepAliveMs|idleMs) must be/);
});
