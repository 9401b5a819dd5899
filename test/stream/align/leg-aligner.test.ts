import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock, VirtualClock } from '../../../src/base/time/clock.js';
import type { AlignedSink } from '../../../src/stream/align/aligned-output.js';
import {
  type AlignerContext,
  LegAligner,
  type LegAlignerOptions,
} from '../../../src/stream/align/leg-aligner.js';
import { randomFrom } from '../../random.js';
import { expectSame, joined } from '../../same-samples.js';

/** Keeps what it is given, and checks that what is final agrees with what was written. */
class StereoSink implements AlignedSink {
  #samples: Int16Array = new Int16Array(2 * 16_000);
  #end = 0;
  finalEnd = 0;

  get samples(): Int16Array {
    return this.#samples.subarray(0, this.#end * 2);
  }

  async write(samples: Int16Array, position: number): Promise<void> {
    if (position > this.#end || position < this.finalEnd) expect.fail(`written at ${position}`);
    await Promise.resolve();
    const end = position + samples.length / 2;
    while (end * 2 > this.#samples.length) {
      this.#samples = joined(this.#samples, new Int16Array(this.#samples.length));
    }
    this.#samples.set(samples, position * 2);
    this.#end = Math.max(this.#end, end);
  }

  final(samples: Int16Array, position: number): void {
    if (position !== this.finalEnd) expect.fail(`final at ${position}`);
    expectSame(samples, this.samples.subarray(position * 2, position * 2 + samples.length));
    this.finalEnd += samples.length / 2;
  }

  /** Begins at `position`, as what is given out does. */
  begin(position: number): void {
    this.finalEnd = position;
    this.#end = position;
    this.#samples = new Int16Array(position * 4);
  }

  channel(channel: 0 | 1): Int16Array {
    const samples = new Int16Array(this.finalEnd);
    for (let i = 0; i < samples.length; i++) samples[i] = this.samples[i * 2 + channel] ?? 0;
    return samples;
  }
}

function ramp(length: number, from = 1): Int16Array {
  const samples = new Int16Array(length);
  for (let i = 0; i < length; i++) samples[i] = ((from + i) % 30_000) + 1;
  return samples;
}

const zeros = (length: number) => new Int16Array(length);

function aligned(options: LegAlignerOptions = {}, context: AlignerContext = { clock: new VirtualClock() }) {
  const sink = new StereoSink();
  return { sink, aligner: new LegAligner(sink, options, context) };
}

describe('LegAligner, by position', () => {
  it('aligns samples of equal position, for any chunks', async () => {
    const legs = fc.record({
      left: fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 20 }),
      right: fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 20 }),
      turns: fc.array(fc.boolean(), { maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(legs, async ({ left, right, turns }) => {
        const { sink, aligner } = aligned({ maxSkewMs: 60_000 });
        const queues = { local: [...left], remote: [...right] };
        const at = { local: 0, remote: 0 };
        const step = async (leg: 'local' | 'remote') => {
          const length = queues[leg].shift();
          if (length === undefined) return;
          await aligner[leg].write(ramp(length, at[leg]), at[leg]);
          at[leg] += length;
        };
        for (const turn of turns) await step(turn ? 'local' : 'remote');
        while (queues.local.length > 0) await step('local');
        while (queues.remote.length > 0) await step('remote');
        const length = await aligner.finish();
        expect(length).toBe(Math.max(at.local, at.remote));
        const expected = (count: number) => joined(ramp(count, 0), zeros(length - count));
        expectSame(sink.channel(0), expected(at.local));
        expectSame(sink.channel(1), expected(at.remote));
        expect(aligner.legs.local.ledger.slice(0, length)).toMatchObject({
          received: at.local,
          missing: length - at.local,
        });
      }),
      { numRuns: 25 },
    );
  });

  it('delivers a leg at once while the other has not begun, and fills the other in when it begins', async () => {
    const { sink, aligner } = aligned();
    await aligner.remote.write(ramp(8000), 0);
    expect(sink.samples).toHaveLength(16_000);
    expect(sink.finalEnd).toBe(0);
    await aligner.local.write(ramp(8000, 7), 0);
    expectSame(sink.channel(0), ramp(8000, 7));
    expectSame(sink.channel(1), ramp(8000));
  });

  it('continues without a leg that never begins', async () => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned({ maxSkewMs: 200 }, { clock });
    for (let at = 0; at < 16_000; at += 3200) {
      await aligner.remote.write(ramp(3200, at), at);
      await clock.advance(200);
    }
    expect(sink.finalEnd).toBe(16_000 - 3200);
    await aligner.finish();
    expectSame(sink.channel(1), ramp(16_000, 0));
    expectSame(sink.channel(0), zeros(16_000));
    expect(aligner.legs.local.ledger.slice(0, 16_000).spans).toEqual([
      { from: 0, samples: 16_000, kind: 'missing', reason: 'late-start' },
    ]);
  });

