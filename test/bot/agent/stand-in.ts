import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { VirtualClock } from '../../../src/base/time/clock.js';

/** Steps of a test's clock, between which all that is on its way over sockets arrives; in milliseconds. */
const STEP_MS = 20;

/** A server of WebSockets in place of an agent or a service. */
export interface StandIn {
  readonly url: string;
  /** Requests of connections that were made. */
  readonly requests: readonly IncomingMessage[];
  /** Has time stand still while something is under way. */
  pace(clock: VirtualClock): void;
  close(): void;
}

/** Opens one; `serve` is called for each connection. */
export async function standIn(serve: (socket: WebSocket, number: number) => void): Promise<StandIn> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const requests: IncomingMessage[] = [];
  server.on('connection', (socket, request) => {
    requests.push(request);
    serve(socket, requests.length);
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  let isOver = false;
  const pace = (clock: VirtualClock): void => {
    clock.timerAt(clock.now() + STEP_MS, async () => {
      await Promise.all([...server.clients].map(roundTrip));
      if (!isOver) pace(clock);
    });
  };
  const close = () => {
    isOver = true;
    for (const socket of server.clients) socket.terminate();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/agent`, requests, pace, close };
}

/** Resolves when the other end has read all that was sent to it, and what it had sent before has come. */
export async function roundTrip(socket: WebSocket): Promise<void> {
  if (socket.readyState !== socket.OPEN) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('pong', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('pong', done);
    socket.on('close', done);
    socket.ping();
  });
}

/** A message of JSON. */
export function jsonOf(data: RawData): Record<string, unknown> {
  return JSON.parse(String(data)) as Record<string, unknown>;
}
