import { expect, it } from 'vitest';
import type { PcmSink } from '../../../src/base/pcm.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { LegAligner } from '../../../src/stream/align/leg-aligner.js';
import { LegJoiner } from '../../../src/stream/align/leg-joiner.js';
import type { PcmStream } from '../../../src/stream/pcm-stream.js';

const SECOND = 16_000;

/** A stream that is read in turns: what it received until now comes with the next turn. */
function source(position: number) {
  const sinks: PcmSink[] = [];
  const received = { position };
  const stream = {
    received,
    addSink(sink: PcmSink) {
      sinks.push(sink);
      return { remove: async () => undefined };
    },
  } as unknown as PcmStream;
  const turn = (count: number, level: number) => {
    for (const sink of sinks) void sink.write(new Int16Array(count).fill(level), received.position);
    received.position += count;
  };
  return { stream, turn };
}

it.each([0, 60 * SECOND])(
  'a leg joins a call at the position of the other leg, although its stream has delivered %d samples',
  async (before) => {
    const clock = new VirtualClock();
    const place: { local?: number } = {};
    const aligner = new LegAligner(
      {
        write: () => undefined,
        final(samples, position) {
          const first = samples.findIndex((sample, index) => index % 2 === 0 && sample !== 0);
          if (first >= 0) place.local ??= position + first / 2;
        },
      },
      {},
      { clock },
    );
    const legs = new LegJoiner(aligner, clock, { policy: 'drop-oldest' });
    const [remote, local] = [source(30 * SECOND), source(before)];
    legs.addRemote(remote.stream, -30 * SECOND);
    for (let turn = 0; turn < 20; turn++) {
      // Each is read four times a second, the local one between two turns of the remote one.
      await clock.advance(125);
      if (turn === 8) legs.addJoining(local.stream, 0);
      if (turn > 8) local.turn(SECOND / 4, 2);
      await clock.advance(125);
      remote.turn(SECOND / 4, 1);
    }
    await aligner.finish();
    // It is tapped at 2125 ms; what comes at 2375 ms was said since.
    expect(Math.abs((place.local ?? 0) - 2.125 * SECOND)).toBeLessThan(0.15 * SECOND);
  },
);