  it('keeps a gap as silence of exactly its length, and counts late samples', async () => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned({ maxSkewMs: 100 }, { clock, localFollows: true });
    await aligner.local.write(ramp(1600), 0);
    await aligner.remote.write(ramp(4000), 0);
    await clock.advance(500);
    await aligner.remote.write(ramp(8000, 4000), 4000);
    expect(sink.finalEnd).toBe(12_000 - 1600);
    await aligner.local.write(ramp(10_400, 5), 1600);
    const length = await aligner.finish();
    expect(aligner.legs.local.late).toBe(8800);
    expect(aligner.legs.local.ledger.slice(0, length)).toMatchObject({ received: 3200, missing: 8800 });
    expectSame(sink.channel(0).slice(1600, 10_400), zeros(8800));
    expectSame(sink.channel(0).slice(10_400), ramp(10_400, 5).slice(8800));
  });

  it('loses nothing when this process was stopped and then reads one leg before the other', async () => {
    const { sink, aligner } = aligned({ maxSkewMs: 5000 });
    await aligner.remote.write(ramp(160_000), 0);
    await aligner.local.write(ramp(160_000), 0);
    await aligner.finish();
    expect(aligner.legs.local.late).toBe(0);
    expectSame(sink.channel(0), sink.channel(1));
  });

  it('cuts the longer leg at the requested length', async () => {
    const { sink, aligner } = aligned();
    await aligner.local.write(ramp(1000), 0);
    await aligner.remote.write(ramp(640), 0);
    expect(await aligner.finish(() => 640)).toBe(640);
    expect(sink.channel(1)).toHaveLength(640);
    expect(aligner.legs.local.ledger.slice(0, 640)).toMatchObject({ received: 640, missing: 0 });
  });

  it('asks for the final length once waiting samples have their place', async () => {
    const clock = new VirtualClock();
    const { aligner } = aligned({}, { clock, localFollows: true });
    for (let frame = 0; frame < 100; frame++) {
      await clock.advance(20);
      await aligner.remote.write(ramp(320, frame * 320), frame * 320);
    }
    await clock.advance(320);
    await aligner.remote.write(ramp(640, 32_000), 32_000);
    const waiting = aligner.legs.remote.end;
    expect(waiting).toBe(32_000);
    const length = await aligner.finish(() => aligner.legs.remote.end);
    expect(length).toBe(aligner.legs.remote.end);
    expect(aligner.legs.remote.ledger.slice(0, length).received).toBe(32_640);
  });

  it('masks samples from pause to 300 ms after resume', async () => {
    const { sink, aligner } = aligned();
    const both = async (length: number, at: number) => {
      await aligner.local.write(ramp(length, at), at);
      await aligner.remote.write(ramp(length, at), at);
    };
    await both(8000, 0);
    expect(aligner.mask()).toBe(8000);
    await both(8000, 8000);
    expect(aligner.unmask()).toBe(16_000 + 4800);
    await both(8000, 16_000);
    await aligner.finish();
    for (const channel of [0, 1] as const) {
      expectSame(sink.channel(channel), joined(ramp(8000, 0), zeros(8000 + 4800), ramp(3200, 16_000 + 4800)));
    }
    expect(aligner.legs.remote.ledger.slice(0, 24_000)).toMatchObject({ received: 11_200, masked: 12_800 });
  });

  it('retains the newest audio until it begins', async () => {
    const { sink, aligner } = aligned();
    aligner.retain(4000);
    for (let at = 0; at < 32_000; at += 1600) {
      await aligner.local.write(ramp(1600, at), at);
      await aligner.remote.write(ramp(1600, at), at);
    }
    expect(sink.samples).toHaveLength(0);
    expect(aligner.begin()).toBe(28_000);
    sink.begin(28_000);
    await aligner.finish();
    expectSame(sink.channel(1).slice(28_000), ramp(4000, 28_000));
  });

  it('refuses a skew outside its range', () => {
    expect(() => aligned({ maxSkewMs: 0 })).toThrow(/maxSkewMs must be from 100/);
  });
});

