import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { webSocketLine } from '../../../src/line/websocket/web-socket-line.js';
import { Attempt } from '../../../src/switch/attempt.js';
import type { EndCause, Leg } from '../../../src/switch/leg.js';
import { turn, until } from '../../turns.js';

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A media server that has the calls, and does what it is told with each connection. */
async function mediaServer(onConnection: (socket: WebSocket) => void) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const gone: WebSocket[] = [];
  server.on('connection', (socket) => {
    socket.on('error', () => undefined).on('close', () => gone.push(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { server, gone, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** A line whose calls are at a media server, and one call on its way to it. */
async function calling(url: string, options: { maxCalls?: number } = {}) {
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const line = webSocketLine({
    ...{ dialect: 'raw', listen: false, connect: { url, role: 'application' }, startTimeoutMs: 1000 },
    ...options,
  });
  await line.open({ clock, place: () => false, failed: (error) => failures.push(error) });
  closing.push(() => line.close());
  const call = () => {
    const told: { cause?: EndCause; leg?: Leg } = {};
    const attempt = new Attempt(
      { caller: { handle: 'ann', fullName: 'Ann', network: 'P2P' } },
      {
        ...{ ringing: () => undefined, earlyMedia: () => undefined },
        ...{ forwarded: () => undefined, transfer: () => undefined },
        answered: (leg) => {
          told.leg = leg;
        },
        declined: (cause) => {
          told.cause = cause;
        },
      },
    );
    line.lineTo('+15550100')?.arrive(attempt);
    return { attempt, told };
  };
  return { clock, line, failures, call, ...call() };
}

const START = JSON.stringify({ type: 'start', id: 'x', format: { sampleRate: 16_000 } });

describe('an outgoing call to a media server', () => {
  it.each<[string, (socket: WebSocket) => void]>([
    ['closes the connection at once', (socket) => socket.close()],
    ['breaks it', (socket) => socket.terminate()],
    ['sends what is no message', (socket) => socket.send('{')],
    ['sends another message first', (socket) => socket.send('{"type":"dtmf","digit":"1"}')],
    ['says nothing', () => undefined],
  ])('ends when the server %s before its start', async (_, onConnection) => {
    const { url, gone } = await mediaServer(onConnection);
    const { clock, told } = await calling(url);
    while (told.cause === undefined) {
      await clock.advance(50);
      await turn();
    }
    expect(told.cause).toMatchObject({ kind: 'failed', reason: 'offline', text: expect.any(String) });
    await until(() => gone.length === 1);
  });

  it('is answered by its start', async () => {
    const { url } = await mediaServer((socket) => socket.send(START));
    const { told, line } = await calling(url);
    await until(() => told.leg !== undefined);
    expect(line.activeCalls).toBe(1);
  });

  it('is given up with its caller: the connection ends, and a late start does not make a call', async () => {
    const sockets: WebSocket[] = [];
    const { url, gone } = await mediaServer((socket) => sockets.push(socket));
    const { attempt, told, line } = await calling(url);
    await until(() => sockets.length === 1);
    attempt.withdraw({ kind: 'cancelled' });
    sockets[0]?.send(START);
    await until(() => gone.length === 1);
    expect(told).toEqual({});
    expect(line.activeCalls).toBe(0);
  });

  it('is given up with its line', async () => {
    const sockets: WebSocket[] = [];
    const { url, gone } = await mediaServer((socket) => sockets.push(socket));
    const { told, line } = await calling(url);
    await until(() => sockets.length === 1);
    await line.close();
    await until(() => gone.length === 1 && told.cause !== undefined);
  });

  it('counts towards the limit of calls of its line', async () => {
    const { url } = await mediaServer((socket) => socket.send(START));
    const { call, told } = await calling(url, { maxCalls: 1 });
    const second = call();
    await until(() => second.told.cause !== undefined && told.leg !== undefined);
    const third = call();
    await until(() => third.told.cause !== undefined);
    expect(third.told.cause).toMatchObject({ text: expect.stringContaining('its limit of 1 calls') });
  });
});
