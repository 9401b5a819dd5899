import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TcpTransportOptions } from '../../../src/control/transport/tcp-options.js';
import { TcpTransport } from '../../../src/control/transport/tcp-transport.js';
import { certificate, hasOpenssl } from '../../certificate.js';

const TOKEN = 'a-secret-of-16-or-more';
const handlers = { line: () => undefined, closed: () => undefined };

describe('options', () => {
  const tls = { cert: 'cert', key: 'key' };
  test.each<[string, TcpTransportOptions]>([
    ['port', { port: 0 }],
    ['port', { port: 70_000 }],
    ['port', { port: 1.5 }],
    ['host', { port: 1, host: '' }],
    ['host', { port: 1, host: 'a b' }],
    ['token', { port: 1, token: 'short' }],
    ['token', { port: 1, token: `${TOKEN}\nCALL x` }],
    ['tls', { port: 1, tls: { cert: 'cert' } }],
    ['tls', { port: 1, host: '192.0.2.1' }],
    ['tls', { port: 1, host: 'exchange.example', token: TOKEN }],
    ['tls', { port: 1, host: '127.example', token: TOKEN }],
    ['tls', { port: 1, host: '::ffff:192.0.2.1', token: TOKEN }],
    ['token', { port: 1, host: '192.0.2.1', tls: {} }],
  ])('%s is refused in %j', (field, options) => {
    expect(() => new TcpTransport(options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringContaining(field) }),
    );
  });

  test.each<TcpTransportOptions>([
    { port: 1 },
    { port: 65_535, host: '127.3.2.1' },
    { port: 1, host: '::1' },
    { port: 1, host: 'localhost', token: TOKEN },
    { port: 1, host: '192.0.2.1', tls },
    { port: 1, host: '192.0.2.1', tls: {}, token: TOKEN },
  ])('%j is taken', (options) => {
    expect(new TcpTransport(options).name).toContain(String(options.port));
  });
});

describe('a token', () => {
  /** Accepts {@link TOKEN}, and answers PING. */
  async function guarded(answer: string | undefined) {
    const said: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      createInterface({ input: socket })
        .on('line', (line) => {
          said.push(line);
          if (said.length > 1) socket.write(line.endsWith('PING') ? 'PONG\n' : '');
          else if (answer === undefined) socket.end();
          else socket.write(answer);
        })
        .on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      said,
      server,
      transport: new TcpTransport({ port: (server.address() as AddressInfo).port, token: TOKEN }),
    };
  }

  test('is sent first, and lines after its OK go to the client', async () => {
    const { said, server, transport } = await guarded('OK\nUSERSTATUS ONLINE\n');
    const lines: string[] = [];
    let got = () => {};
    const pong = new Promise<void>((resolve) => {
      got = resolve;
    });
    const link = await transport.open({
      ...handlers,
      line: (line) => {
        lines.push(line);
        if (line === 'PONG') got();
      },
    });
    await link.send('PING');
    await pong;
    expect(said).toEqual([`AUTH ${TOKEN}`, 'FRAMING NUL', 'PING']);
    expect(lines).toEqual(['USERSTATUS ONLINE', 'PONG']);
    await link.close();
    server.close();
  });

  test.each([['ERROR 68 Access denied\n'], [undefined]])('answered by %j is refused', async (answer) => {
    const { server, transport } = await guarded(answer);
    await expect(transport.open(handlers)).rejects.toMatchObject({ code: 'ERR_ATTACH_REFUSED' });
    server.close();
  });
});

describe.skipIf(!hasOpenssl)('encryption (needs openssl)', () => {
  let folder: string;
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8');
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'jackfield-tls-'));
    for (const name of ['server', 'client', 'stranger']) {
      const subject = name === 'server' ? 'localhost' : name;
      certificate(folder, name, [`DNS:${subject}`], subject);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function tlsServer() {
    const server = createTlsServer(
      { cert: pem('server.pem'), key: pem('server.key'), ca: pem('client.pem'), requestCert: true },
      (socket: TLSSocket) => {
        socket.on('error', () => socket.destroy());
        socket.end(socket.authorized ? 'HELLO\n' : '');
      },
    ).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  test('with a client certificate that the endpoint knows', async () => {
    const { server, port } = await tlsServer();
    const transport = new TcpTransport({
      port,
      host: 'localhost',
      tls: { ca: pem('server.pem'), cert: pem('client.pem'), key: pem('client.key') },
    });
    const line = await new Promise<string>((resolve, reject) => {
      transport.open({ line: resolve, closed: reject }).catch(reject);
    });
    expect(line).toBe('HELLO');
    server.close();
  });

  test('an endpoint whose certificate is not trusted is not talked to', async () => {
    const { server, port } = await tlsServer();
    const transport = new TcpTransport({ port, host: 'localhost', tls: { ca: pem('stranger.pem') } });
    await expect(transport.open(handlers)).rejects.toMatchObject({ code: 'ERR_ATTACH_UNAVAILABLE' });
    server.close();
  });

  test('an endpoint with another name is not talked to', async () => {
    const { server, port } = await tlsServer();
    const tls = { ca: pem('server.pem'), serverName: 'exchange.example' };
    await expect(new TcpTransport({ port, tls }).open(handlers)).rejects.toMatchObject({
      code: 'ERR_ATTACH_UNAVAILABLE',
    });
    server.close();
  });
});
