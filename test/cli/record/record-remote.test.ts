import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attach, Exchange, MemoryTransport } from '../../../src/index.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { freePort } from '../../free-port.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const TOKEN = 'a-secret-of-16-or-more';

let folder: string;
let exchange: Exchange;
let door: Server;
let at: string;

/** An exchange that wants a token, behind a door that wants TLS and a certificate. */
async function open(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-remote-'));
  const hosts = ['DNS:localhost', 'IP:127.0.0.1'];
  const { key, cert } = certificate(folder, 'server', hosts);
  const { cert: ca } = certificate(folder, 'client', hosts);
  await writeFile(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
  exchange = await Exchange.start();
  const port = await exchange.listen({ token: TOKEN });
  door = createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true }, (socket) => {
    const inner = connect(port, '127.0.0.1');
    pipeline(socket, inner, socket, () => undefined);
  }).listen(0, '127.0.0.1');
  door.on('tlsClientError', () => undefined);
  await once(door, 'listening');
  at = `tcp:localhost:${(door.address() as AddressInfo).port}`;
}

describe.skipIf(!hasOpenssl)('an endpoint behind TLS, with a token (needs openssl)', () => {
  beforeAll(open);
  afterAll(async () => {
    door.close();
    await exchange.close();
    await rm(folder, { recursive: true });
  });

  const files = () => ({
    tls: {
      caFile: join(folder, 'server.pem'),
      certFile: join(folder, 'client.pem'),
      keyFile: join(folder, 'client.key'),
    },
    tokenFile: join(folder, 'token'),
  });

  /** Runs a command until its recording of a call is published; gives the line that says so. */
  async function recorded(
    args: readonly string[],
    ready: string,
    whenReady?: () => Promise<void>,
  ): Promise<Record<string, unknown>> {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const client = await attach(new MemoryTransport(exchange.endpoint()), { name: 'test' });
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const said = JSON.parse(line) as Record<string, unknown>;
        if (line.includes(ready)) {
          await whenReady?.();
          const call = await client.call('echo123');
          // It tells each second that it lasts.
          call.on('property', (name) => {
            if (name === 'DURATION') void call.hangUp().catch(() => undefined);
          });
        }
        if ([said['event'], said['what']].includes('published')) return said;
      }
      throw new Error('it ended before a recording was published');
    } finally {
      await client.close();
      child.kill('SIGTERM');
      await ended;
    }
  }

  it('can be recorded from by options', async () => {
    const { tls, tokenFile } = files();
    const out = join(folder, 'by-options');
    const security = ['--tls-ca', tls.caFile, '--tls-cert', tls.certFile, '--tls-key', tls.keyFile];
    const args = ['record', '--json', '--attach', at, ...security, '--token-file', tokenFile, '--out', out];
    expect(await recorded(args, '"ready"')).toMatchObject({ complete: true });
  });

  it('can be recorded from by a configuration', async () => {
    const config = join(folder, 'record.json');
    await writeFile(config, JSON.stringify({ attach: at, ...files(), out: join(folder, 'by-config') }));
    expect(await recorded(['record', '--json', '--config', config], '"ready"')).toMatchObject({
      complete: true,
    });
  });

  it('can be used by jackfield serve, whose own ports use TLS', async () => {
    const config = join(folder, 'serve.json');
    const endpoints = { far: { attach: at, ...files() } };
    const record = { out: join(folder, 'served') };
    const control = { socket: join(folder, 'run', 'serve.sock') };
    const tls = { certFile: 'server.pem', keyFile: 'server.key' };
    const http = { port: await freePort(), tls };
    const api = { tokens: { robot: { file: 'token' } } };
    await writeFile(config, JSON.stringify({ endpoints, record, control, http, api }));
    const ca = await readFile(join(folder, 'server.pem'));
    const asked = async (path: string) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const where = { host: 'localhost', port: http.port, path, ca, headers };
      return await new Promise<string>((resolve, reject) => {
        request(where, (response) => resolve(text(response)))
          .on('error', reject)
          .end();
      });
    };
    let seen: readonly string[] = [];
    const look = async () => {
      seen = await Promise.all(['/healthz', '/metrics', '/v1/calls'].map(asked));
      await expect(fetch(`http://127.0.0.1:${http.port}/healthz`)).rejects.toThrow();
    };
    expect(await recorded(['serve', config], '"what":"ready"', look)).toMatchObject({ complete: true });
    expect(seen).toEqual([
      expect.stringMatching(/ok/i),
      expect.stringContaining('jackfield_endpoint_up'),
      expect.stringMatching(/^\[/),
    ]);
  });

  it.each([
    [
      'without a token',
      () => [
        '--tls-ca',
        files().tls.caFile,
        '--tls-cert',
        files().tls.certFile,
        '--tls-key',
        files().tls.keyFile,
      ],
    ],
    ['without a certificate', () => ['--tls-ca', files().tls.caFile, '--token-file', files().tokenFile]],
    ['without trust', () => ['--tls-ca', files().tls.certFile, '--token-file', files().tokenFile]],
  ])('is reported as unreachable %s, in words and with the exit code 1', async (_, options) => {
    const args = ['record', '--attach', at, ...options(), '--out', join(folder, 'none')];
    const { status, stderr } = await new Promise<{ status: number | null; stderr: string }>((resolve) => {
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (piece: string) => {
        stderr += piece;
      });
      child.on('close', (code) => resolve({ status: code, stderr }));
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^jackfield: .*\[ERR_\w+\]\n$/s),
    });
  });
});
