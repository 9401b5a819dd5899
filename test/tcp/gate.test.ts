import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { RefusedPeer } from '../../src/tcp/lease.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import type { PcmServerOptions } from '../../src/tcp/server-options.js';
import { until } from '../turns.js';
import { bytes, CollectingSink, dial, dialRefused, ramp } from './peers.js';

const receive = { object: 'CALL 14', stream: 'output', direction: 'receive' } as const;
const onLinux = process.platform === 'linux';
const asRoot = onLinux && process.getuid?.() === 0;
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address;

/** A process of another user that connects, sends and stays. */
function stranger(port: number): () => void {
  const script = `const s = net.connect(${port}, '127.0.0.1'); s.on('error', () => {}); s.write(Buffer.alloc(640));`;
  const child = spawn(process.execPath, ['-e', script], {
    uid: 65534,
    gid: 65534,
    stdio: 'ignore',
    cwd: '/',
  });
  return () => child.kill();
}

describe('peers that may claim a lease', () => {
  test.skipIf(!asRoot)(
    'another user is refused before a byte is read, and the port stays open (needs root on Linux)',
    async () => {
      await using server = new PcmServer();
      const lease = await server.lease(receive);
      const sink = new CollectingSink();
      lease.addSink(sink);
      const refused = once(lease, 'refused');
      const kill = stranger(lease.port);
      const [{ why, peer }]: [RefusedPeer] = (await refused) as [RefusedPeer];
      expect(why).toBe('wrong-user');
      expect(peer.uid).toBe(65534);
      expect(lease.state.status).toBe('open');
      kill();
      const own = await dial(lease.port);
      own.end(bytes(ramp(100)));
      expect(await lease.closed).toEqual({ kind: 'peer-ended' });
      expect(sink.samples.length).toBe(100);
      expect(lease.stats).toMatchObject({ refused: 1, samplesReceived: 100 });
    },
  );

  test.skipIf(!asRoot)('users can be listed, or the check turned off (needs root on Linux)', async () => {
    for (const peerUsers of [[65534], 'any'] as const) {
      await using server = new PcmServer({ peerUsers });
      const lease = await server.lease(receive);
      const kill = stranger(lease.port);
      const peer = await lease.claimed();
      expect(peer.uid).toBe(peerUsers === 'any' ? undefined : 65534);
      kill();
      await lease.closed;
    }
  });

  test.skipIf(!onLinux)('the user of the peer is known, over IPv4 and IPv6 (needs Linux)', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      await using server = new PcmServer({ host });
      const lease = await server.lease(receive);
      const peer = await dial(lease.port, host);
      expect(await lease.claimed()).toEqual({ address: host, port: peer.localPort, uid: process.getuid?.() });
      peer.end();
      await lease.closed;
    }
  });

  test('an address that is not on the allow-list is refused', async () => {
    await using server = new PcmServer({ allow: ['10.0.0.0/8', '::1'] });
    const lease = await server.lease(receive);
    const refused = once(lease, 'refused');
    await dialRefused(lease.port);
    expect((await refused)[0]).toMatchObject({ why: 'not-allowed', peer: { address: '127.0.0.1' } });
    lease.abort();
  });

  test.skipIf(!outside)(
    'any address can be listened on, with an allow-list (needs a network interface)',
    async () => {
      const host = String(outside);
      await using server = new PcmServer({ host: '0.0.0.0', allow: [`${host}/32`], peerUsers: 'any' });
      const lease = await server.lease(receive);
      const peer = await dial(lease.port, host);
      expect(await lease.claimed()).toMatchObject({ address: host });
      peer.end();
      await lease.closed;
    },
  );
});

test('ports come from the range, and an exhausted range is a clear error', async () => {
  const from = 20_000 + Math.floor(Math.random() * 10_000);
  await using server = new PcmServer({ ports: { from, to: from + 2 } });
  const leases = [];
  for (let count = 0; count < 3; count++) leases.push(await server.lease(receive).catch((error) => error));
  const ports = leases.map((lease) => lease.port).filter((port) => port !== undefined);
  expect(ports.every((port) => port >= from && port <= from + 2)).toBe(true);
  await expect(server.lease(receive)).rejects.toMatchObject({ code: 'ERR_PORT' });
  await expect(server.lease({ ...receive, port: ports[0] })).rejects.toMatchObject({ code: 'ERR_PORT' });
});

test('limits are clear errors', async () => {
  await using server = new PcmServer({ maxLeases: 2, maxConnections: 1 });
  const limits: unknown[] = [];
  server.on('limit', (what) => limits.push(what));
  const [one, two] = [await server.lease(receive), await server.lease(receive)];
  await expect(server.lease(receive)).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  expect(limits).toEqual(['maxLeases']);
  const peer = await dial(one.port);
  await one.claimed();
  const refused = once(two, 'refused');
  await dialRefused(two.port);
  expect((await refused)[0]).toMatchObject({ why: 'limit' });
  peer.end();
  await one.closed;
  await until(async () => (await server.snapshot()).connections === 0);
  const late = await dial(two.port);
  await two.claimed();
  late.end();
  await two.closed;
});

test.each<[string, PcmServerOptions]>([
  ['host', { host: 'example.org' }],
  ['allow', { host: '0.0.0.0' }],
  ['allow', { allow: ['300.1.1.1'] }],
  ['allow', { allow: ['10.0.0.0/33'] }],
  ['ports.to', { ports: { from: 5000, to: 4000 } }],
  ['maxLeases', { maxLeases: 0 }],
  ['maxBufferedBytes', { maxBufferedBytes: 1 }],
  ['readIntervalMs', { readIntervalMs: 5 }],
  ['peerUsers', { peerUsers: 'none' as 'any' }],
  ['peerUsers', { peerUsers: [-1] }],
  ['workers', { workers: 1.5 }],
])('the option %s is checked: %j', (name, options) => {
  expect(() => new PcmServer(options)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringContaining(name) }),
  );
});

test.each([
  ['object', { object: 'CALL 1\nCALL 2' }],
  ['object', { object: '' }],
  ['stream', { stream: 'video' }],
  ['direction', { direction: 'sideways' }],
  ['readClass', { readClass: 'lazy' }],
  ['readIntervalMs', { readIntervalMs: 10 }],
  ['port', { port: 0 }],
  ['claimTimeoutMs', { claimTimeoutMs: -5 }],
  ['leadMs', { direction: 'send', leadMs: 5 }],
  ['timeline', { timeline: 'received' }],
  ['sampleRate', { format: { sampleRate: 1, channels: 1 } }],
])('the lease option %s is checked: %j', async (name, options) => {
  await using server = new PcmServer();
  await expect(server.lease({ ...receive, ...options } as never)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG',
    message: expect.stringContaining(name),
  });
});
