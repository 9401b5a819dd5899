import { readdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectSame } from '../../same-samples.js';
import { CollectingSink, ramp } from '../../tcp/peers.js';
import { drain, fanOut, GatedSink, small, writeFrames } from './gated-sink.js';

describe('a sink that does not keep up', () => {
  test('wait: the stream is paused without loss, and resumed at half of the limit', async () => {
    const { fan, told } = fanOut();
    const sink = new GatedSink();
    const feed = fan.add(sink, { ...small, policy: 'wait' });
    writeFrames(fan, 5);
    expect(told).toEqual(['pressed by sink']);
    expect(fan.room).toBe(0);
    fan.end();
    await drain(sink);
    expect(told).toEqual(['pressed by sink', 'relieved', 'drained']);
    expectSame(sink.samples, ramp(1600));
    expect(feed.stats).toEqual({ offered: 1600, delivered: 1600, dropped: 0, spilled: 0, buffered: 0 });
  });

  test.each([
    [0, 0],
    [40, 2],
    [99, 4],
  ])('wait: with resumeBelowMs %i it is resumed when %i frames wait', async (resumeBelowMs, frames) => {
    const { fan, told } = fanOut();
    const sink = new GatedSink();
    const feed = fan.add(sink, { ...small, policy: 'wait', resumeBelowMs });
    writeFrames(fan, 5);
    const waiting: number[] = [];
    for (let step = 0; !told.includes('relieved') && step < 10; step++) {
      await sink.step();
      waiting.push(feed.stats.buffered);
    }
    expect(told).toEqual(['pressed by sink', 'relieved']);
    expect(waiting.at(-1)).toBe(frames * 320);
    expect(waiting.slice(0, -1).every((count) => count > frames * 320)).toBe(true);
  });

  test('drop-oldest: the newest 100 ms are kept', async () => {
    const { fan, told } = fanOut();
    const sink = new GatedSink();
    const feed = fan.add(sink, { ...small, policy: 'drop-oldest' });
    writeFrames(fan, 50);
    fan.end();
    await drain(sink);
    expect(told).toEqual(['overflow drop-oldest', 'drained']);
    expect(sink.runs[0]).toEqual({ samples: ramp(320), position: 0 });
    expect(sink.runs[1]?.position).toBe(46 * 320);
    expect(feed.stats).toEqual({
      offered: 16_000,
      delivered: 1600,
      dropped: 14_400,
      spilled: 0,
      buffered: 0,
    });
  });

  test('drop-newest: the oldest 100 ms are kept', async () => {
    const { fan } = fanOut();
    const sink = new GatedSink();
    const feed = fan.add(sink, { ...small, policy: 'drop-newest' });
    writeFrames(fan, 50);
    fan.end();
    await drain(sink);
    expectSame(sink.samples, ramp(1600));
    expect(feed.stats).toMatchObject({ offered: 16_000, delivered: 1600, dropped: 14_400 });
  });

  test('a run longer than the buffer is cut to the sample', async () => {
    for (const policy of ['drop-oldest', 'drop-newest'] as const) {
      const { fan } = fanOut();
      const sink = new GatedSink();
      const feed = fan.add(sink, { ...small, policy });
      fan.write(ramp(100), 0);
      fan.write(ramp(5000, 100), 100);
      expect(feed.stats).toMatchObject({ buffered: 1600, dropped: 3500 });
      fan.end();
      await drain(sink);
      expect(sink.runs[1]?.position).toBe(policy === 'drop-oldest' ? 3600 : 100);
      expect(feed.stats).toMatchObject({ delivered: 1600, dropped: 3500 });
    }
  });

  test('spill: everything is delivered in order, and no file is left', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'jackfield-'));
    const { fan, told } = fanOut();
    const sink = new GatedSink();
    const feed = fan.add(sink, { ...small, policy: 'spill', spillDirectory: directory });
    writeFrames(fan, 500);
    expect(feed.stats.spilled).toBe(495 * 320);
    expect(feed.stats.buffered).toBe(160_000);
    for (let step = 0; step < 10; step++) await sink.step();
    writeFrames(fan, 500, 500);
    fan.end();
    await drain(sink);
    expectSame(sink.samples, ramp(320_000));
    expect(told).toEqual(['overflow spill', 'drained']);
    expect(feed.stats).toMatchObject({ offered: 320_000, delivered: 320_000, dropped: 0, buffered: 0 });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('spill: samples beyond the size of the file are dropped and counted', async () => {
    const { fan } = fanOut();
    const sink = new GatedSink();
    const feed = fan.add(sink, { ...small, policy: 'spill', maxSpilledMs: 1000 });
    writeFrames(fan, 100);
    expect(feed.stats).toMatchObject({ spilled: 16_000, buffered: 17_600, dropped: 32_000 - 17_600 });
    fan.end();
    await drain(sink);
    expectSame(sink.samples, ramp(17_600));
  });

  test('spill: a directory that cannot be written fails the sink, not the stream', async () => {
    const { fan, told } = fanOut();
    const other = new CollectingSink();
    const sink = new GatedSink();
    const feed = fan.add(sink, { ...small, policy: 'spill', spillDirectory: '/dev/null/nowhere' });
    fan.add(other, {});
    writeFrames(fan, 20);
    expect(told[0]).toMatch(/^failed sink .*Cannot spill to/);
    await expect(feed.done).rejects.toMatchObject({ code: 'ERR_SINK' });
    expect(feed.stats.offered).toBe(feed.stats.delivered + feed.stats.dropped);
    expect(other.samples.length).toBe(6400);
  });

  test('close: the stream is closed', () => {
    const { fan, told } = fanOut();
    fan.add(new GatedSink(), { ...small, policy: 'close' });
    writeFrames(fan, 6);
    expect(told).toEqual(['overflow close']);
  });
});
