import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PcmSink } from '../../src/base/pcm.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { expectSame } from '../same-samples.js';
import { turn, until } from '../turns.js';
import { bytes, CollectingSink, dial, ramp } from './peers.js';
import { expectBalance, Witness } from './witness.js';

/*
 * Each fault happens next to a stream that is in order, the witness: whatever goes wrong on one lease, the
 * witness gets each of its samples, and the counters of the faulty one add up.
 */
const receive = { object: 'CALL 14', stream: 'output', direction: 'receive' } as const;

let server: PcmServer;
let witness: Witness;
beforeEach(async () => {
  server = new PcmServer({ readIntervalMs: 20 });
  witness = await Witness.on(server);
});
afterEach(async () => {
  await witness.end();
  await server.close();
});

test('a peer that never writes keeps its lease until it is closed', async () => {
  const lease = await server.lease(receive);
  lease.addSink(new CollectingSink());
  const peer = await dial(lease.port);
  await lease.claimed();
  await witness.speak();
  expect(lease.state.status).toBe('claimed');
  expect(await lease.close()).toEqual({ kind: 'closed' });
  expectBalance(lease);
  peer.destroy();
});

/** More than the kernel takes for a peer that does not read: both buffers at their most. */
const KERNEL_BYTES = 48 << 20;

test("a peer that never reads is written to until the kernel's buffer is full", async () => {
  const lease = await server.lease({ ...receive, direction: 'both', timeline: 'received', leadMs: 1000 });
  const peer = await dial(lease.port);
  peer.pause();
  let offered = 0;
  const flood = () => {
    while (offered < 60_000_000 && peer.write(Buffer.alloc(65_536))) offered += 65_536;
  };
  peer.on('drain', flood);
  flood();
  await until(() => lease.stats.samplesReceived * 2 > KERNEL_BYTES);
  let position = -1;
  for (let quiet = 0; quiet < 200; ) {
    await turn();
    quiet = lease.player.position === position ? quiet + 1 : 0;
    position = lease.player.position;
  }
  await witness.speak();
  expect(lease.stats.bytesSent).toBeLessThan(KERNEL_BYTES);
  expect(lease.stats.bytesSent).toBe(lease.player.position * 2);
  expectBalance(lease);
  lease.abort();
  peer.destroy();
});

test('a peer that writes one byte at a time loses nothing', async () => {
  const lease = await server.lease({ ...receive, readClass: 'immediate' });
  const sink = new CollectingSink();
  lease.addSink(sink);
  const peer = await dial(lease.port);
  const all = bytes(ramp(1000));
  for (const byte of all) await new Promise<void>((resolve) => peer.write(Buffer.of(byte), () => resolve()));
  await witness.speak();
  peer.end();
  expect(await lease.closed).toEqual({ kind: 'peer-ended' });
  expectSame(sink.samples, ramp(1000));
  expectBalance(lease);
});

test('a peer that resets while it is sent to', async () => {
  const lease = await server.lease({ ...receive, direction: 'send', stream: 'input' });
  const peer = await dial(lease.port);
  const playback = lease.player.play(ramp(160_000));
  await lease.claimed();
  peer.resetAndDestroy();
  expect(await lease.closed).toMatchObject({ kind: 'peer-reset', error: { code: 'ERR_PEER' } });
  const { played, outcome } = await playback.finished;
  expect(outcome).toBe('closed');
  expect(lease.stats.samplesSent).toBe(played + lease.stats.silenceFilled);
  await witness.speak();
});

test('a peer that resets while it sends: earlier bytes are delivered, and all are accounted for', async () => {
  const lease = await server.lease({ ...receive, readClass: 'immediate' });
  const sink = new CollectingSink();
  lease.addSink(sink);
  const peer = await dial(lease.port);
  peer.write(Buffer.concat([bytes(ramp(5000)), Buffer.of(1)]));
  await until(() => lease.stats.bytesReceived >= 10_001);
  peer.resetAndDestroy();
  expect(await lease.closed).toMatchObject({ kind: 'peer-reset', error: { code: 'ERR_PEER' } });
  expectSame(sink.samples, ramp(5000));
  expect(sink.error).toMatchObject({ code: 'ERR_PEER' });
  expect(lease.stats).toMatchObject({ samplesReceived: 5000, trailingBytes: 1, delivered: 5000, dropped: 0 });
  expectBalance(lease);
  await witness.speak();
});