describe('LegAligner, by time', () => {
  const PACKET = 320;

  /** Feeds both legs a packet each 20 ms for `ms`; a leg that is left out stands still. */
  async function stream(
    clock: VirtualClock,
    aligner: LegAligner,
    at: { local: number; remote: number },
    ms: number,
    legs: readonly ('local' | 'remote')[] = ['local', 'remote'],
  ): Promise<void> {
    for (let elapsed = 0; elapsed < ms; elapsed += 20) {
      await clock.advance(20);
      for (const leg of legs) {
        await aligner[leg].write(ramp(PACKET, at[leg]), at[leg]);
        at[leg] += PACKET;
      }
    }
  }

  it("inserts a gap of exactly the length of a leg's stall", async () => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned({}, { clock });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 2000);
    await stream(clock, aligner, at, 3000, ['remote']);
    await stream(clock, aligner, at, 2000);
    await aligner.finish();
    expectSame(sink.channel(1), ramp(7 * 16_000, 0));
    expectSame(sink.channel(0), joined(ramp(32_000, 0), zeros(48_000), ramp(32_000, 32_000)));
    expect(aligner.legs.local.ledger.slice(0, 7 * 16_000).spans).toEqual([
      { from: 0, samples: 32_000, kind: 'received' },
      { from: 32_000, samples: 48_000, kind: 'missing', reason: 'stalled' },
      { from: 80_000, samples: 32_000, kind: 'received' },
    ]);
  });

  it('keeps a hold on both legs as silence of its length, named as a hold', async () => {
    const clock = new VirtualClock();
    const gapName = () => ({ kind: 'idle', reason: 'hold' }) as const;
    const { sink, aligner } = aligned({}, { clock, gapName });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 1000);
    await clock.advance(60_000);
    await stream(clock, aligner, at, 1000);
    const length = await aligner.finish();
    expect(length).toBe(62 * 16_000);
    for (const channel of [0, 1] as const) {
      const samples = sink.channel(channel);
      expectSame(samples.slice(0, 16_000), ramp(16_000, 0));
      expect(samples.slice(16_000, 61 * 16_000).every((sample) => sample === 0)).toBe(true);
      expectSame(samples.slice(61 * 16_000), ramp(16_000, 16_000));
    }
    expect(aligner.legs.local.ledger.slice(0, length)).toMatchObject({ idle: 60 * 16_000, missing: 0 });
  });

  it.each([
    [400, { kind: 'idle', reason: 'not-sent' }],
    [900, { kind: 'missing', reason: 'stalled' }],
  ] as const)('tells of a gap of %i ms as what it is, although the leg has ended since', async (ms, name) => {
    const clock = new VirtualClock();
    const gapName = () => ({ kind: 'idle', reason: 'ended' }) as const;
    const { sink, aligner } = aligned({}, { clock, gapName });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 2000);
    await clock.advance(ms);
    await stream(clock, aligner, at, 100, ['remote']);
    await aligner.finish();
    const [gap, said] = [ms * 16, 1600];
    expectSame(sink.channel(1), joined(ramp(32_000, 0), zeros(gap), ramp(said, 32_000)));
    const spansOf = (leg: 'local' | 'remote') => aligner.legs[leg].ledger.slice(32_000, aligner.end).spans;
    expect(spansOf('remote')).toEqual([
      { from: 0, samples: gap, ...name },
      { from: gap, samples: said, kind: 'received' },
    ]);
    expect(spansOf('local')).toEqual([{ from: 0, samples: gap + said, kind: 'idle', reason: 'ended' }]);
  });

  it('moves a leg that is slaved to the other one together with it', async () => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned({}, { clock, localFollows: true });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 1000);
    await clock.advance(5000);
    await stream(clock, aligner, at, 1000);
    await aligner.finish();
    expect(sink.channel(0)).toHaveLength(7 * 16_000);
    // What left right after the hold, while it was not clear yet that it was one, is one decision early at most.
    expectSame(sink.channel(0).slice(6.2 * 16_000), sink.channel(1).slice(6.2 * 16_000));
  });

  it('inserts no gap when delayed samples arrive after all', async () => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned({}, { clock });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 2000);
    await stream(clock, aligner, at, 3000, ['remote']);
    for (let burst = 0; burst < 150; burst++) {
      await aligner.local.write(ramp(PACKET, at.local), at.local);
      at.local += PACKET;
      if (burst % 10 === 9) await clock.advance(1);
    }
    await stream(clock, aligner, at, 2000);
    const length = await aligner.finish();
    expect(length).toBe(7 * 16_000);
    expectSame(sink.channel(0), ramp(length, 0));
    expect(aligner.legs.local.ledger.slice(0, length)).toMatchObject({ received: length });
  });

  it('inserts no gap when this process itself was too busy to read', async () => {
    const clock = new VirtualClock();
    let busyMs = 0;
    const { sink, aligner } = aligned({}, { clock, busyMs: () => busyMs });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 2000);
    for (let turn = 0; turn < 10; turn++) {
      // Never abreast: the streams are read a second and a half late, and no faster than they come.
      busyMs += turn === 0 ? 1400 : 900;
      await clock.advance(turn === 0 ? 1500 : 1000);
      for (const leg of ['local', 'remote'] as const) {
        await aligner[leg].write(ramp(16_000, at[leg]), at[leg]);
        at[leg] += 16_000;
      }
    }
    await aligner.finish();
    for (const channel of [0, 1] as const) expectSame(sink.channel(channel), ramp(12 * 16_000, 0));
  });

  it('inserts a gap for lost samples that is no longer than a short pause', async () => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned({}, { clock });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 20_000);
    await stream(clock, aligner, at, 400, ['remote']);
    await stream(clock, aligner, at, 40_000);
    await aligner.finish();
    const length = 60.4 * 16_000;
    expect(sink.channel(1)).toHaveLength(length);
    expect(aligner.legs.local.ledger.slice(0, length).spans).toEqual([
      { from: 0, samples: 320_000, kind: 'received' },
      { from: 320_000, samples: 6400, kind: 'missing', reason: 'stalled' },
      { from: 326_400, samples: 640_000, kind: 'received' },
    ]);
    expectSame(sink.channel(0).slice(320_000 - 1, 320_000 + 1), joined(ramp(1, 319_999), zeros(1)));
  });

  it('places a late leg where it began', async () => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned({}, { clock });
    const at = { local: 0, remote: 0 };
    await stream(clock, aligner, at, 4000, ['remote']);
    await stream(clock, aligner, at, 1000);
    await aligner.finish();
    expectSame(sink.channel(0), joined(zeros(64_000), ramp(16_000, 0)));
    expect(aligner.legs.local.ledger.slice(0, 80_000).spans[0]).toEqual({
      from: 0,
      samples: 64_000,
      kind: 'missing',
      reason: 'late-start',
    });
  });
});

