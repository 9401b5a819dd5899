import { once } from 'node:events';
import { readSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Accepted, acceptFrom } from '../../src/tcp/read/accepted.js';
import { turn } from '../turns.js';

/** A server and one connection to it, as it accepted that. */
async function acceptOne(direct: boolean, host: string) {
  let closed = 0;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const accepted = new Promise<Accepted>((resolve) => {
    acceptFrom(server, direct, { accepted: resolve, closed: () => void closed++ });
  });
  await once(server.listen({ port: 0, host }), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const peer = connect({ port, host: host === '::' ? '127.0.0.1' : host });
  peer.on('error', () => {});
  await once(peer, 'connect');
  return {
    connection: await accepted,
    peer,
    port,
    closed: () => closed,
    [Symbol.asyncDispose]: async () => {
      peer.destroy();
      server.close();
    },
  };
}

const over = (peer: Socket) => once(peer.resume(), 'close');

/** Reads what has come by the descriptor, as soon as there is something. */
async function readWhenThere(fd: number, buffer: Buffer): Promise<number> {
  for (;;) {
    try {
      return readSync(fd, buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await turn();
    }
  }
}

describe.each([
  ['as a handle', true],
  ['as a socket', false],
])('an accepted connection %s', (_, direct) => {
  test.each(['127.0.0.1', '::1', '::'])('knows both its ends (%s)', async (host) => {
    await using world = await acceptOne(direct, host);
    const { connection, peer, port } = world;
    const address = host === '::' ? '127.0.0.1' : host;
    const family = host === '127.0.0.1' ? 'IPv4' : 'IPv6';
    expect(connection.local).toEqual({ address, port, family });
    expect(connection.remote).toEqual({ address, port: peer.localPort, family });
  });

  test('can be closed, and reports it once', async () => {
    await using world = await acceptOne(direct, '127.0.0.1');
    world.connection.destroy();
    world.connection.destroy();
    await over(world.peer);
    expect(world.closed()).toBe(1);
    expect(world.connection.fd).toBeUndefined();
  });

  test('can be reset', async () => {
    await using world = await acceptOne(direct, '127.0.0.1');
    const reset = once(world.peer, 'error');
    world.connection.socket().resetAndDestroy();
    expect(await reset).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
    await turn();
    expect(world.closed()).toBe(1);
  });

  test('has one paused socket that stays open after the end of its peer', async () => {
    await using world = await acceptOne(direct, '127.0.0.1');
    const socket = world.connection.socket();
    expect(world.connection.socket()).toBe(socket);
    const heard: string[] = [];
    socket.on('data', (data) => heard.push(String(data)));
    world.peer.end('voice');
    await once(world.peer, 'finish');
    // The system has it now; a socket that read would have it some turns later.
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(heard).toEqual([]);
    await once(socket.resume(), 'end');
    expect(heard).toEqual(['voice']);
    socket.end('answer');
    expect(String(await once(world.peer, 'data'))).toBe('answer');
    await over(world.peer);
    expect(world.closed()).toBe(1);
    expect(world.connection.fd).toBeUndefined();
  });
});

test('a handle is read by its descriptor, and by its socket into the given buffer', async () => {
  await using world = await acceptOne(true, '127.0.0.1');
  const { connection, peer } = world;
  const buffer = Buffer.alloc(16);
  peer.write('first');
  expect(await readWhenThere(connection.fd ?? -1, buffer)).toBe(5);
  expect(buffer.toString('latin1', 0, 5)).toBe('first');
  const read = new Promise<number>((resolve) => {
    connection.socket({ buffer, callback: (count) => resolve(count) === undefined }).resume();
  });
  peer.write('second');
  expect(await read).toBe(6);
  expect(buffer.toString('latin1', 0, 6)).toBe('second');
});

test('a connection with a socket has no descriptor to read', async () => {
  await using world = await acceptOne(false, '127.0.0.1');
  expect(world.connection.fd).toBeUndefined();
});