test('a peer that half-closes still gets all queued samples', async () => {
  const lease = await server.lease({ ...receive, direction: 'both', leadMs: 1000 });
  lease.addSink(new CollectingSink());
  lease.player.play(ramp(8000, 1));
  const peer = await dial(lease.port);
  peer.end(bytes(ramp(501)));
  const heard: Buffer[] = [];
  for await (const chunk of peer) heard.push(chunk);
  expect(await lease.closed).toEqual({ kind: 'peer-ended' });
  expect(
    Buffer.concat(heard)
      .subarray(0, 16_000)
      .equals(bytes(ramp(8000, 1))),
  ).toBe(true);
  expectBalance(lease);
  expect(lease.stats.samplesReceived).toBe(501);
  await witness.speak();
});

test('a sink that cannot keep up and closes the stream', async () => {
  const lease = await server.lease({ ...receive, readClass: 'immediate' });
  const never = new Promise<void>(() => {});
  lease.addSink(
    { write: () => never, end: () => {} },
    { policy: 'close', maxBufferedMs: 20, name: 'strict' },
  );
  const peer = await dial(lease.port);
  peer.on('data', () => {});
  peer.write(bytes(ramp(64_000)));
  expect(await lease.closed).toMatchObject({ kind: 'sink-overflow', error: { code: 'ERR_SINK' } });
  expectBalance(lease);
  await witness.speak();
  peer.destroy();
});

test('a sink that throws', async () => {
  const lease = await server.lease(receive);
  const failed: string[] = [];
  lease.on('sink-failed', (name) => failed.push(name));
  const broken: PcmSink = {
    write() {
      throw new Error('disk full');
    },
    end() {},
  };
  const good = new CollectingSink();
  const handle = lease.addSink(broken, { name: 'broken' });
  const failure = handle.done.catch((error) => error);
  lease.addSink(good);
  const peer = await dial(lease.port);
  peer.end(bytes(ramp(5000)));
  expect(await lease.closed).toEqual({ kind: 'peer-ended' });
  expect(failed).toEqual(['broken']);
  expectSame(good.samples, ramp(5000));
  expect(await failure).toMatchObject({ code: 'ERR_SINK', message: expect.stringContaining('disk full') });
  const { offered, delivered, dropped, buffered } = handle.stats;
  expect(offered).toBeGreaterThan(0);
  expect([delivered, dropped, buffered]).toEqual([0, offered, 0]);
  expect(lease.stats).toMatchObject({ samplesReceived: 5000, unheard: 0, delivered: 5000, dropped });
  await witness.speak();
});

test('5,000 connections at once: one claims the lease, the others are refused and counted', async () => {
  const lease = await server.lease(receive);
  const sink = new CollectingSink();
  lease.addSink(sink);
  const before = process.memoryUsage.rss();
  const sockets = Array.from({ length: 5000 }, () => {
    const socket = connect({ port: lease.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume();
    return socket;
  });
  const peer = await lease.claimed();
  const allRefused = async () => {
    await until(() => lease.stats.refused >= 4999);
  };
  await witness.speakUntil(allRefused());
  const claimer = sockets.find((socket) => socket.localPort === peer.port);
  claimer?.end(bytes(ramp(1000)));
  expect(await lease.closed).toEqual({ kind: 'peer-ended' });
  expectSame(sink.samples, ramp(1000));
  expectBalance(lease);
  expect(lease.stats).toMatchObject({ refused: 4999, bytesReceived: 2000, delivered: 1000 });
  await until(async () => (await server.snapshot()).connections <= 1);
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 << 20);
  for (const socket of sockets) socket.destroy();
});
