import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lease, ReadClass } from '../../src/tcp/lease.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { bytes, CollectingSink, dial, expectSame, ramp, readBytes } from './peers.js';

const receive = { object: 'CALL 14', stream: 'output', direction: 'receive' } as const;

/** Every way of reading obeys the same contract. */
describe.each([
  ['directly', true],
  ['through the public API', false],
])('reading %s', (_name, directReads) => {
  const options = { directReads, readIntervalMs: 20 };

  test.each<ReadClass>(['batched', 'immediate'])(
    '%s: any split of the bytes gives the same samples',
    async (readClass) => {
      await using server = new PcmServer(options);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 701 }), { minLength: 1, maxLength: 8 }),
          async (sizes) => {
            const lease = await server.lease({ ...receive, readClass });
            const sink = new CollectingSink();
            lease.addSink(sink);
            const peer = await dial(lease.port);
            const all = bytes(ramp(3000));
            let offset = 0;
            for (const size of sizes) {
              await new Promise<void>((resolve) =>
                peer.write(all.subarray(offset, offset + size), () => resolve()),
              );
              offset += size;
            }
            peer.end();
            expect(await lease.closed).toEqual({ kind: 'peer-ended' });
            expectSame(sink.samples, ramp(Math.floor(offset / 2)));
            expect(lease.stats.trailingBytes).toBe(offset % 2);
            peer.destroy();
          },
        ),
        { numRuns: 12 },
      );
    },
  );

  test('a stream far faster than real time comes through whole', async () => {
    await using server = new PcmServer(options);
    const lease = await server.lease(receive);
    let heard = 0;
    lease.addSink({
      write(samples, position) {
        expect(position).toBe(heard);
        if (samples[0] !== (position << 16) >> 16) throw new Error(`shifted at ${position}`);
        heard += samples.length;
      },
      end() {},
    });
    const peer = await dial(lease.port);
    peer.end(bytes(ramp(2_000_000)));
    await lease.closed;
    expect(heard).toBe(2_000_000);
  });

  test('the class can change at any moment', async () => {
    await using server = new PcmServer(options);
    const lease = await server.lease({ ...receive, readClass: 'immediate' });
    const sink = new CollectingSink();
    lease.addSink(sink);
    const peer = await dial(lease.port);
    for (let piece = 0; piece < 100; piece++) {
      lease.readClass = piece % 3 === 0 ? 'batched' : 'immediate';
      if (piece % 7 === 0) lease.readClass = 'batched';
      await new Promise<void>((resolve) => peer.write(bytes(ramp(999, piece * 999)), () => resolve()));
    }
    peer.end();
    await lease.closed;
    expectSame(sink.samples, ramp(99_900));
  });

  test('a sink that is waited for holds the peer back, and gets everything', async () => {
    await using server = new PcmServer(options);
    const lease = await server.lease({ ...receive, readClass: 'immediate' });
    const sink = new CollectingSink();
    let release = () => {};
    const stalled = new Promise<void>((resolve) => {
      release = resolve;
    });
    const write = (samples: Int16Array, position: number) => {
      sink.write(samples, position);
      return stalled;
    };
    const handle = lease.addSink({ write, end: () => sink.end() }, { maxBufferedMs: 100 });
    const peer = await dial(lease.port);
    const total = 2_000_000;
    peer.write(bytes(ramp(total)));
    const pressed = async () => {
      while (handle.stats.buffered < 1600) await new Promise((resolve) => setImmediate(resolve));
    };
    await pressed();
    expect(handle.stats.buffered).toBeLessThanOrEqual(1600 + 65_536);
    expect(handle.stats.dropped).toBe(0);
    release();
    peer.end();
    await lease.closed;
    expect(sink.samples.length).toBe(total);
    expectSame(sink.samples, ramp(total));
  });

  test('close() delivers what the kernel had', async () => {
    await using server = new PcmServer({ directReads, readIntervalMs: 1000 });
    const lease = await server.lease(receive);
    const sink = new CollectingSink();
    lease.addSink(sink);
    const peer = await dial(lease.port);
    await lease.claimed();
    await new Promise<void>((resolve) => peer.write(bytes(ramp(4000)), () => resolve()));
    expect(await lease.close()).toEqual({ kind: 'closed' });
    expectSame(sink.samples, ramp(4000));
    expect(sink.ended).toBe(1);
    expect(sink.error).toBeUndefined();
  });

  test('a peer that resets ends the stream with ERR_PEER', async () => {
    await using server = new PcmServer(options);
    const lease = await server.lease(receive);
    const sink = new CollectingSink();
    lease.addSink(sink);
    const peer = await dial(lease.port);
    await new Promise<void>((resolve) => peer.write(bytes(ramp(100)), () => resolve()));
    while (sink.runs.length === 0) await new Promise((resolve) => setImmediate(resolve));
    peer.resetAndDestroy();
    expect(await lease.closed).toMatchObject({ kind: 'peer-reset', error: { code: 'ERR_PEER' } });
    expect(sink.error).toMatchObject({ code: 'ERR_PEER' });
    expect(lease.stats).toMatchObject({ samplesReceived: 100, delivered: 100 });
  });

  test('both ways at once, slaved to what is received', async () => {
    await using server = new PcmServer(options);
    const lease = await server.lease({ ...receive, direction: 'both', timeline: 'received' });
    lease.player.play(ramp(5000, 7), { at: 960 });
    const peer = await dial(lease.port);
    await readBytes(peer, 960 * 2);
    peer.end(bytes(ramp(5000)));
    const echoed = await readBytes(peer, 10_000);
    expect(echoed.readInt16LE(0)).toBe(7);
    expect(echoed.readInt16LE(9998)).toBe(5006);
    await lease.closed;
  });
});

test('a lease can have its own read interval', async () => {
  await using server = new PcmServer({ readIntervalMs: 400 });
  expect(server.readIntervalMs).toBe(400);
  const often = await server.lease({ ...receive, readIntervalMs: 20 });
  const seldom = await server.lease({ ...receive, object: 'CALL 15' });
  const heard = new Map([often, seldom].map((lease) => [lease, 0]));
  for (const lease of heard.keys()) {
    const write = (samples: Int16Array) => void heard.set(lease, (heard.get(lease) ?? 0) + samples.length);
    lease.addSink({ write, end: () => {} });
  }
  const peers = [await dial(often.port), await dial(seldom.port)];
  let oftenFirst = 0;
  for (let round = 1; round <= 7; round++) {
    for (const peer of peers) peer.write(bytes(ramp(320)));
    let first: Lease | undefined;
    while ([...heard.values()].some((count) => count < round * 320)) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      first ??= [...heard.keys()].find((lease) => heard.get(lease) === round * 320);
    }
    if (round > 1 && first === often) oftenFirst++;
  }
  expect(oftenFirst).toBeGreaterThanOrEqual(4);
  for (const peer of peers) peer.end();
  await Promise.all([often.closed, seldom.closed]);
});

test('immediate reads answer 500 times a second and more', async () => {
  await using server = new PcmServer();
  const lease = await server.lease({ ...receive, direction: 'both', timeline: 'received' });
  const peer = await dial(lease.port);
  await readBytes(peer, 960 * 2);
  for (let trip = 0; trip < 2000; trip++) {
    peer.write(bytes(ramp(320)));
    await readBytes(peer, 640);
  }
  expect(lease.player.position).toBe(960 + 2000 * 320);
  peer.destroy();
  await once(lease, 'closed');
});
