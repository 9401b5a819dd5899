import { expect, test } from 'vitest';
import type { PcmSink } from '../../../src/base/pcm.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { SinkOptions } from '../../../src/stream/sink.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { expectSame } from '../../same-samples.js';
import { bytes, CollectingSink, dial, ramp } from '../../tcp/peers.js';
import { expectBalance, Witness } from '../../tcp/witness.js';
import { until } from '../../turns.js';

/** What comes while the sinks stall: ten seconds. */
const SAMPLES = 160_000;
const FRAME = 320;

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

/** A stream into a sink that stalls. */
async function stalled(server: PcmServer, released: Promise<void>, options: SinkOptions) {
  const lease = await server.lease({ object: 'CALL 14', stream: 'output', direction: 'receive' });
  const sink = new StallingSink(released);
  const handle = lease.addSink(sink, options);
  return { lease, sink, handle };
}

test('sinks that stall for ten seconds: each policy holds, and no other sink is affected', async () => {
  const clock = new VirtualClock();
  await using server = new PcmServer({ clock, readIntervalMs: 20 });
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

  const live = [alone, shared, oldest, newest, spill];
  for (const { lease } of [...live, strict]) {
    const peer = (await dial(lease.port)).resume();
    // One frame is with the sink when the others come.
    peer.write(bytes(ramp(FRAME)));
    await until(() => lease.stats.samplesReceived === FRAME);
    peer.end(bytes(ramp(SAMPLES - FRAME, FRAME)));
  }
  const others = [shared, oldest, newest, spill];
  const come = until(() => others.every(({ lease }) => lease.stats.samplesReceived === SAMPLES));
  await witness.speakUntil(Promise.all([come, clock.advance(10_000)]));

  expect(await strict.lease.closed).toMatchObject({ kind: 'sink-overflow', error: { code: 'ERR_SINK' } });
  expect(alone.lease.stats.holds).toBe(1);
  expect(alone.lease.stats.heldMs).toBeGreaterThan(0);
  expect(alone.lease.stats.samplesReceived).toBeLessThan(4 * 16_000);
  expect(shared.lease.stats.holds).toBe(0);
  expectSame(recorder.samples, ramp(shared.lease.stats.samplesReceived));
  expect(input.stats).toMatchObject({ holds: 0, silenceFilled: input.player.position });
  expect(input.player.position).toBeGreaterThan(9 * 16_000);

  release();
  await Promise.all([...live.map(({ lease }) => lease.closed), input.close()]);
  for (const { lease, handle } of live) {
    expect(lease.stats.samplesReceived).toBe(SAMPLES);
    const { offered, delivered, dropped, buffered } = await handle.done;
    expect([offered, delivered + dropped, buffered]).toEqual([SAMPLES, SAMPLES, 0]);
  }
  for (const { lease, sink } of [alone, shared, spill]) {
    expectSame(sink.samples, ramp(SAMPLES));
    expect(lease.stats.dropped).toBe(0);
  }
  for (const { lease } of [shared, spill]) expect(lease.stats.spilled).toBeGreaterThan(7 * 16_000);
  for (const { lease } of [oldest, newest]) expect(lease.stats.dropped).toBeGreaterThan(7 * 16_000);
  for (const { lease } of [alone, oldest, newest, spill, strict]) expectBalance(lease);
  expect(tap.samples.length).toBe(input.player.position);
  await witness.end();
});
