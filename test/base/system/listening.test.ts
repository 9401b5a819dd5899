import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { listenAt } from '../../../src/base/system/listening.js';
import { systemClock } from '../../../src/base/time/clock.js';
import { TcpConnectionListener } from '../../../src/line/audiosocket/tcp-connection.js';
import { testFolder } from '../../voice/fixtures.js';

const folder = testFolder();
const PROGRAM = join(import.meta.dirname, 'few-files-listening.mjs');

/** Connects, and waits for the end of that; resolves to whether it was taken. */
const tried = (where: number | string) =>
  new Promise<boolean>((resolve) => {
    const socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    let isOpen = false;
    socket.on('connect', () => {
      isOpen = true;
      socket.end('x\r\n\r\n');
    });
    socket.on('error', () => undefined).resume();
    socket.on('close', () => resolve(isOpen));
  });

it.skipIf(process.platform !== 'linux')(
  'a server that runs out of file descriptors accepts connections again when some are free',
  async () => {
    if (!existsSync('build')) throw new Error('Build first: npm run build.');
    const path = join(folder, 'owner.sock');
    const words = ['-c', 'ulimit -n 60; exec "$@"', 'sh', process.execPath, PROGRAM, path];
    const child = spawn('sh', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const told = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value));
    const places = [path, ...((await told()) as number[])];
    child.stdin.write('take\n');
    expect(await told()).toBe('EMFILE');
    for (const place of [...places, ...places, ...places]) await tried(place);
    child.stdin.write('give\n');
    expect(await told()).toBe('given back');
    for (const place of places) expect(await tried(place)).toBe(true);
    expect(child.exitCode).toBe(null);
    child.stdin.end();
    child.kill();
    await once(child, 'exit');
  },
);

it('connections that the system fails to accept do not stop the server, however many there are', async () => {
  const server = createServer();
  await listenAt(server, 0, '127.0.0.1');
  for (const code of ['ENFILE', 'ENOBUFS', 'ENFILE']) server.emit('error', new Error(`accept ${code}`));
  const { port } = server.address() as AddressInfo;
  server.once('connection', (socket) => socket.destroy());
  expect(await tried(port)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

it('an invalid key is refused with ERR_INVALID_ARG', async () => {
  const tls = { key: 'none', cert: 'none' };
  const options = { port: 0, host: '127.0.0.1', maxConnections: 1, clock: systemClock, tls };
  await expect(TcpConnectionListener.open(options, () => undefined)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG',
  });
});
