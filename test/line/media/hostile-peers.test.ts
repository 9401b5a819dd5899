import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, VirtualClock } from '../../../src/base/time/clock.js';
import { audioSocketLine } from '../../../src/line/audiosocket/audio-socket-line.js';
import { dialectNamed } from '../../../src/line/dialect/dialects.js';
import { connectMedia } from '../../../src/line/media/connect-media.js';
import { webSocketLine } from '../../../src/line/websocket/web-socket-line.js';
import { WebSocketListener } from '../../../src/line/websocket/web-socket-listener.js';
import { certificate, expiredCertificate, hasOpenssl } from '../../certificate.js';
import { turn, until } from '../../turns.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const acceptOf = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const switched = (accept: string, more = '') =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;

/** A server that answers the request of a WebSocket as it is told. */
async function hostileServer(answer: (socket: Socket, key: string) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    let request = '';
    socket.on('data', (bytes) => {
      if (request.includes('\r\n\r\n')) return;
      request += bytes.toString('latin1');
      const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1];
      if (request.includes('\r\n\r\n') && key) answer(socket, key);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { sockets, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token` };
}

const raw = dialectNamed('raw');

describe('a server that we connect to', () => {
  it.each<[string, string, (socket: Socket, key: string) => void]>([
    ['answers 200', 'ERR_PEER', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')],
    [
      'answers 403',
      'ERR_FORBIDDEN',
      (socket) => socket.write('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'sends us elsewhere',
      'ERR_PEER',
      (socket) => socket.write('HTTP/1.1 302 F\r\nLocation: ws://127.0.0.1:1/\r\n\r\n'),
    ],
    ['proves nothing', 'ERR_PEER', (socket) => socket.write(switched('AAAAAAAAAAAAAAAAAAAAAAAAAAA='))],
    ['is no HTTP', 'ERR_PEER', (socket) => socket.write('SSH-2.0-x\r\n')],
    ['has endless headers', 'ERR_PEER', (socket) => socket.write(`HTTP/1.1 101 S\r\nX: ${'x'.repeat(1e6)}`)],
    [
      'wants what was not offered',
      'ERR_PEER',
      (socket, key) => socket.write(switched(acceptOf(key), 'Sec-WebSocket-Protocol: other\r\n')),
    ],
    [
      'compresses unasked',
      'ERR_PEER',
      (socket, key) =>
        socket.write(switched(acceptOf(key), 'Sec-WebSocket-Extensions: permessage-deflate\r\n')),
    ],
    ['hangs up', 'ERR_PEER', (socket) => socket.destroy()],
  ])('and that %s is refused with %s, without a secret in the message', async (_, code, answer) => {
    const { url, sockets } = await hostileServer(answer);
    const error = await connectMedia(url, raw, { clock: systemClock }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain('secret-token');
    await until(() => sockets.size === 0);
  });

  it.skipIf(!hasOpenssl)('and that has no valid certificate is refused with advice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-certificates-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const { key, cert } = certificate(folder, 'here', ['IP:127.0.0.1']);
    const other = certificate(folder, 'other', ['DNS:other.example']);
    const old = expiredCertificate(folder, 'here');
    const faults: [keys: { key: string; cert: string } | undefined, ca: string | undefined, why: string][] = [
      [{ key, cert }, undefined, 'give the CA certificate as "ca"'],
      [other, other.cert, 'Use a host name that is in its certificate.'],
      [{ key, cert: old }, old, 'Its certificate has expired'],
      [undefined, undefined, 'The port does not use TLS'],
    ];
    for (const [keys, ca, why] of faults) {
      const answer = (_: unknown, response: ServerResponse) => void response.writeHead(404).end();
      const server = keys ? createSecureServer(keys, answer) : createHttpServer(answer);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closing.push(() => server.close());
      const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token`;
      const error = await connectMedia(url, raw, { clock: systemClock, ca }).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ code: 'ERR_PEER', message: expect.stringContaining(why) });
      expect(String(error)).not.toContain('secret-token');
    }
  });

  it('and that is unreachable is reported', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(connectMedia(`wss://127.0.0.1:${port}/`, raw, { clock: systemClock })).rejects.toMatchObject(
      {
        code: 'ERR_PEER',
        message: expect.stringContaining('No program listens on this port.'),
      },
    );
  });

  it('and that answers byte by byte is given up on the clock', async () => {
    const clock = new VirtualClock();
    let isConnected = false;
    const { url, sockets } = await hostileServer((socket) => {
      isConnected = true;
      socket.write('H');
    });
    const failed = expect(connectMedia(url, raw, { clock, timeoutMs: 3000 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    await until(() => isConnected);
    await clock.advance(3000);
    await failed;
    await until(() => sockets.size === 0);
  });

  it.each(['raw', 'rtpengine'] as const)(
    'is given up when the signal fires, before or meanwhile (%s)',
    async (name) => {
      const { url, sockets } = await hostileServer(() => undefined);
      const to = name === 'raw' ? url : url.replace('ws:', 'tls:');
      const source = new AbortController();
      const given = { clock: systemClock, signal: source.signal };
      const isGivenUp = { code: 'ERR_ABORTED' };
      const meanwhile = connectMedia(to, dialectNamed(name), given);
      const failed = expect(meanwhile).rejects.toMatchObject(isGivenUp);
      await until(() => sockets.size === 1);
      source.abort();
      await failed;
      await until(() => sockets.size === 0);
      await expect(connectMedia(to, dialectNamed(name), given)).rejects.toMatchObject(isGivenUp);
      expect(getEventListeners(source.signal, 'abort')).toEqual([]);
    },
  );

  it.each<[string, string, Uint8Array]>([
    ['a frame with a mask', 'ERR_PEER', Uint8Array.of(0x81, 0x82, 1, 2, 3, 4, 0x7a, 0x7f)],
    ['a frame of 10 MB', 'ERR_LIMIT', Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0, 0xa0, 0, 0)],
    [
      'a frame of a length that no number has',
      'ERR_LIMIT',
      Uint8Array.of(0x82, 127, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
    ],
    ['a text that is no UTF-8', 'ERR_PEER', Uint8Array.of(0x81, 2, 0xc3, 0x28)],
    ['a ping of 126 bytes', 'ERR_PEER', Uint8Array.of(0x89, 126, 0, 126)],
    ['the rest of nothing', 'ERR_PEER', Uint8Array.of(0x80, 1, 0)],
    ['a close code that is none', 'ERR_PEER', Uint8Array.of(0x88, 2, 0, 7)],
  ])('and that sends %s ends the connection with %s', async (_, code, frame) => {
    const { url } = await hostileServer((socket, key) => {
      socket.write(switched(acceptOf(key)));
      socket.write(frame);
    });
    const connection = await connectMedia(url, raw, { clock: systemClock });
    const error = await new Promise<Error | undefined>((resolve) =>
      connection.listen({ message: () => undefined, drained: () => undefined, closed: resolve }),
    );
    expect(error).toMatchObject({ code });
    connection.abort();
  });
});

/** A frame of a client that writes `text`, with a mask of zeros. */
const masked = (first: number, text = '') =>
  Buffer.concat([Uint8Array.of(first, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text, 'latin1')]);

describe('a client that connects to us', () => {
  it.each<[string, string, Uint8Array]>([
    ['a frame without a mask', 'ERR_PEER', Uint8Array.of(0x81, 2, 0x7b, 0x7d)],
    ['a frame of 10 MB', 'ERR_LIMIT', Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 0xa0, 0, 0)],
    ['pieces of more than 4 MB', 'ERR_LIMIT', pieces(5)],
    ['a compressed frame, which was not agreed on', 'ERR_PEER', masked(0xc1, '{}')],
    ['a frame of a kind that is none', 'ERR_PEER', masked(0x83, '{}')],
    ['a ping in pieces', 'ERR_PEER', masked(0x09, 'x')],
    ['the rest of nothing', 'ERR_PEER', masked(0x80, 'x')],
    ['a message within another', 'ERR_PEER', Buffer.concat([masked(0x01, '{'), masked(0x81, '{}')])],
    ['a text that is no UTF-8', 'ERR_PEER', masked(0x81, '\xc3(')],
    ['a close code that is none', 'ERR_PEER', masked(0x88, '\0\x07')],
  ])('and sends %s is cut off with %s; another client is not', async (_, code, frame) => {
    const ends: (Error | undefined)[] = [];
    const messages: unknown[] = [];
    const listener = await WebSocketListener.open(
      {
        ...{ port: 0, host: '127.0.0.1', access: {}, subprotocols: [], clock: systemClock },
        maxConnections: 2,
      },
      ({ connection }) =>
        connection.listen({
          message: (message) => messages.push(message),
          drained: () => undefined,
          closed: (error) => ends.push(error),
        }),
    );
    closing.push(() => listener[Symbol.asyncDispose]());
    const open = () => {
      const socket = connect(listener.port, '127.0.0.1').on('error', () => undefined);
      const key = Buffer.alloc(16, 1).toString('base64');
      const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13';
      socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
      closing.push(() => socket.destroy());
      return socket;
    };
    const [good, bad] = [open(), open()];
    bad.write(frame);
    await until(() => ends.length === 1);
    expect(ends[0]).toMatchObject({ code });
    expect(messages).toEqual([]);
    good.write(masked(0x81, '{}'));
    await until(() => messages.length === 1);
    expect(ends).toHaveLength(1);
  });
});

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** So many MB of one message, a piece each, and no end. */
function pieces(count: number): Buffer {
  const piece = (first: number) =>
    Buffer.concat([Uint8Array.of(first, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0), Buffer.alloc(1 << 20)]);
  return Buffer.concat([piece(0x02), ...Array.from({ length: count - 1 }, () => piece(0x00))]);
}

