import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PcmSource } from '../../../src/base/pcm.js';
import { ManualTimeline } from '../../../src/stream/sample-timeline.js';
import type { Lease } from '../../../src/tcp/lease.js';
import { expectSame } from '../../same-samples.js';
import { bytes, CollectingSink, dial, ramp, readAll, readBytes, samplesOf } from '../peers.js';

/* A worker thread runs compiled code only: these tests are of build/. */
const built = new URL('../../../build/tcp/pcm-server.js', import.meta.url);
const receive = { object: 'CALL 14', stream: 'output', direction: 'receive' } as const;

async function start(workers: number, readIntervalMs = 20) {
  const { PcmServer }: typeof import('../../../src/tcp/pcm-server.js') = await import(built.href);
  return new PcmServer({ workers, readIntervalMs });
}

describe.skipIf(!existsSync(built))('leases in worker threads (needs npm run build)', () => {
  test('a file is recorded in the worker, a sink of the main thread gets the same, and counters add up', async () => {
    await using server = await start(2);
    const directory = await mkdtemp(join(tmpdir(), 'jackfield-'));
    const leases = await Promise.all(
      Array.from({ length: 6 }, (_, call) => server.lease({ ...receive, object: `CALL ${call}` })),
    );
    await Promise.all(
      leases.map(async (lease, call) => {
        const path = join(directory, `${call}.raw`);
        const sink = new CollectingSink();
        const states: string[] = [];
        lease.on('state', ({ status }) => states.push(status));
        const file = lease.addSink({ kind: 'file', path }, { name: 'file' });
        const here = lease.addSink(sink, { name: 'here' });
        const peer = await dial(lease.port);
        expect(await lease.claimed()).toMatchObject({ address: '127.0.0.1' });
        peer.end(bytes(ramp(20_001, call)));
        expect(await lease.closed).toEqual({ kind: 'peer-ended' });
        expectSame(sink.samples, ramp(20_001, call));
        expectSame(samplesOf(readFileSync(path)), ramp(20_001, call));
        expect(sink.ended).toBe(1);
        expect(states).toEqual(['claimed', 'flowing', 'draining', 'closed']);
        expect(lease.stats).toMatchObject({ samplesReceived: 20_001, delivered: 40_002, dropped: 0 });
        for (const handle of [file, here]) expect(await handle.done).toMatchObject({ delivered: 20_001 });
      }),
    );
    const { totals, leases: left } = await server.snapshot();
    expect(left).toBe(0);
    expect(totals).toMatchObject({ samplesReceived: 6 * 20_001, delivered: 12 * 20_001 });
  });

  test.each([0, 1])('a lease can have its own read interval, with %i workers', async (workers) => {
    await using server = await start(workers, 400);
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

  test('a call is paced by its own stream inside the worker, and played to from the main thread', async () => {
    await using server = await start(1);
    const output = await server.lease({ ...receive, readClass: 'immediate' });
    const input = await server.lease({
      object: 'CALL 14',
      stream: 'input',
      direction: 'send',
      timeline: output.received,
    });
    async function* source(): PcmSource {
      for (let from = 0; from < 960; from += 320) yield ramp(320, from + 1);
    }
    const tap = new CollectingSink();
    input.addSentTap(tap);
    const first = input.player.play(ramp(700, 1), { at: 1280 });
    const second = input.player.play(source(), { underrun: 'wait' });
    const mark = input.player.mark();
    const [from, to] = await Promise.all([dial(output.port), dial(input.port)]);
    const heard = [await readBytes(to, 960 * 2)];
    for (let frame = 0; frame < 20; frame++) {
      from.write(bytes(ramp(320)));
      heard.push(await readBytes(to, 640));
    }
    expect(await first.started).toBe(1280);
    expect(await first.finished).toEqual({ from: 1280, to: 1980, played: 700, outcome: 'played' });
    expect(await second.finished).toEqual({ from: 1980, to: 2940, played: 960, outcome: 'played' });
    expect(await mark).toBe(2940);
    input.player.play(ramp(50_000));
    expect(await input.player.clear()).toBe(50_000);
    from.end();
    expect(await input.closed).toEqual({ kind: 'timeline-ended' });
    const sent = samplesOf(Buffer.concat([...heard, await readAll(to)]));
    expectSame(sent.subarray(1980, 2940), ramp(960, 1));
    expectSame(tap.samples, sent);
  });

  test('a timeline of the main thread is followed by messages', async () => {
    await using server = await start(1);
    const timeline = new ManualTimeline(16_000);
    const lease = await server.lease({ object: 'CALL 1', stream: 'input', direction: 'send', timeline });
    const peer = await dial(lease.port);
    await readBytes(peer, 960 * 2);
    timeline.advanceTo(500);
    await readBytes(peer, 500 * 2);
    timeline.end();
    expect(await lease.closed).toEqual({ kind: 'timeline-ended' });
  });

  test('errors keep their codes across threads', async () => {
    await using server = await start(1);
    const lease = await server.lease(receive);
    await expect(server.lease({ ...receive, port: lease.port })).rejects.toMatchObject({ code: 'ERR_PORT' });
    const file = lease.addSink({ kind: 'file', path: '/dev/null/nowhere/file' });
    await expect(file.done).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(() => lease.player).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    lease.abort();
    const unclaimed = await server.lease({ ...receive, claimTimeoutMs: 30 });
    await expect(unclaimed.claimed()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(await unclaimed.closed).toMatchObject({ kind: 'unclaimed', error: { code: 'ERR_TIMEOUT' } });
    const broken = await server.lease(receive);
    broken.addSink({
      write() {
        throw new Error('no');
      },
      end() {},
    });
    const failed = new Promise((resolve) => broken.once('sink-failed', (_, error) => resolve(error)));
    const peer = await dial(broken.port);
    peer.end(bytes(ramp(10)));
    expect(await failed).toMatchObject({ code: 'ERR_SINK' });
    await broken.closed;
  });

  test('a slow sink of the main thread slows only its own peer', async () => {
    await using server = await start(1);
    const lease = await server.lease({ ...receive, readClass: 'immediate' });
    let release = () => {};
    const stalled = new Promise<void>((resolve) => {
      release = resolve;
    });
    const live = lease.addSink(
      { write: () => stalled, end: () => {} },
      { policy: 'drop-oldest', maxBufferedMs: 100 },
    );
    const frames = lease.frames();
    const peer = await dial(lease.port);
    peer.write(bytes(ramp(64_000)));
    let heard = 0;
    for await (const { samples } of frames) {
      heard += samples.length;
      if (heard === 64_000) break;
    }
    release();
    peer.end();
    await lease.closed;
    const { offered, delivered, dropped } = await live.done;
    expect(offered).toBe(64_000);
    expect(delivered + dropped).toBe(64_000);
    expect(dropped).toBeGreaterThan(0);
  });
});