describe('a call of three hours with jitter and clocks that differ by 200 ppm', () => {
  const PACKET = 320;
  const HOURS = 3;
  /** The local clock is slow: by the end it has counted two seconds of audio less. */
  const SLOW = 1 - 200e-6;
  const MARK = 10_000;

  /** Feeds impulses that are simultaneous in both legs every five minutes; returns how far apart they end up, in ms. */
  async function skews(correctDrift: boolean, hours = HOURS): Promise<number[]> {
    let nowMs = 0;
    const clock: Clock = { ...systemClock, now: () => nowMs };
    const marks: { local: number[]; remote: number[] } = { local: [], remote: [] };
    const sink: AlignedSink = {
      write: () => undefined,
      final: (samples, position) => {
        for (let i = 0; i < samples.length; i++) {
          if ((samples[i] ?? 0) < MARK / 2) continue;
          const found = marks[i % 2 === 0 ? 'local' : 'remote'];
          const at = position + (i >> 1);
          if (at - (found.at(-1) ?? Number.NEGATIVE_INFINITY) > 16_000) found.push(at);
        }
      },
    };
    const aligner = new LegAligner(sink, { correctDrift }, { clock });
    const seconds = hours * 3600;
    const rates = { local: 16_000 * SLOW, remote: 16_000 };
    const at = { local: 0, remote: 0 };
    const random = randomFrom(1);
    // Each leg's packets, in order of their arrival: up to 40 ms late at random, never overtaking one another.
    const due = { local: 0, remote: 0 };
    const nextAt = (leg: 'local' | 'remote') =>
      Math.max(due[leg], ((at[leg] + PACKET) / rates[leg]) * 1000 + 40 * random() ** 3);
    due.local = nextAt('local');
    due.remote = nextAt('remote');
    while (at.remote < seconds * 16_000) {
      const leg = due.local < due.remote ? 'local' : 'remote';
      nowMs = Math.max(nowMs, due[leg]);
      const packet = new Int16Array(PACKET);
      const every = 300 * rates[leg];
      const mark = Math.round(Math.ceil(at[leg] / every) * every);
      if (mark >= at[leg] && mark < at[leg] + PACKET) packet[mark - at[leg]] = MARK;
      const written = aligner[leg].write(packet, at[leg]);
      if (written) await written;
      at[leg] += PACKET;
      due[leg] = nextAt(leg);
    }
    await aligner.finish();
    expect(marks.local.length).toBe(marks.remote.length);
    return marks.remote.map((remote, i) => Math.abs(remote - (marks.local[i] ?? 0)) / 16);
  }

  it('has simultaneous impulses within 20 ms of each other throughout', { timeout: 120_000 }, async () => {
    const apart = await skews(true);
    expect(apart).toHaveLength(36);
    expect(Math.max(...apart)).toBeLessThan(20);
  });

  it('drifts apart, 720 ms in an hour, with correction turned off', {
    timeout: 120_000,
  }, async () => {
    expect((await skews(false, 1)).at(-1)).toBeGreaterThan(600);
  });
});

