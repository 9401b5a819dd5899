import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PcmSource, VOICE_FORMAT } from '../../../src/base/pcm.js';
import { ManualTimeline } from '../../../src/stream/sample-timeline.js';
import { PacedWriter } from '../../../src/stream/send/paced-writer.js';
import { expectSame } from '../../same-samples.js';
import { ramp } from '../../tcp/peers.js';

/** Keeps what left; takes no more while it is told to be full. */
class Line {
  readonly samples: number[] = [];
  full = false;
  ended = 0;

  write(samples: Int16Array, position: number): boolean {
    expect(position).toBe(this.samples.length);
    for (const sample of samples) this.samples.push(sample);
    return !this.full;
  }

  end(): void {
    this.ended++;
  }
}

function setUp(options: { leadSamples?: number; timelineStart?: number } = {}) {
  const writer = new PacedWriter({ format: VOICE_FORMAT, leadSamples: 960, timelineStart: 0, ...options });
  const line = new Line();
  const timeline = new ManualTimeline(16_000);
  return { writer, line, timeline };
}

async function* chunks(...sizes: number[]): PcmSource {
  let from = 1;
  for (const size of sizes) {
    yield ramp(size, from);
    from += size;
  }
}

/** Lets sources run until nothing more happens. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('silence is sent up to the lead at once, and then at the pace of the timeline', () => {
  const { writer, line, timeline } = setUp();
  writer.start(line, timeline);
  expect(line.samples.length).toBe(960);
  timeline.advanceTo(320);
  timeline.advanceTo(320);
  timeline.advanceTo(100);
  expect(line.samples.length).toBe(1280);
  expect(line.samples.every((sample) => sample === 0)).toBe(true);
  expect(writer.silenceFilled).toBe(1280);
});

test('a player that joins a timeline late begins at the start of the timeline', () => {
  const { writer, line, timeline } = setUp({ timelineStart: 5000 });
  timeline.advanceTo(5000);
  writer.start(line, timeline);
  expect(line.samples.length).toBe(960);
});

test('items of any lengths and positions are played at their positions', async () => {
  const item = fc.record({
    length: fc.integer({ min: 0, max: 2000 }),
    at: fc.option(fc.nat({ max: 12_000 })),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 8 }),
      fc.integer({ min: 1, max: 900 }),
      async (items, step) => {
        const { writer, line, timeline } = setUp();
        const playbacks = items.map(({ length, at }, index) =>
          writer.play(new Int16Array(length).fill(index + 1), at === null ? {} : { at }),
        );
        writer.start(line, timeline);
        for (let position = 0; position < 40_000; position += step) timeline.advanceTo(position);
        timeline.advanceTo(40_000);
        let free = 0;
        for (const [index, playback] of playbacks.entries()) {
          const { from, to, played, outcome } = await playback.finished;
          const { length, at } = items[index]!;
          expect(outcome).toBe('played');
          expect(played).toBe(length);
          if (length === 0) continue;
          expect(from).toBe(Math.max(free, at ?? 0));
          expect(to).toBe(from + length);
          expect(await playback.started).toBe(from);
          expect(line.samples.slice(from, to).every((sample) => sample === index + 1)).toBe(true);
          free = to;
        }
        const filled = items.reduce((sum, { length }) => sum + length, 0);
        expect(line.samples.length).toBe(40_960);
        expect(writer.silenceFilled).toBe(40_960 - filled);
      },
    ),
    {
      numRuns: 20,
      examples: [
        [
          [
            { length: 0, at: 1 },
            { length: 5, at: null },
          ],
          320,
        ],
      ],
    },
  );
});

test('clear removes samples that were not sent, and returns their number', async () => {
  const { writer, line, timeline } = setUp();
  writer.start(line, timeline);
  const first = writer.play(ramp(5000, 1));
  const second = writer.play(ramp(100, 1));
  const mark = writer.mark();
  timeline.advanceTo(1600);
  expect(await writer.clear()).toBe(3500);
  expect(await first.finished).toEqual({ from: 960, to: 2560, played: 1600, outcome: 'cleared' });
  expect(await second.finished).toEqual({ from: 2560, to: 2560, played: 0, outcome: 'cleared' });
  await expect(second.started).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  expect(await mark).toBe(2560);
  timeline.advanceTo(1920);
  expect(line.samples.slice(2560)).toEqual(new Array(320).fill(0));
});

test('pause sends silence and keeps the place', () => {
  const { writer, line, timeline } = setUp({ leadSamples: 320 });
  writer.start(line, timeline);
  writer.play(ramp(640, 1));
  timeline.advanceTo(320);
  writer.pause();
  timeline.advanceTo(960);
  writer.resume();
  timeline.advanceTo(1280);
  expect(line.samples.slice(320, 640)).toEqual([...ramp(320, 1)]);
  expect(line.samples.slice(640, 1280).every((sample) => sample === 0)).toBe(true);
  expect(line.samples.slice(1280)).toEqual([...ramp(320, 321)]);
});

describe('a source that is late', () => {
  test('silence: the line continues without it', async () => {
    const { writer, line, timeline } = setUp({ leadSamples: 320 });
    writer.start(line, timeline);
    const playback = writer.play(chunks(100, 200));
    timeline.advanceTo(320);
    expect(line.samples.length).toBe(640);
    await settle();
    timeline.advanceTo(960);
    await settle();
    expect(await playback.finished).toEqual({ from: 640, to: 940, played: 300, outcome: 'played' });
    expectSame(Int16Array.from(line.samples.slice(640, 940)), ramp(300, 1));
  });

  test('wait: no sample is inserted', async () => {
    const { writer, line, timeline } = setUp({ leadSamples: 320 });
    writer.start(line, timeline);
    const playback = writer.play(chunks(1, 300, 0, 2, 50), { underrun: 'wait' });
    timeline.advanceTo(4000);
    expect(line.samples.length).toBe(320);
    await settle();
    expect(await playback.finished).toEqual({ from: 320, to: 673, played: 353, outcome: 'played' });
    expectSame(Int16Array.from(line.samples.slice(320, 673)), ramp(353, 1));
    expect(line.samples.length).toBe(4320);
  });

  test('a source that throws, or yields an invalid value, is reported', async () => {
    const { writer, line, timeline } = setUp();
    async function* broken(): PcmSource {
      yield ramp(10, 1);
      throw new Error('no more');
    }
    const playbacks = [
      writer.play(broken()),
      writer.play(chunks(5)),
      writer.play(
        (async function* () {
          yield 'text' as unknown as Int16Array;
        })(),
      ),
    ];
    writer.start(line, timeline);
    for (let position = 0; position < 6400; position += 320) {
      timeline.advanceTo(position);
      await settle();
    }
    expect(await playbacks[0]!.finished).toMatchObject({
      played: 10,
      outcome: 'failed',
      error: { message: 'no more' },
    });
    expect(await playbacks[1]!.finished).toMatchObject({ played: 5, outcome: 'played' });
    expect(await playbacks[2]!.finished).toMatchObject({
      outcome: 'failed',
      error: { code: 'ERR_INVALID_ARG' },
    });
  });

  test('an endless source is dropped when it is cleared, and its generator is closed', async () => {
    const { writer, line, timeline } = setUp();
    let closed = false;
    async function* endless(): PcmSource {
      try {
        for (;;) yield ramp(320);
      } finally {
        closed = true;
      }
    }
    writer.play(endless());
    writer.start(line, timeline);
    await settle();
    await writer.clear();
    await settle();
    expect(closed).toBe(true);
  });
});

test('a full output is not written to until it has room; nothing is skipped', () => {
  const { writer, line, timeline } = setUp();
  line.full = true;
  writer.start(line, timeline);
  writer.play(ramp(1000, 1));
  timeline.advanceTo(48_000);
  expect(line.samples.length).toBe(960);
  line.full = false;
  writer.unblock();
  expect(line.samples.length).toBe(48_960);
  expectSame(Int16Array.from(line.samples.slice(960, 1960)), ramp(1000, 1));
});

test('the end of the timeline ends the line at exactly its length, and reports unsent samples', async () => {
  const { writer, line, timeline } = setUp({ leadSamples: 320 });
  writer.start(line, timeline);
  const playback = writer.play(ramp(5000, 1));
  timeline.advanceTo(1000);
  timeline.end();
  expect(line.samples.length).toBe(1320);
  expect(line.ended).toBe(1);
  expect(await playback.finished).toMatchObject({ played: 1000, outcome: 'closed' });
  expect(() => writer.play(ramp(1))).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
});

test.each([
  ['a string', {}],
  [ramp(10), { at: -1 }],
  [ramp(10), { at: 1.5 }],
  [ramp(10), { underrun: 'loop' }],
])('play(%s, %j) is refused', (source, options) => {
  const { writer } = setUp();
  expect(() => writer.play(source as Int16Array, options as object)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG' }),
  );
});
