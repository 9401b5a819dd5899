import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PcmSink, VOICE_FORMAT } from '../../../src/base/pcm.js';
import { BufferBudget } from '../../../src/stream/receive/buffer-budget.js';
import { FanOut } from '../../../src/stream/receive/fan-out.js';
import { SampleQueue } from '../../../src/stream/receive/sample-queue.js';
import { SpillFile } from '../../../src/stream/receive/spill-file.js';
import type { SinkOptions } from '../../../src/stream/sink.js';
import { expectSame } from '../../same-samples.js';
import { CollectingSink, ramp } from '../../tcp/peers.js';
import { drain, fanOut, GatedSink, settled, small, writeFrames } from './gated-sink.js';

describe('a sink with the policy wait, with others on the stream', () => {
  test('spills to its file: no sink is delayed, nothing is lost', async () => {
    const { fan, told } = fanOut();
    const slow = new GatedSink();
    const quick = new CollectingSink();
    const feed = fan.add(slow, { ...small, name: 'slow' });
    fan.add(quick, { name: 'quick' });
    writeFrames(fan, 500);
    expectSame(quick.samples, ramp(160_000));
    expect(told).toEqual(['overflow wait']);
    expect(feed.stats).toMatchObject({ spilled: 495 * 320, buffered: 160_000, dropped: 0 });
    fan.end();
    await drain(slow);
    expectSame(slow.samples, ramp(160_000));
    expect(feed.stats).toMatchObject({ delivered: 160_000, buffered: 0 });
    expect(told).toEqual(['overflow wait', 'drained']);
  });

  test('pauses the stream when the file is full, too, and resumes it at half', async () => {
    const { fan, told } = fanOut();
    const slow = new GatedSink();
    const feed = fan.add(slow, { ...small, maxSpilledMs: 1000, name: 'slow' });
    fan.add(new CollectingSink(), {});
    writeFrames(fan, 54);
    expect(told).toEqual(['overflow wait']);
    expect(fan.room).toBe(640);
    fan.write(ramp(5000, 54 * 320), 54 * 320);
    expect(told).toEqual(['overflow wait', 'pressed by slow']);
    expect(fan.room).toBe(0);
    expect(feed.stats).toMatchObject({ offered: 22_280, buffered: 22_280, dropped: 0 });
    let steps = 0;
    while (told.length < 3) {
      await slow.step();
      steps++;
    }
    expect(told[2]).toBe('relieved');
    expect(feed.stats.buffered).toBeGreaterThan(6400);
    expect(steps).toBeGreaterThan(4);
    fan.end();
    await drain(slow);
    expectSame(slow.samples, ramp(22_280));
  });

  test('pauses the stream when its file cannot be made', async () => {
    const { fan, told } = fanOut();
    const slow = new GatedSink();
    const feed = fan.add(slow, { ...small, spillDirectory: '/dev/null/nowhere', name: 'slow' });
    fan.add(new CollectingSink(), {});
    writeFrames(fan, 7);
    expect(told).toEqual(['pressed by slow']);
    expect(feed.fileError).toMatchObject({ code: 'ERR_FILE' });
    fan.end();
    await drain(slow);
    expectSame(slow.samples, ramp(7 * 320));
    expect(feed.stats).toMatchObject({ delivered: 7 * 320, dropped: 0, spilled: 0 });
  });

  test('waits as if alone once the others have left, and spills once others come', async () => {
    const { fan, told } = fanOut();
    const slow = new GatedSink();
    fan.add(slow, { ...small, name: 'slow' });
    writeFrames(fan, 5);
    expect(told).toEqual(['pressed by slow']);
    const other = fan.add(new CollectingSink(), {});
    expect(told).toEqual(['pressed by slow', 'relieved']);
    writeFrames(fan, 5, 5);
    await other.remove();
    await settled();
    expect(told).toEqual(['pressed by slow', 'relieved', 'overflow wait', 'pressed by slow']);
    fan.end();
    await drain(slow);
    expectSame(slow.samples, ramp(3200));
    expect(told.slice(4)).toEqual(['relieved', 'drained']);
  });

  test('a listener counts as another sink: what is sent is heard by the peer', () => {
    const told: boolean[] = [];
    const owner = { overflowed: () => {}, failed: () => {}, drained: () => {} };
    const budget = new BufferBudget(2 ** 30, () => {});
    const taps = new FanOut(VOICE_FORMAT, budget, { ...owner, pressed: (feed) => told.push(!!feed) }, 1);
    const tap = taps.add(new GatedSink(), small);
    writeFrames(taps, 1000);
    expect(told).toEqual([]);
    expect(tap.stats).toMatchObject({ buffered: 320_000, dropped: 0 });
    taps.close();
  });

  test('gets every sample in order, for any order of writes and reads', async () => {
    const operation = fc.record({ write: fc.integer({ min: 0, max: 9000 }), steps: fc.nat({ max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
        const { fan } = fanOut();
        const slow = new GatedSink();
        const quick = new CollectingSink();
        const feed = fan.add(slow, { ...small, maxSpilledMs: 1000 });
        fan.add(quick, {});
        let written = 0;
        for (const { write, steps } of operations) {
          if (write > 0) fan.write(ramp(write, written), written);
          written += write;
          expect(quick.samples.length).toBe(written);
          for (let step = 0; step < steps; step++) await slow.step();
          const { offered, delivered, dropped, buffered } = feed.stats;
          expect([offered, dropped]).toEqual([written, 0]);
          expect(delivered + buffered).toBe(written);
        }
        fan.end();
        await drain(slow);
        expectSame(slow.samples, ramp(written));
      }),
      { numRuns: 40 },
    );
  });
});

test('a slow sink never delays another', () => {
  const { fan, told } = fanOut();
  const slow = new GatedSink();
  const quick = new CollectingSink();
  fan.add(slow, { ...small, policy: 'drop-oldest' });
  fan.add(quick, {});
  writeFrames(fan, 100);
  expectSame(quick.samples, ramp(32_000));
  expect(told).toEqual(['overflow drop-oldest']);
});

test.each(['throws', 'rejects'])('a sink that %s is ended and removed; the others go on', async (way) => {
  const { fan, told } = fanOut();
  let ends = 0;
  const bad: PcmSink = {
    write() {
      if (way === 'throws') throw new Error('no');
      return Promise.reject(new Error('no'));
    },
    end: () => {
      ends++;
    },
  };
  const good = new CollectingSink();
  const feed = fan.add(bad, { name: 'bad' });
  fan.add(good, {});
  writeFrames(fan, 3);
  await expect(feed.done).rejects.toMatchObject({ code: 'ERR_SINK' });
  writeFrames(fan, 3, 3);
  expectSame(good.samples, ramp(6 * 320));
  expect(told).toEqual(['failed bad The sink "bad" failed: no']);
  expect(ends).toBe(1);
  expect(feed.stats).toMatchObject({ delivered: 0, buffered: 0 });
  expect(feed.stats.dropped).toBe(feed.stats.offered);
});

test('the limit of all sinks together acts like a full buffer', async () => {
  const exhausted: number[] = [];
  const budget = new BufferBudget(3200, () => exhausted.push(budget.used));
  const { fan, told } = fanOut(budget);
  const sinks = [new GatedSink(), new GatedSink()];
  const feeds = sinks.map((sink) => fan.add(sink, { policy: 'drop-newest' }));
  writeFrames(fan, 10);
  expect(budget.used).toBe(3200);
  expect(exhausted).toHaveLength(1);
  expect(told).toContain('overflow drop-newest');
  for (const { stats } of feeds) expect(stats.offered).toBe(stats.dropped + stats.buffered);
  fan.end();
  for (const sink of sinks) await drain(sink);
  expect(budget.used).toBe(0);
});

test('a sink may use the array that it was given until its promise settles', async () => {
  const { fan } = fanOut();
  const sink = new GatedSink();
  const given: Int16Array[] = [];
  const write = (samples: Int16Array, position: number) => {
    given.push(samples);
    return sink.write(samples, position);
  };
  fan.add({ write, end: () => {} }, {});
  const buffer = ramp(320);
  fan.write(buffer, 0);
  buffer.fill(9);
  fan.write(buffer, 320);
  expectSame(given[0], ramp(320));
});

test.each([
  { policy: 'lossy' },
  { maxBufferedMs: 5 },
  { maxBufferedMs: Number.NaN },
  { maxBufferedMs: 100, resumeBelowMs: 100 },
  { resumeBelowMs: -1 },
  { name: '' },
  { spillDirectory: 7 },
  { maxSpilledMs: 1 },
])('invalid options %j are refused', (options) => {
  const { fan } = fanOut();
  expect(() => fan.add(new CollectingSink(), options as SinkOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
  );
  expect(() => fan.add({} as PcmSink, {})).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
});

test('a queue and a spill file keep samples in order, for any operations', () => {
  const operation = fc.record({ push: fc.boolean(), count: fc.integer({ min: 1, max: 700 }) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const queue = new SampleQueue(1);
      const spill = new SpillFile({ directory: undefined, channels: 1, capacity: 1000 });
      let pushed = 0;
      let spilled = 0;
      let shifted = 0;
      for (const { push, count } of operations) {
        if (push) {
          queue.push(ramp(count, pushed), pushed);
          pushed += count;
          spilled += spill.push(ramp(count, spilled), spilled);
        } else {
          queue.shift(count);
          const chunk = spill.shift(count);
          if (!chunk) continue;
          expect(chunk.position).toBe(shifted);
          expectSame(chunk.samples, ramp(chunk.samples.length, shifted));
          shifted += chunk.samples.length;
        }
        expect(spill.size).toBe(spilled - shifted);
      }
      let next = pushed - queue.size;
      for (let chunk = queue.next(); chunk; chunk = queue.next()) {
        expect(chunk.position).toBe(next);
        expectSame(chunk.samples, ramp(chunk.samples.length, next));
        next += chunk.samples.length;
      }
      expect(next).toBe(pushed);
      spill.close();
    }),
    { numRuns: 60 },
  );
});

test('a file sink writes the container that it describes, with silence for dropped samples', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'jackfield-')), 'leg.bin');
  const { fan } = fanOut();
  const header = new Uint8Array(12).fill(1);
  fan.add({ kind: 'file', path, header, lengthFields: [{ offset: 4, plus: 8 }] }, {});
  fan.write(ramp(8000, 1), 0);
  expect(readFileSync(path).readUInt32LE(4)).toBe(16_008);
  fan.write(ramp(10, 5), 8100);
  fan.end();
  const file = readFileSync(path);
  expect(file.length).toBe(12 + 8110 * 2);
  expect([file.readUInt32LE(0), file.readUInt32LE(4)]).toEqual([0x01010101, 8110 * 2 + 8]);
  expect(file.readInt16LE(12 + 7999 * 2)).toBe(8000);
  expect(file.subarray(12 + 16_000, 12 + 16_200).every((byte) => byte === 0)).toBe(true);
  expect(file.readInt16LE(12 + 16_200)).toBe(5);
  expect(() => fan.add({ kind: 'file', path }, {})).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
});