describe('a thousand connections that never send', () => {
  it('to a port of AudioSocket are closed when their time is up; a call that comes then is accepted', async () => {
    const clock = new VirtualClock();
    const failures: unknown[] = [];
    const placed: string[] = [];
    const line = audioSocketLine({ target: 'ann', startTimeoutMs: 5000, maxCalls: 500 });
    const place = (_leg: unknown, target: string) => placed.push(target) > 0;
    await line.open({ clock, place, failed: (error) => failures.push(error) });
    closing.push(() => line.close());
    let closed = 0;
    const idle = Array.from({ length: 1000 }, () =>
      connect(line.port, '127.0.0.1')
        .on('error', () => undefined)
        .on('close', () => closed++),
    );
    await until(() => idle.every(({ connecting }) => !connecting));
    while (closed < 1000) {
      await clock.advance(500);
      await turn();
    }
    expect(failures).toHaveLength(1000);
    expect(failures[0]).toMatchObject({ code: 'ERR_TIMEOUT' });
    const asterisk = connect(line.port, '127.0.0.1').on('error', () => undefined);
    asterisk.write(Buffer.concat([Uint8Array.of(1, 0, 16), Buffer.alloc(16, 7)]));
    await until(() => placed.length === 1);
    asterisk.destroy();
  });

  it('to a port of WebSockets are closed when their time is up; another call is not', async () => {
    const clock = new VirtualClock();
    const failures: unknown[] = [];
    const line = webSocketLine({ target: 'ann', dialect: 'twilio', startTimeoutMs: 5000, maxCalls: 150 });
    await line.open({ clock, place: () => true, failed: (error) => failures.push(error) });
    closing.push(() => line.close());
    let closed = 0;
    let upgraded = 0;
    const open = () => {
      const socket = connect(line.port, '127.0.0.1')
        .on('error', () => undefined)
        .on('close', () => closed++)
        .once('data', () => upgraded++);
      socket.write(REQUEST);
      return socket;
    };
    const call = open();
    const start = { streamSid: 'MZ1', mediaFormat: { encoding: 'audio/x-mulaw' } };
    call.write(masked(0x81, JSON.stringify({ event: 'start', streamSid: 'MZ1', start })));
    await until(() => line.activeCalls === 1);
    for (let at = 0; at < 100; at++) open();
    await until(() => upgraded === 101);
    await clock.advance(4900);
    await turn();
    expect({ closed, failures }).toEqual({ closed: 0, failures: [] });
    await clock.advance(200);
    await until(() => closed === 100);
    expect(failures).toHaveLength(100);
    expect(failures[0]).toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(line.activeCalls).toBe(1);
    call.destroy();
  });

  it('or send their request byte by byte, to a port of WebSockets, are held to its limit', async () => {
    const listener = await WebSocketListener.open(
      {
        ...{ port: 0, host: '127.0.0.1', access: {}, subprotocols: [], clock: systemClock },
        maxConnections: 50,
      },
      () => undefined,
    );
    let closed = 0;
    const slow = Array.from({ length: 1000 }, () =>
      connect(listener.port, '127.0.0.1')
        .on('error', () => undefined)
        .on('close', () => closed++),
    );
    for (const socket of slow) socket.write('G');
    await until(() => closed >= 950);
    // Closing the port waits for none of them.
    await listener[Symbol.asyncDispose]();
    await until(() => closed === 1000);
  });
});
