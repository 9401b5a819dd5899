import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Exchange } from '../../../src/exchange/exchange.js';

/** TCP_REPAIR closes a socket without FIN or RST, as a machine that lost its power. It is for root on Linux. */
const CAN_VANISH = process.platform === 'linux' && process.getuid?.() === 0;
const VANISHING_CLIENT = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.sendall(b'NAME x\\n')
print(s.recv(100), flush=True)
s.setsockopt(socket.IPPROTO_TCP, 19, 1)
s.close()
sys.stdin.readline()
`;

let exchange: Exchange | undefined;
afterEach(() => exchange?.close());

test.skipIf(!CAN_VANISH)('a client that has vanished without FIN is dropped (needs root)', async () => {
  exchange = await Exchange.start();
  const port = await exchange.listen({ keepAliveMs: 1000 });
  const endpoint = exchange.endpoint();
  const client = spawn('python3', ['-c', VANISHING_CLIENT, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await once(client.stdout, 'data');
    expect(endpoint.sessions).toHaveLength(1);
    await expect.poll(() => endpoint.sessions.length).toBe(0);
  } finally {
    client.kill();
  }
});

test('a client without any traffic is dropped after idleMs, and that is reported', async () => {
  exchange = await Exchange.start();
  const port = await exchange.listen({ idleMs: 1000 });
  const failed = once(exchange, 'failure');
  const client = connect(port, '127.0.0.1');
  client.write('NAME x\n');
  await once(client, 'data');
  client.resume();
  await once(client, 'end');
  expect((await failed)[0]).toMatchObject({ code: 'ERR_PEER' });
  client.destroy();
});

test('the limits of the port have a range', async () => {
  exchange = await Exchange.start();
  for (const options of [{ keepAliveMs: 1 }, { idleMs: 999 }, { idleMs: Number.NaN }]) {
    await expect(exchange.listen(options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  }
});
