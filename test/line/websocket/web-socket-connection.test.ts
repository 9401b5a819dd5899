import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../../../src/base/time/clock.js';
import { dialWebSocket } from '../../../src/line/websocket/dial-web-socket.js';

it('a connection that the other end has closed leaves no timer when it is closed here, too', async () => {
  const timers = new Set<object>();
  const clock: Clock = {
    ...systemClock,
    timerAt: (at, task) => {
      const timer = {};
      timers.add(timer);
      const cancel = systemClock.timerAt(at, () => {
        timers.delete(timer);
        return task();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.close());
  await new Promise<void>((resolve) => server.once('listening', resolve));
  try {
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const connection = await dialWebSocket(url, { clock, subprotocols: [] });
    await new Promise<void>((resolve) => {
      connection.listen({
        message: () => undefined,
        drained: () => undefined,
        closed: () => {
          // As a session does.
          connection.close();
          resolve();
        },
      });
    });
    expect(timers.size).toBe(0);
  } finally {
    server.close();
  }
});

it('data after a close frame is not read, and the end stays normal', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (_, { socket }) => {
    socket.write(Buffer.of(0x88, 0));
    // The other end has read the close by then.
    socket.prependOnceListener('data', () => socket.write(Buffer.of(0x81, 2, 0x68, 0x69)));
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  try {
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const connection = await dialWebSocket(url, { clock: systemClock, subprotocols: [] });
    const told: unknown[] = [];
    await new Promise<void>((resolve) => {
      connection.listen({
        message: (message) => told.push(message),
        closed: (error) => {
          told.push(error);
          resolve();
        },
      });
    });
    expect(told).toEqual([undefined]);
  } finally {
    server.close();
  }
});
