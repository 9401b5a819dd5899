import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { IdleWatch, idleLimitOf } from '../../src/base/system/peer-limits.js';
import { VirtualClock } from '../../src/base/time/clock.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { type PcmServerOptions, resolveServerOptions } from '../../src/tcp/server-options.js';
import { CollectingSink, dial } from './peers.js';

const receive = { object: 'CALL 14', stream: 'output', direction: 'receive' } as const;
/** TCP_REPAIR closes a socket without FIN or RST, as a machine that lost its power. It is for root on Linux. */
const CAN_VANISH = process.platform === 'linux' && process.getuid?.() === 0;
const VANISH = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.sendall(b'\\1\\0' * 3200)
sys.stdin.read(1)
s.setsockopt(socket.IPPROTO_TCP, 19, 1)
s.close()
print('vanished', flush=True)
sys.stdin.read(1)
`;

let server: PcmServer | undefined;
afterEach(() => server?.close());

test.skipIf(!CAN_VANISH).each([
  ['batched', true],
  ['immediate', true],
  ['batched', false],
] as const)(
  'a peer that vanishes without FIN loses its lease: %s, direct reads %s (needs root)',
  async (readClass, directReads) => {
    server = new PcmServer({
      host: '127.0.0.1',
      keepAliveMs: 1000,
      readIntervalMs: 20,
      directReads,
      peerUsers: 'any',
    });
    const lease = await server.lease({ ...receive, readClass });
    const sink = new CollectingSink();
    lease.addSink(sink);
    const flowing = once(lease, 'flowing');
    const closed = once(lease, 'closed');
    const peer = spawn('python3', ['-c', VANISH, String(lease.port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await flowing;
      peer.stdin.write('x');
      await once(peer.stdout, 'data');
      expect(await closed).toMatchObject([{ kind: 'peer-reset', error: { code: 'ERR_PEER' } }]);
      expect(lease.stats.samplesReceived).toBe(3200);
    } finally {
      peer.kill();
    }
  },
);

test('a connected peer that sends nothing loses its lease after idleMs, with an event', async () => {
  const clock = new VirtualClock();
  server = new PcmServer({ clock, idleMs: 60_000 });
  for (const direction of ['receive', 'both'] as const) {
    const lease = await server.lease({
      ...receive,
      direction,
      ...(direction === 'both' && { timeline: 'received' }),
    });
    lease.addSink(new CollectingSink());
    const peer = await dial(lease.port);
    await lease.claimed();
    const closed = once(lease, 'closed');
    await clock.advance(59_000);
    expect(lease.state.status).not.toBe('closed');
    await clock.advance(16_000);
    expect(await closed).toMatchObject([{ kind: 'peer-idle', error: { code: 'ERR_PEER' } }]);
    peer.destroy();
  }
});

test('traffic that passes postpones the end; traffic that cannot pass does not count', async () => {
  const clock = new VirtualClock();
  let passed: number | undefined = 0;
  let idleAt: number | undefined;
  new IdleWatch(
    clock,
    1000,
    () => passed,
    () => {
      idleAt = clock.now();
    },
  );
  for (passed = 1; passed < 20; passed++) await clock.advance(900);
  passed = undefined;
  await clock.advance(10_000);
  expect(idleAt).toBeUndefined();
  passed = 20;
  const from = clock.now();
  await clock.advance(3000);
  expect(idleAt! - from).toBeGreaterThanOrEqual(1000);
  expect(idleAt! - from).toBeLessThanOrEqual(1500);
});

test('by default the limit applies to other machines only', () => {
  const standard = resolveServerOptions({}).idleMs;
  expect(['127.0.0.1', '::1', '192.168.1.7', '2001:db8::1'].map((at) => idleLimitOf(at, standard))).toEqual([
    0, 0, 600_000, 600_000,
  ]);
  const given = resolveServerOptions({ idleMs: 5000 }).idleMs;
  expect(idleLimitOf('127.0.0.1', given)).toBe(5000);
  const options: PcmServerOptions[] = [
    { idleMs: 999 },
    { idleMs: -1 },
    { idleMs: Number.NaN },
    { keepAliveMs: 1 },
  ];
  for (const each of options)
    expect(() => resolveServerOptions(each)).toThrow(/(idleMs|keepAliveMs) must be/);
  expect(resolveServerOptions({ keepAliveMs: 0, idleMs: 0 })).toMatchObject({
    keepAliveMs: 0,
    idleMs: { beyond: 0 },
  });
});
