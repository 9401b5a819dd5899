import type { Socket } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PcmSink } from '../../../src/base/pcm.js';
import type { SinkOptions } from '../../../src/stream/sink.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { bytes, CollectingSink, dial, expectSame, ramp } from '../../tcp/peers.js';
import { expectBalance, Witness } from '../../tcp/witness.js';

const STALL_MS = 10_000;

/** Takes nothing until it is released, then all at once. */
class StallingSink extends CollectingSink implements PcmSink {
  readonly #released: Promise<void>;

  constructor(released: Promise<void>) {
    super();
    this.#released = released;
  }

  override write(samples: Int16Array, position: number): Promise<void> {
    super.write(samples, position);
    return this.#released;
  }
}

/** Sends a ramp in real time, 20 ms at a time. */
class Talker {
  readonly #peer: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #start = performance.now();
  sent = 0;

  constructor(peer: Socket) {
    this.#peer = peer;
    peer.resume();
    this.#timer = setInterval(() => this.#talk(), 20);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#peer.end();
  }

  #talk(): void {
    const due = Math.floor((performance.now() - this.#start) / 20) * 320;
    this.#peer.write(bytes(ramp(due - this.sent, this.sent)));
    this.sent = due;
  }
}

/** A live stream into a sink that stalls. */
async function stalled(server: PcmServer, released: Promise<void>, options: SinkOptions) {
  const lease = await server.lease({ object: 'CALL 14', stream: 'output', direction: 'receive' });
  const sink = new StallingSink(released);
  const handle = lease.addSink(sink, options);
  return { lease, sink, handle, talker: new Talker(await dial(lease.port)) };
}

test('sinks that stall for ten seconds: each policy keeps its word, and nobody else notices', async () => {
  await using server = new PcmServer();
  const witness = await Witness.on(server);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const alone = await stalled(server, released, { policy: 'wait' });
  const shared = await stalled(server, released, { policy: 'wait' });
  const recorder = new CollectingSink();
  shared.lease.addSink(recorder);
  const oldest = await stalled(server, released, { policy: 'drop-oldest' });
  const newest = await stalled(server, released, { policy: 'drop-newest' });
  const spill = await stalled(server, released, { policy: 'spill' });
  const strict = await stalled(server, released, { policy: 'close' });
  const input = await server.lease({ object: 'CALL 14', stream: 'input', direction: 'send' });
  const tap = new StallingSink(released);
  input.addSentTap(tap);
  const listener = await dial(input.port);
  listener.resume();

  await witness.speakUntil(pass(STALL_MS));

  expect(await strict.lease.closed).toMatchObject({ kind: 'sink-overflow', error: { code: 'ERR_SINK' } });
  expect(alone.lease.stats.holds).toBe(1);
  expect(alone.lease.stats.heldMs).toBeGreaterThan(0);
  expect(alone.lease.stats.samplesReceived).toBeLessThan(4 * 16_000);
  expect(shared.lease.stats.holds).toBe(0);
  expectSame(recorder.samples, ramp(shared.lease.stats.samplesReceived));
  expect(shared.lease.stats.samplesReceived).toBeGreaterThan(8 * 16_000);
  expect(input.stats).toMatchObject({ holds: 0, silenceFilled: input.player.position });
  expect(input.player.position).toBeGreaterThan(9 * 16_000);

  release();
  const live = [alone, shared, oldest, newest, spill];
  for (const { talker } of live) talker.end();
  strict.talker.end();
  await Promise.all([...live.map(({ lease }) => lease.closed), input.close()]);
  for (const { lease, talker, handle } of live) {
    expect(lease.stats.samplesReceived).toBe(talker.sent);
    const { offered, delivered, dropped, buffered } = await handle.done;
    expect([offered, delivered + dropped, buffered]).toEqual([talker.sent, talker.sent, 0]);
  }
  for (const { lease, sink, talker } of [alone, shared, spill]) {
    expectSame(sink.samples, ramp(talker.sent));
    expect(lease.stats.dropped).toBe(0);
  }
  for (const { lease } of [shared, spill]) expect(lease.stats.spilled).toBeGreaterThan(7 * 16_000);
  for (const { lease } of [oldest, newest]) expect(lease.stats.dropped).toBeGreaterThan(7 * 16_000);
  for (const { lease } of [alone, oldest, newest, spill, strict]) expectBalance(lease);
  expect(tap.samples.length).toBe(input.player.position);
  await witness.end();
}, 60_000);
