import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/time/clock.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { expectSame } from '../same-samples.js';
import { bytes, CollectingSink, dial, dialRefused, ramp, readAll, readBytes, samplesOf } from './peers.js';

let server: PcmServer;
beforeEach(() => {
  server = new PcmServer();
});
afterEach(() => server.close());

test('samples of a peer reach every sink, with their positions', async () => {
  const lease = await server.lease({ object: 'CALL 14', stream: 'output', direction: 'receive' });
  const sinks = [new CollectingSink(), new CollectingSink()];
  for (const sink of sinks) lease.addSink(sink);
  const peer = await dial(lease.port);
  const sent = ramp(5000);
  peer.end(bytes(sent));
  expect(await lease.closed).toEqual({ kind: 'peer-ended' });
  for (const sink of sinks) {
    expectSame(sink.samples, sent);
    expect(sink.runs[0]?.position).toBe(0);
    expect(sink.ended).toBe(1);
    expect(sink.error).toBeUndefined();
  }
  expect(lease.stats).toMatchObject({
    samplesReceived: 5000,
    delivered: 10_000,
    dropped: 0,
    trailingBytes: 0,
  });
});

test('frames() yields the stream in order', async () => {
  const lease = await server.lease({ object: 'CALL 14', stream: 'output', direction: 'receive' });
  const frames = lease.frames();
  const peer = await dial(lease.port);
  peer.end(bytes(ramp(3000)));
  let expected = 0;
  for await (const { samples, position } of frames) {
    expect(position).toBe(expected);
    expect(samples[0]).toBe(position);
    expected += samples.length;
  }
  expect(expected).toBe(3000);
});

test('a sender slaved to the received stream answers each frame, sample for sample', async () => {
  const output = await server.lease({
    object: 'CALL 14',
    stream: 'output',
    direction: 'receive',
    readClass: 'immediate',
  });
  const input = await server.lease({
    object: 'CALL 14',
    stream: 'input',
    direction: 'send',
    timeline: output.received,
  });
  const tap = new CollectingSink();
  input.addSentTap(tap);
  const playback = input.player.play(ramp(1000, 1), { at: 1600 });
  const [from, to] = await Promise.all([dial(output.port), dial(input.port)]);
  const heard: Buffer[] = [await readBytes(to, 960 * 2)];
  for (let frame = 0; frame < 200; frame++) {
    from.write(bytes(ramp(320, frame * 320)));
    heard.push(await readBytes(to, 640));
  }
  from.end();
  expect(await input.closed).toEqual({ kind: 'timeline-ended' });
  const sent = samplesOf(Buffer.concat([...heard, await readAll(to)]));
  expect(sent.length).toBe(200 * 320 + 960);
  expect(await playback.started).toBe(1600);
  expect(await playback.finished).toEqual({ from: 1600, to: 2600, played: 1000, outcome: 'played' });
  expectSame(sent.subarray(1600, 2600), ramp(1000, 1));
  expect(sent.subarray(0, 1600).every((sample) => sample === 0)).toBe(true);
  expectSame(tap.samples, sent);
  expect(input.stats.silenceFilled).toBe(sent.length - 1000);
});

test('the clock paces a sender to the sample', async () => {
  const clock = new VirtualClock();
  await using paced = new PcmServer({ clock });
  const lease = await paced.lease({ object: 'CALL 1', stream: 'input', direction: 'send' });
  const peer = await dial(lease.port);
  await lease.claimed();
  expect(lease.player.position).toBe(960);
  await clock.advance(10_000);
  expect(lease.player.position).toBe(160_000 + 960);
  peer.resume();
  await lease.close();
});

test('a second connection is refused, counted and reported', async () => {
  const lease = await server.lease({ object: 'CALL 14', stream: 'output', direction: 'receive' });
  const first = await dial(lease.port);
  await lease.claimed();
  const refused = once(lease, 'refused');
  await dialRefused(lease.port);
  expect((await refused)[0]).toMatchObject({ why: 'claimed' });
  expect(lease.stats.refused).toBe(1);
  first.end();
  await lease.closed;
});

test('an unclaimed lease expires', async () => {
  const lease = await server.lease({
    object: 'CALL 14',
    stream: 'output',
    direction: 'receive',
    claimTimeoutMs: 5,
  });
  await expect(lease.claimed()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  expect(await lease.closed).toMatchObject({ kind: 'unclaimed' });
});
