import { expect, test } from 'vitest';
import { Histogram } from '../../src/base/histogram.js';
import { VirtualClock } from '../../src/base/time/clock.js';
import { ArrivalMeter } from '../../src/stream/receive/arrival-meter.js';
import { descriptorAdvice, descriptorLimit, leasesThatFit } from '../../src/tcp/descriptor-limit.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { prometheusText } from '../../src/tcp/prometheus.js';
import { bytes, dial, ramp } from './peers.js';

test('a histogram is accurate to 20 %', () => {
  const histogram = new Histogram();
  expect(histogram.percentile(0.99)).toBe(0);
  for (let value = 1; value <= 1000; value++) histogram.record(value);
  for (const share of [0.01, 0.5, 0.99]) {
    const ratio = histogram.percentile(share) / (1000 * share);
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThan(1.2);
  }
  histogram.record(-1);
  histogram.record(1e9);
  expect(histogram.total).toBe(1002);
});

test('arrivals: jitter is the deviation of spacing from the audio, a gap is more than 100 ms', () => {
  const meter = new ArrivalMeter();
  for (const nowMs of [5, 25, 47, 65, 365, 385]) meter.record(nowMs, 20);
  expect([meter.gaps, meter.gapMs]).toEqual([1, 280]);
  expect(meter.jitter.percentile(0.5)).toBeLessThan(2.4);
  expect(meter.jitter.percentile(1)).toBeGreaterThanOrEqual(280);
});

test('a snapshot sums live and closed leases, and can be written as Prometheus text', async () => {
  const clock = new VirtualClock();
  await using server = new PcmServer({ clock });
  const done = await server.lease({ object: 'CALL 1', stream: 'output', direction: 'receive' });
  const first = await dial(done.port);
  first.end(bytes(ramp(700)));
  await done.closed;
  const live = await server.lease({ object: 'VOICEMAIL "2"', stream: 'input', direction: 'send' });
  const peer = await dial(live.port);
  await live.claimed();
  await clock.advance(1000);
  const snapshot = await server.snapshot();
  expect(snapshot).toMatchObject({ leases: 1, connections: 1, bufferedBytes: 0 });
  expect(snapshot.totals).toMatchObject({
    samplesReceived: 700,
    unheard: 700,
    samplesSent: live.player.position,
  });
  expect(snapshot.streams).toMatchObject([{ object: 'VOICEMAIL "2"', status: 'flowing', port: live.port }]);
  const lines = prometheusText(snapshot, { perStream: true }).split('\n');
  expect(lines).toContain('jackfield_tcp_received_samples_total 700');
  expect(lines).toContain('# TYPE jackfield_tcp_leases gauge');
  expect(lines).toContain(
    `jackfield_tcp_stream_sent_samples_total{object="VOICEMAIL \\"2\\"",stream="input",port="${live.port}"} ${live.player.position}`,
  );
  for (const line of lines.filter((text) => text !== '' && !text.startsWith('#'))) {
    expect(line).toMatch(/^[a-z_0-9]+(\{[^}]*\})? [0-9.e+-]+$/);
  }
  expect(prometheusText(snapshot)).not.toContain('jackfield_tcp_stream_');
  peer.destroy();
});

test('a shortage of descriptors gives advice before they run out', () => {
  expect(descriptorAdvice(1000, undefined)).toBeUndefined();
  expect(descriptorAdvice(1000, 4000)).toBeUndefined();
  expect(descriptorAdvice(1000, 1024)).toMatch(/enough for 320\. Start it under "ulimit -n 3064"/);
  expect([leasesThatFit(undefined), leasesThatFit(1024), leasesThatFit(10)]).toEqual([
    Number.POSITIVE_INFINITY,
    320,
    1,
  ]);
  const limit = descriptorLimit();
  if (process.platform === 'linux') expect(limit).toBeGreaterThan(0);
});
