import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { RefusedPeer } from '../../src/tcp/lease.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { expectSame } from '../same-samples.js';
import { bytes, CollectingSink, dial, dialRefused, ramp } from './peers.js';

const receive = { object: 'CALL 14', stream: 'output', direction: 'receive' } as const;
const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');
const asRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** Why nobody can be connected to. */
async function refusal(port: number, host: string): Promise<unknown> {
  const socket = connect({ port, host });
  const [error] = await once(socket, 'error');
  return error.code;
}

describe.skipIf(!hasIPv6)('a port on both loopback addresses (needs IPv6)', () => {
  test.each([
    ['127.0.0.1', '::1'],
    ['::1', '127.0.0.1'],
  ])('the first peer on %s gets the lease; the port on %s closes', async (host, other) => {
    await using server = new PcmServer();
    const lease = await server.lease(receive);
    expect(lease.hosts).toEqual(['127.0.0.1', '::1']);
    const sink = new CollectingSink();
    lease.addSink(sink);
    const peer = await dial(lease.port, host);
    expect(await lease.claimed()).toMatchObject({ address: host });
    expect(await refusal(lease.port, other)).toBe('ECONNREFUSED');
    const refused = once(lease, 'refused');
    await dialRefused(lease.port, host);
    expect((await refused)[0]).toMatchObject({ why: 'claimed', peer: { address: host } });
    peer.end(bytes(ramp(500)));
    expect(await lease.closed).toEqual({ kind: 'peer-ended' });
    expectSame(sink.samples, ramp(500));
    for (const address of [host, other]) expect(await refusal(lease.port, address)).toBe('ECONNREFUSED');
  });

  test('of two peers that connect at once through both, one gets the lease', async () => {
    await using server = new PcmServer();
    const lease = await server.lease(receive);
    const peers = await Promise.all([dial(lease.port, '127.0.0.1'), dial(lease.port, '::1')]);
    const gone = Promise.race(peers.map((peer) => new Promise((resolve) => peer.once('close', resolve))));
    const { port } = await lease.claimed();
    await gone;
    expect(lease.stats.refused).toBe(1);
    peers.find((peer) => peer.localPort === port)?.end(bytes(ramp(10)));
    expect(await lease.closed).toEqual({ kind: 'peer-ended' });
    expect(lease.stats.samplesReceived).toBe(10);
  });

  test('a port that is taken on one of them is not used', async () => {
    const squatter = createServer().listen(0, '::1');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await using server = new PcmServer({ ports: { from: port, to: port + 20 } });
    await expect(server.lease({ ...receive, port })).rejects.toMatchObject({ code: 'ERR_PORT' });
    const lease = await server.lease(receive);
    expect(lease.port).toBeGreaterThan(port);
    lease.abort();
    await using only4 = new PcmServer({ host: '127.0.0.1' });
    const taken = await only4.lease({ ...receive, port });
    taken.abort();
    squatter.close();
  });

  test.skipIf(!asRoot)('another user is refused on either (needs root on Linux)', async () => {
    await using server = new PcmServer();
    const lease = await server.lease(receive);
    for (const host of ['127.0.0.1', '::1']) {
      const script = `net.connect(${lease.port}, '${host}').on('error', () => {}).write(Buffer.alloc(640));`;
      const refused = once(lease, 'refused');
      const child = spawn(process.execPath, ['-e', script], {
        uid: 65534,
        gid: 65534,
        stdio: 'ignore',
        cwd: '/',
      });
      const [{ why, peer }] = (await refused) as [RefusedPeer];
      expect([why, peer.uid, peer.address]).toEqual(['wrong-user', 65534, host]);
      child.kill();
    }
    expect(lease.state.status).toBe('open');
    expect(lease.stats).toMatchObject({ refused: 2, bytesReceived: 0 });
    lease.abort();
  });
});

test('one address is enough', async () => {
  await using server = new PcmServer({ host: '127.0.0.1' });
  const lease = await server.lease(receive);
  expect(lease.hosts).toEqual(['127.0.0.1']);
  if (hasIPv6) expect(await refusal(lease.port, '::1')).toBe('ECONNREFUSED');
  lease.abort();
});

test('addresses can be named', async () => {
  await using server = new PcmServer({ host: ['127.0.0.1', '127.0.0.2'] });
  const lease = await server.lease(receive);
  const peer = await dial(lease.port, '127.0.0.2');
  expect(await lease.claimed()).toMatchObject({ address: '127.0.0.1' });
  peer.end();
  await lease.closed;
});

test.each([
  ['host', []],
  ['host', ['127.0.0.1', 'example.org']],
  ['host', ['127.0.0.1', '127.0.0.1']],
  ['allow', ['127.0.0.1', '10.1.2.3']],
])('the option %s is checked: %j', (name, host) => {
  expect(() => new PcmServer({ host })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringContaining(name) }),
  );
});
