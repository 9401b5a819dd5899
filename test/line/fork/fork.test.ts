import { getEventListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { fork } from '../../../src/line/fork/fork.js';
import { FedStream } from '../../../src/stream/fed-stream.js';
import { turn, until } from '../../turns.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A receiver that keeps what it gets. */
async function receiver(onConnection: (socket: WebSocket) => void = () => undefined) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const texts: Record<string, unknown>[] = [];
  const bytes: Buffer[] = [];
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data, isBinary) => {
      if (isBinary) bytes.push(data as Buffer);
      else texts.push(JSON.parse(String(data)));
    });
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { texts, bytes, sockets, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** A stream whose samples are their own positions. */
function counting(clock: VirtualClock) {
  const stream = new FedStream(clock);
  let position = 0;
  return {
    stream,
    feed(frames = 1) {
      for (let at = 0; at < frames; at++) {
        stream.write(
          Int16Array.from({ length: 320 }, (_, index) => ((position + index) % 30_000) + 1),
          position,
        );
        position += 320;
      }
    },
  };
}

describe('a fork', () => {
  it('sends every sample in order, after a start that describes the stream', async () => {
    const clock = new VirtualClock();
    const { stream, feed } = counting(clock);
    const { texts, bytes, url } = await receiver();
    const forked = fork(stream, url, { clock, from: 'ann', parameters: { agent: '7' } });
    await new Promise<void>((resolve) => forked.once('connected', () => resolve()));
    for (let at = 0; at < 50; at++) {
      feed();
      await turn();
    }
    await until(() => Buffer.concat(bytes).length === 50 * 640);
    expect(texts[0]).toMatchObject({ type: 'start', from: 'ann', parameters: { agent: '7' } });
    const samples = Buffer.concat(bytes);
    for (let at = 0; at < 16_000; at++) expect(samples.readInt16LE(2 * at)).toBe((at % 30_000) + 1);
    const end = await forked.close();
    expect(end).toMatchObject({ kind: 'closed', stats: { sent: 16_000, dropped: 0, connections: 1 } });
    await until(() => texts.some(({ type }) => type === 'end'));
  });

  it.each([
    ['drops it as soon as it has the start', 'raw', 'text' as const],
    ['answers, and drops it', 'raw', 'answer' as const],
  ])('gives up a receiver that accepts the connection and then %s', async (_, dialect, how) => {
    const clock = new VirtualClock();
    const { stream, feed } = counting(clock);
    const { sockets, url } = await receiver((socket) => {
      socket.once('message', () => {
        if (how === 'answer') socket.send('{"type":"mark","name":"m"}');
        socket.close();
      });
    });
    const forked = fork(stream, url, { clock, dialect: dialect as 'raw', reconnect: { attempts: 2 } });
    const ends: unknown[] = [];
    void forked.closed.then((end) => ends.push(end));
    while (ends.length === 0) {
      feed();
      await clock.advance(50);
      await turn();
    }
    expect(ends).toMatchObject([{ kind: 'failed', error: { code: 'ERR_PEER' } }]);
    expect(sockets).toHaveLength(3);
  });

  it('leaves no connection open when its dialect cannot express the start', async () => {
    const clock = new VirtualClock();
    const { stream } = counting(clock);
    const open = new Set<Socket>();
    let taken = 0;
    const server = createServer((socket) => {
      taken++;
      open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)));
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const forked = fork(stream, url, { clock, dialect: 'audiosocket', id: 'no UUID', reconnect: false });
    expect(await forked.closed).toMatchObject({ kind: 'failed', error: { code: 'ERR_INVALID_ARG' } });
    await until(() => taken === 1 && open.size === 0);
  });

  it('reconnects after a loss and continues at the next sample, within its latency limit', async () => {
    const clock = new VirtualClock();
    const { stream, feed } = counting(clock);
    const { texts, sockets, url } = await receiver();
    const forked = fork(stream, url, { clock, dialect: 'twilio', maxBufferedMs: 1000 });
    await new Promise<void>((resolve) => forked.once('connected', () => resolve()));
    feed(10);
    await until(() => texts.filter(({ event }) => event === 'media').length === 10);
    const lost = new Promise<number>((resolve) => forked.once('lost', (_, retryMs) => resolve(retryMs)));
    sockets[0]?.terminate();
    expect(await lost).toBe(500);
    // Three seconds pass; one may wait.
    feed(150);
    const again = new Promise<number>((resolve) => forked.once('connected', resolve));
    while (sockets.length < 2) {
      await clock.advance(100);
      await turn();
    }
    expect(await again).toBe(3200);
    const first = () => texts.slice(12).find(({ event }) => event === 'media');
    await until(() => first() !== undefined);
    const { timestamp } = Object(first()).media as { timestamp: string };
    // What came next was given to the connection that was lost; the rest is the last second.
    expect(Number(timestamp)).toBeGreaterThanOrEqual(200);
    await until(() => forked.stats.sent + forked.stats.dropped === forked.stats.offered);
    expect(forked.stats.dropped).toBeGreaterThanOrEqual(320 * 99);
    expect(forked.stats.connections).toBe(2);
    await forked.close();
  });

  it('to a receiver that does not read drops old samples, and delays no other sink', async () => {
    const clock = new VirtualClock();
    const { stream, feed } = counting(clock);
    const { sockets, url } = await receiver((socket) => socket.pause());
    const forked = fork(stream, url, { clock, maxBufferedMs: 400 });
    let droppedSamples = 0;
    const behind: number[] = [];
    forked.on('dropped', (samples) => {
      droppedSamples += samples;
    });
    forked.on('behind', (ms) => behind.push(ms));
    await new Promise<void>((resolve) => forked.once('connected', () => resolve()));
    for (let second = 0; second < 30; second++) {
      for (let at = 0; at < 50; at++) {
        feed();
        await clock.advance(20);
      }
    }
    expect(stream.received.position).toBe(30 * 16_000);
    expect(droppedSamples).toBeGreaterThan(25 * 16_000);
    expect(behind.length).toBeGreaterThanOrEqual(2);
    expect(sockets).toHaveLength(1);
    await forked.close();
  });

  it('ends with its stream, and fails when nothing is listening', async () => {
    const clock = new VirtualClock();
    const { stream } = counting(clock);
    const forked = fork(stream, 'ws://127.0.0.1:1/', { clock, reconnect: false });
    expect(await forked.closed).toMatchObject({ kind: 'failed', error: { code: 'ERR_PEER' } });
    const { url } = await receiver();
    const other = fork(stream, url, { clock });
    await new Promise<void>((resolve) => other.once('connected', () => resolve()));
    stream.end({ kind: 'over' });
    expect(await other.closed).toMatchObject({ kind: 'closed' });
  });

  it('removes its listener on the signal and its timers, whenever the signal fires', async () => {
    const clock = new VirtualClock();
    const { stream } = counting(clock);
    const { url, sockets } = await receiver();
    const source = new AbortController();
    const { signal } = source;
    const ended = fork(stream, url, { clock, signal });
    await ended.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    source.abort();
    const late = fork(stream, url, { clock, signal });
    expect(await late.closed).toMatchObject({ kind: 'closed', stats: { connections: 0 } });
    await turn();
    await clock.run();
    expect(clock.now()).toBe(0);
    expect(sockets).toEqual([]);
  });

  it('closes a connection that is established at the moment when the fork ends', async () => {
    const clock = new VirtualClock();
    const { stream } = counting(clock);
    const { url, sockets, texts } = await receiver();
    const timerAt = clock.timerAt.bind(clock);
    let isConnecting = false;
    // A connection has its first timer when it comes to stand.
    clock.timerAt = (at, task) => {
      if (isConnecting) queueMicrotask(() => void forked.close());
      return timerAt(at, task);
    };
    const forked = fork(stream, url, { clock });
    let connected = 0;
    forked.on('connected', () => connected++);
    isConnecting = true;
    expect(await forked.closed).toMatchObject({ kind: 'closed' });
    await until(() => sockets.length === 1 && sockets[0]?.readyState === WebSocket.CLOSED);
    expect([connected, texts]).toEqual([0, []]);
  });

  it.each([
    [{ dialect: 'audiosocket' }, 'url'],
    [{ legs: 'stereo' }, 'legs'],
    [{ dialect: 'twilio', encoding: 's16' }, 'encoding'],
    [{ variant: 'none' }, 'variant'],
  ] as const)('refuses %j, naming %s', (options, name) => {
    const { stream } = counting(new VirtualClock());
    expect(() => fork(stream, 'ws://127.0.0.1:1/', options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringContaining(name) }),
    );
  });
});
