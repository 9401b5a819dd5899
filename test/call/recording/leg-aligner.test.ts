import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LegAligner } from '../../src/call/leg-aligner.js';
import type { PcmSink } from '../../src/pcm.js';

class StereoSink implements PcmSink {
  readonly left: number[] = [];
  readonly right: number[] = [];

  async write(samples: Int16Array, position: number): Promise<void> {
    expect(position).toBe(this.left.length);
    await Promise.resolve();
    for (let i = 0; i < samples.length; i += 2) {
      this.left.push(samples[i]!);
      this.right.push(samples[i + 1]!);
    }
  }

  end(): void {}
}

const ramp = (length: number, from = 1) => Int16Array.from({ length }, (_, i) => ((from + i) % 30_000) + 1);

describe('LegAligner', () => {
  it('puts samples of equal position side by side, however the chunks come', async () => {
    const legs = fc.record({
      left: fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 20 }),
      right: fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 20 }),
      turns: fc.array(fc.boolean(), { maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(legs, async ({ left, right, turns }) => {
        const sink = new StereoSink();
        const aligner = new LegAligner(sink, { maxSkewMs: 60_000 });
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
        await aligner.finish();
        const length = Math.max(at.local, at.remote);
        const expected = (count: number) => [...ramp(count, 0), ...Array(length - count).fill(0)];
        expect(sink.left).toEqual(expected(at.local));
        expect(sink.right).toEqual(expected(at.remote));
        expect(aligner.accounts.local).toEqual({
          recorded: at.local,
          silenceFilled: length - at.local,
          late: 0,
          cut: 0,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('fills a leg that never comes and goes on with the other', async () => {
    const sink = new StereoSink();
    const aligner = new LegAligner(sink, { maxSkewMs: 200 });
    for (let at = 0; at < 16_000; at += 1600) await aligner.remote.write(ramp(1600, at), at);
    expect(aligner.position).toBe(16_000 - 3200);
    await aligner.finish();
    expect(sink.right).toEqual([...ramp(16_000, 0)]);
    expect(sink.left.every((sample) => sample === 0)).toBe(true);
    expect(aligner.accounts.local).toEqual({ recorded: 0, silenceFilled: 16_000, late: 0, cut: 0 });
  });

  it('keeps a gap as silence of exactly its length and counts what comes too late', async () => {
    const sink = new StereoSink();
    const aligner = new LegAligner(sink, { maxSkewMs: 100 });
    await aligner.local.write(ramp(1600), 0);
    await aligner.remote.write(ramp(8000), 0);
    expect(aligner.position).toBe(8000 - 1600);
    await aligner.local.write(ramp(6400, 5), 1600);
    await aligner.finish();
    expect(aligner.accounts.local).toEqual({ recorded: 3200, silenceFilled: 4800, late: 4800, cut: 0 });
    expect(sink.left.slice(1600, 6400).every((sample) => sample === 0)).toBe(true);
    expect(sink.left.slice(6400)).toEqual([...ramp(6400, 5).slice(4800)]);
  });

  it('cuts the longer leg at the length asked for', async () => {
    const sink = new StereoSink();
    const aligner = new LegAligner(sink);
    await aligner.local.write(ramp(1000), 0);
    await aligner.remote.write(ramp(640), 0);
    await aligner.finish(640);
    expect(sink.right).toHaveLength(640);
    expect(aligner.accounts.local.cut).toBe(360);
  });

  it('refuses a skew outside its range', () => {
    expect(() => new LegAligner(new StereoSink(), { maxSkewMs: 0 })).toThrow(/maxSkewMs must be from 100/);
  });
});
