import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, VirtualClock } from '../../../src/base/time/clock.js';
import { TcpConnection, TcpConnectionListener } from '../../../src/line/audiosocket/tcp-connection.js';
import { dialectNamed } from '../../../src/line/dialect/dialects.js';
import { connectMedia } from '../../../src/line/media/connect-media.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { turn, until } from '../../turns.js';
import { testFolder } from '../../voice/fixtures.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A port that takes connections and does nothing with them. */
async function silentPort() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { sockets, port: (server.address() as AddressInfo).port };
}

describe('a connection of bytes', () => {
  it('reports a failure, with its cause, to a later listener', async () => {
    const { sockets, port } = await silentPort();
    const socket = connect(port, '127.0.0.1');
    const connection = new TcpConnection(socket, systemClock);
    await until(() => sockets.length === 1);
    const broken = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy(new Error('cut'));
    await broken;
    const ends: unknown[] = [];
    connection.listen({ message: () => {}, drained: () => {}, closed: (error) => ends.push(error) });
    expect(ends).toMatchObject([{ code: 'ERR_PEER', message: expect.stringContaining('cut') }]);
  });

  it('is reset on its clock when the other end keeps its half open', async () => {
    const clock = new VirtualClock();
    let other: Socket | undefined;
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      other = socket.on('error', () => undefined).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const connection = new TcpConnection(socket, clock);
    connection.listen({ message: () => {}, drained: () => {}, closed: () => {} });
    connection.close();
    await until(() => other?.readableEnded === true);
    expect(socket.destroyed).toBe(false);
    await clock.advance(2000);
    expect(socket.destroyed).toBe(true);
    other?.destroy();
  });
});

describe('an outgoing connection', () => {
  it.each([
    ['tls', 'audiosocket'],
    ['wss', 'raw'],
    ['ws', 'raw'],
  ])('by %s to a peer that does not answer is given up on its clock', async (protocol, dialect) => {
    const { sockets, port } = await silentPort();
    const clock = new VirtualClock();
    const connecting = connectMedia(`${protocol}://127.0.0.1:${port}`, dialectNamed(dialect), {
      ...{ clock, timeoutMs: 5000 },
    });
    const failed = expect(connecting).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await until(() => sockets.length === 1);
    await clock.advance(5000);
    await failed;
  });

  it('holds a virtual clock when asked to, and leaves no timer on it', async () => {
    const listener = await TcpConnectionListener.open(
      { port: 0, host: '127.0.0.1', maxConnections: 1, clock: systemClock },
      () => undefined,
    );
    closing.push(() => listener[Symbol.asyncDispose]());
    const clock = new VirtualClock();
    const url = `tcp://127.0.0.1:${listener.port}`;
    const connecting = connectMedia(url, dialectNamed('audiosocket'), { clock, isHeld: true });
    let isLate = false;
    clock.timerAt(10_000, () => {
      isLate = true;
    });
    const passing = clock.advance(10_000);
    const connection = await connecting;
    expect(isLate).toBe(false);
    await passing;
    connection.abort();
    await turn();
  });
});

it.skipIf(!hasOpenssl)(
  'a port with TLS closes at once, also with clients that have not begun TLS (needs openssl)',
  async () => {
    const tls = certificate(testFolder(), 'server', ['DNS:localhost'], 'localhost');
    const listener = await TcpConnectionListener.open(
      { port: 0, host: '127.0.0.1', maxConnections: 5, clock: systemClock, tls },
      () => undefined,
    );
    const socket = connect(listener.port, '127.0.0.1').on('error', () => undefined);
    let isClosed = false;
    socket.on('close', () => {
      isClosed = true;
    });
    await new Promise((resolve) => socket.once('connect', resolve));
    await turn();
    await listener[Symbol.asyncDispose]();
    await until(() => isClosed);
  },
);