describe('LegAligner, with speech of another program over the local leg', () => {
  const FRAME = 320;
  /** Brings frames of both legs from one number to another, in time. */
  async function frames(
    { aligner, clock }: { aligner: LegAligner; clock: VirtualClock },
    from: number,
    to: number,
    legs: readonly ('local' | 'remote')[] = ['local', 'remote'],
  ) {
    for (let frame = from; frame < to; frame++) {
      await clock.advance(20);
      for (const leg of legs) await aligner[leg].write(ramp(FRAME, 5000), frame * FRAME);
    }
  }
  const tested = (options: LegAlignerOptions = {}) => {
    const clock = new VirtualClock();
    const { sink, aligner } = aligned(options, { clock });
    return { clock, sink, aligner, said: aligner.speak() };
  };
  const spoken = (from: number, to: number) => ramp((to - from) * FRAME, 100 + from * FRAME);

  it('has that speech in its place to the sample, over the microphone, which is heard before and after', async () => {
    const parts = tested();
    const { aligner, sink, said } = parts;
    await frames(parts, 0, 10);
    // As a bot sends it, 60 ms ahead.
    for (let frame = 13; frame < 30; frame++) {
      await said.write(spoken(frame, frame + 1), frame * FRAME);
      await frames(parts, frame - 3, frame - 2);
    }
    said.end();
    await frames(parts, 27, 40);
    await aligner.finish();
    const mine = (from: number, to: number) =>
      joined(...Array.from({ length: to - from }, () => ramp(FRAME, 5000)));
    expectSame(sink.channel(0), joined(mine(0, 13), spoken(13, 30), mine(30, 40)));
    expectSame(sink.channel(1), mine(0, 40));
    expect(aligner.legs.local.ledger.slice(0, 40 * FRAME)).toMatchObject({
      received: 40 * FRAME,
      missing: 0,
    });
  });

  it('has that speech when the microphone stalls, or never begins', async () => {
    const parts = tested({ maxSkewMs: 200 });
    const { aligner, sink, said } = parts;
    await said.write(spoken(5, 30), 5 * FRAME);
    await frames(parts, 0, 40, ['remote']);
    await aligner.finish();
    expectSame(sink.channel(0), joined(zeros(5 * FRAME), spoken(5, 30), zeros(10 * FRAME)));
    expect(aligner.legs.local.ledger.slice(0, 40 * FRAME)).toMatchObject({
      received: 25 * FRAME,
      missing: 15 * FRAME,
    });
  });

  it('has none of that speech where the recording was paused, or where the ledger has nothing received', async () => {
    const parts = tested({ maxSkewMs: 200 });
    const { aligner, sink, said } = parts;
    await frames(parts, 0, 5);
    const masked = aligner.mask();
    await said.write(spoken(5, 10), 5 * FRAME);
    await frames(parts, 5, 10);
    const until = aligner.unmask();
    await frames(parts, 10, 50);
    // The microphone stands still; what was said comes too late.
    await frames(parts, 50, 80, ['remote']);
    await frames(parts, 80, 85);
    said.end();
    const again = aligner.speak();
    await again.write(spoken(55, 60), 55 * FRAME);
    again.end();
    await frames(parts, 85, 90);
    await aligner.finish();
    const heard = sink.channel(0);
    const { spans } = aligner.legs.local.ledger.slice(0, 90 * FRAME);
    for (const { from, samples, kind } of spans) {
      const isSilent = heard.subarray(from, from + samples).every((each) => each === 0);
      expect(isSilent).toBe(kind !== 'received');
    }
    expect(spans.map(({ kind }) => kind)).toEqual(['received', 'masked', 'received', 'missing', 'received']);
    expect(spans[1]).toMatchObject({ from: masked, samples: until - masked });
  });

  it('waits for that speech while it lags, no longer than for a leg, and not once it has ended', async () => {
    const parts = tested({ maxSkewMs: 1000 });
    const { aligner, sink, said } = parts;
    await frames(parts, 0, 40);
    expect(aligner.finalEnd).toBe(0);
    await said.write(spoken(5, 30), 5 * FRAME);
    await frames(parts, 40, 70);
    expect(aligner.finalEnd).toBe(30 * FRAME);
    await frames(parts, 70, 100);
    expect(aligner.finalEnd).toBeGreaterThanOrEqual(49 * FRAME);
    said.end();
    await frames(parts, 100, 120);
    expect(aligner.finalEnd).toBeGreaterThan(100 * FRAME);
    await aligner.finish();
    expectSame(sink.channel(0).subarray(5 * FRAME, 30 * FRAME), spoken(5, 30));
  });

  const lostIn = (aligner: LegAligner, length: number) =>
    aligner.legs.local.ledger.slice(0, length * FRAME).spans.filter(({ kind }) => kind === 'missing');

  it('is silent where that speech leaves a gap of positions, and has it as missing, before and after the microphone has come', async () => {
    const parts = tested();
    const { aligner, sink, said } = parts;
    await frames(parts, 0, 10);
    await said.write(spoken(5, 8), 5 * FRAME);
    await frames(parts, 10, 30);
    // What follows tells that it was lost, beside a microphone that has come in part.
    await said.write(spoken(40, 43), 40 * FRAME);
    await frames(parts, 30, 60);
    said.end();
    await frames(parts, 60, 70);
    await aligner.finish();
    expect(lostIn(aligner, 70)).toEqual([
      { from: 8 * FRAME, samples: 32 * FRAME, kind: 'missing', reason: 'dropped' },
    ]);
    const heard = sink.channel(0);
    expectSame(
      heard.subarray(5 * FRAME, 43 * FRAME),
      joined(spoken(5, 8), zeros(32 * FRAME), spoken(40, 43)),
    );
    expect(heard.subarray(43 * FRAME)).not.toContain(0);
  });

  it('misses that speech up to now where it breaks off, and not where it was ahead', async () => {
    const parts = tested();
    const { aligner, sink, said } = parts;
    await frames(parts, 0, 20);
    await said.write(spoken(5, 23), 5 * FRAME);
    said.end(new Error('It broke.'));
    const other = aligner.speak();
    await frames(parts, 20, 30);
    await other.write(spoken(25, 26), 25 * FRAME);
    await frames(parts, 30, 40);
    other.end(new Error('It broke.'));
    await frames(parts, 40, 50);
    await aligner.finish();
    expect(lostIn(aligner, 50)).toEqual([
      { from: 26 * FRAME, samples: 14 * FRAME, kind: 'missing', reason: 'connection-lost' },
    ]);
    expectSame(sink.channel(0).subarray(25 * FRAME, 40 * FRAME), joined(spoken(25, 26), zeros(14 * FRAME)));
  });

  it('misses that speech where it came after its place was final, or not before the end', async () => {
    const parts = tested({ maxSkewMs: 200 });
    const { aligner, said } = parts;
    await said.write(spoken(5, 10), 5 * FRAME);
    await frames(parts, 0, 60);
    const { finalEnd } = aligner;
    expect(finalEnd).toBeGreaterThan(40 * FRAME);
    await said.write(spoken(10, 55), 10 * FRAME);
    await frames(parts, 60, 80);
    await aligner.finish();
    expect(lostIn(aligner, 80)).toEqual([
      { from: 10 * FRAME, samples: finalEnd - 10 * FRAME, kind: 'missing', reason: 'late' },
      { from: 55 * FRAME, samples: 25 * FRAME, kind: 'missing', reason: 'late' },
    ]);
  });

  it('misses nothing when it is stopped while that speech lags by a little: it ends where both end', async () => {
    const parts = tested();
    const { aligner, said } = parts;
    await frames(parts, 0, 20);
    await said.write(spoken(5, 18), 5 * FRAME);
    expect(aligner.commonEnd).toBe(18 * FRAME);
    expect(await aligner.finish(() => aligner.commonEnd)).toBe(18 * FRAME);
    expect(lostIn(aligner, 18)).toEqual([]);
  });

  it('keeps that speech beside the other party after a loss: both move by the same silence', async () => {
    const parts = tested();
    const { aligner, clock, sink, said } = parts;
    await frames(parts, 0, 20);
    // A second of the other party is lost on the way; what follows is placed behind it.
    await clock.advance(1000);
    await frames(parts, 20, 60);
    const moved = aligner.end - 60 * FRAME;
    expect(moved).toBeGreaterThan(15_000);
    await said.write(spoken(63, 70), 63 * FRAME);
    await frames(parts, 60, 80);
    await aligner.finish();
    const from = 63 * FRAME + moved;
    expectSame(sink.channel(0).subarray(from, from + 7 * FRAME), spoken(63, 70));
  });
});
