import { once } from 'node:events';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { VOICE_FORMAT } from '../../../src/base/pcm.js';
import type { ReadClass } from '../../../src/stream/pcm-stream.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { ReadPlan, readIntervalOf } from '../../../src/tcp/read/peer-connection.js';
import { expectSame } from '../../same-samples.js';
import { until } from '../../turns.js';
import { bytes, CollectingSink, dial, ramp, readBytes } from '../peers.js';

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

  test('a stream far faster than real time arrives completely', async () => {
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

  test('a sink with the policy wait slows the peer down, and gets everything', async () => {
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
    await until(() => handle.stats.buffered >= 1600);
    expect(handle.stats.buffered).toBeLessThanOrEqual(1600 + 65_536);
    expect(handle.stats.dropped).toBe(0);
    release();
    peer.end();
    await lease.closed;
    expect(sink.samples.length).toBe(total);
    expectSame(sink.samples, ramp(total));
  });

  test('close() delivers the bytes that are in the kernel', async () => {
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
    await until(() => sink.runs.length > 0);
    peer.resetAndDestroy();
    expect(await lease.closed).toMatchObject({ kind: 'peer-reset', error: { code: 'ERR_PEER' } });
    expect(sink.error).toMatchObject({ code: 'ERR_PEER' });
    expect(lease.stats).toMatchObject({ samplesReceived: 100, delivered: 100 });
  });

  test('both directions at once, slaved to the received stream', async () => {
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

test.each([
  ['of voice', VOICE_FORMAT, { file: 1000, ear: 250 }],
  ['that brings 192 KB a second', { sampleRate: 48_000, channels: 2 }, { file: 170, ear: 170 }],
])('the read rate of a stream %s', (_what, format, { file, ear }) => {
  expect(readIntervalOf(format, undefined, true)).toBe(file);
  expect(readIntervalOf(format, undefined, false)).toBe(ear);
  expect(readIntervalOf(format, 20, true)).toBe(20);
  expect(readIntervalOf(format, 1000, false)).toBe(file);
});

test('a stream that only a file reads is read less often, until another sink is added', async () => {
  /** How often the stream is read, in ms, each time that it changes. */
  const readEach: number[] = [];
  const { wheelOf } = ReadPlan.prototype;
  const spy = vi.spyOn(ReadPlan.prototype, 'wheelOf').mockImplementation(function (this: ReadPlan, ms) {
    if (ms !== readEach.at(-1)) readEach.push(ms);
    return wheelOf.call(this, ms);
  });
  onTestFinished(() => spy.mockRestore());
  await using server = new PcmServer();
  expect(server.readIntervalMs).toBeUndefined();
  const lease = await server.lease(receive);
  const path = join(await mkdtemp(join(tmpdir(), 'jackfield-test-')), 'live.raw');
  lease.addSink({ kind: 'file', path });
  const peer = await dial(lease.port);
  await lease.claimed();
  const said = 16_000;
  peer.write(bytes(ramp(said)));
  const ear = lease.addSink(new CollectingSink());
  await until(() => lease.stats.samplesReceived === said);
  await ear.remove();
  expect(readEach).toEqual([1000, 250, 1000]);
  peer.write(bytes(ramp(said)));
  peer.end();
  await lease.closed;
  expect((await stat(path)).size).toBe(2 * said * 2);
});

test('immediate reads can answer 500 times a second and more', async () => {
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
