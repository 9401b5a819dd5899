import { once } from 'node:events';
import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { until } from '../../turns.js';
import { served, TOKENS } from '../served.js';

const HEAD = `Host: x\r\nAuthorization: Bearer ${TOKENS.robot}\r\n`;
const POST = `POST /v1/calls HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\n`;

/** Sends bytes; resolves to all that comes until the other side closes. */
function sent(port: number, ...bytes: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => bytes.forEach((part) => void socket.write(part)));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

const REFUSED: readonly (readonly [string, number, readonly (string | Buffer)[]])[] = [
  ['headers that never end', 408, ['GET /v1/status HTTP/1.1\r\nHost: x\r\n']],
  ['a body that never ends', 408, [`${POST}Content-Length: 100\r\n\r\n{"to":`]],
  ['a body of 10 MB', 413, [`${POST}Content-Length: 10485760\r\n\r\n{`]],
  [
    'a body of 10 MB for a page',
    405,
    [`POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`],
  ],
  [
    'two tokens',
    400,
    [`GET /v1/status HTTP/1.1\r\n${HEAD}Authorization: Bearer x\r\nConnection: close\r\n\r\n`],
  ],
  ['two hosts', 400, [`GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n`]],
  ['two types', 400, [`${POST}Content-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`]],
  ['two lengths', 400, [`${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`]],
  ['a length and chunks', 400, [`${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`]],
  [
    'a line break in a header',
    400,
    [`GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\rb\r\n\r\n`],
  ],
  ['a huge header', 431, [`GET /v1/status HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`]],
  ['no HTTP at all', 400, [Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])]],
  ['an unknown method', 400, ['HACK /v1/status HTTP/1.1\r\nHost: x\r\n\r\n']],
];

it('requests of hostile clients are refused, and others are served', async () => {
  await served(async ({ http, ask }) => {
    const answers = REFUSED.map(async ([what, status, bytes]) => {
      const answer = await sent(http.port, ...bytes);
      const [head, body = ''] = answer.split('\r\n\r\n');
      expect({ what, head: head?.split('\r\n')[0] }).toMatchObject({
        what,
        head: expect.stringContaining(` ${status} `),
      });
      const { error } = JSON.parse(body.replace(/^[0-9a-f]+\r\n/, '').split('\r\n')[0] ?? '');
      expect(error, what).toMatchObject({
        code: expect.stringMatching(/^ERR_/),
        expected: expect.any(String),
      });
    });
    await Promise.all(answers);
    // Chunks without end: the answer may be lost, as the client does not read before it has sent all.
    const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
    await sent(
      http.port,
      `${POST}Transfer-Encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 160 }, () => chunk),
    );
    expect((await ask('GET', '/v1/status')).status).toBe(200);
  });
});

it('connections are limited, and accepted again when others have closed', async () => {
  await served(async ({ http, ask }) => {
    const sockets: Socket[] = [];
    for (let count = 0; count < 250; count++) {
      const socket = connect(http.port, '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    // Those too many are closed at once; each of the others when its request has not come in time.
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.resume().on('close', resolve))),
    );
    expect((await ask('GET', '/v1/status')).status).toBe(200);
  });
});

const FORMS = [
  ['JSON lines', ''],
  [
    'WebSocket',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
  ],
] as const;

it.each(FORMS)('a client that has gone before its %s begin takes no place of others', async (_, upgrade) => {
  await served(async ({ api }) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.write(`GET /v1/events HTTP/1.1\r\n${HEAD}${upgrade}\r\n`);
    const [request, made, head] = (await once(server, upgrade === '' ? 'request' : 'upgrade')) as [
      IncomingMessage,
      ServerResponse,
      Buffer | undefined,
    ];
    const response = head ? new ServerResponse(request) : made;
    if (head) response.assignSocket(request.socket);
    socket.destroy();
    request.socket.destroy();
    await once(request.socket, 'close');
    // It would wait for ever, and so keep its place.
    await api.answer(request, response, '/v1/events', head);
    server.close();
  });
});

it.each(FORMS)(
  'events of a client that does not read its %s are dropped, without delaying other clients',
  async (_, upgrade) => {
    await served(async ({ http, service }) => {
      const socket = connect(http.port, '127.0.0.1');
      await new Promise<void>((resolve) => {
        socket.once('readable', resolve);
        socket.write(`GET /v1/events HTTP/1.1\r\n${HEAD}${upgrade}\r\n`);
      });
      const reader = () => service.feed.readers.find(({ name }) => name === 'tail of robot');
      const reason = 'x'.repeat(1900);
      while (reader()?.dropped === 0) {
        for (let count = 0; count < 1000; count++)
          service.feed.tell({ type: 'failure', where: 'here', reason });
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(reader()?.waiting).toBeLessThanOrEqual(10_000);
      socket.destroy();
      await until(() => !reader());
    });
  },
);
