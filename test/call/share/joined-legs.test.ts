import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LegChunk, PcmServer, tapLegs, VirtualClock } from '../../../src/pcm.js';
import { randomFrom } from '../../random.js';
import { framesOf, type LineOptions, levelOf } from '../../stream/align/bad-line.js';

/** Calls with faults of their own: JACKFIELD_CALLS=n for more. */
const RUNS = Number(process.env['JACKFIELD_CALLS'] ?? 15) || 15;
const FRAME = 320;
const FRAME_MS = 20;
const CALL_MS = 5000;
/** What is played is ahead of what is heard by so much. */
const LEAD_MS = 60;
const LEAD = (FRAME * LEAD_MS) / FRAME_MS;
/** A line that stands still is judged by what follows: until then so much may lie where it was played, in samples. */
const MOST_ASTRAY = 8000;
/** Samples between two that are looked at: half a millisecond. */
const STEP = 8;

/** Samples that lie from `position` on; each frame of the time line has a level of its own. */
function samplesAt(position: number, count: number): Int16Array {
  return Int16Array.from({ length: count }, (_, index) => levelOf(Math.floor((position + index) / FRAME)));
}

interface Sharing {
  readonly line: LineOptions;
  /** The way between the two processes brings a frame up to this much late, in ms. */
  readonly lateMs: number;
  /** Stretches of the time line, in frames, that the sharing process does not get rid of. */
  readonly dropped: readonly { readonly from: number; readonly frames: number }[];
  readonly seed: number;
}

/** A leg comes all at once after a second, and part of what comes then is not brought on. */
const DROPPED_IN_A_BURST: Sharing = {
  line: {
    troubles: [{ fromMs: 2399, ms: 1123, kind: 'delayed' }],
    ppm: -29,
    jitterMs: 9,
    seed: 568,
    frameMs: FRAME_MS,
  },
  lateMs: 32,
  dropped: [{ from: 121, frames: 24 }],
  seed: 334,
};

/** Has both legs come over a bad line, and over the way between two processes; resolves to what the second one hears. */
async function heardBySecond({ line, lateMs, dropped, seed }: Sharing): Promise<LegChunk[]> {
  const clock = new VirtualClock();
  await using server = new PcmServer({ clock });
  const lease = (stream: 'output' | 'capture_mic') =>
    server.lease({ object: 'CALL 1', stream, direction: 'receive', readClass: 'immediate' });
  const [remote, local] = [await lease('output'), await lease('capture_mic')];
  const options = { clock, maxBufferedMs: 600_000 };
  const tap = tapLegs({ remote, local, localSide: 'received', localPaced: true }, options);
  const [heard, played] = [remote.feed(), local.feed()];
  const random = randomFrom(seed);
  const last = { remote: 0, local: 0 };
  const ways: { atMs: number; bring(): void }[] = [];
  const lost = (position: number) =>
    dropped.some(({ from, frames }) => position >= from * FRAME && position < (from + frames) * FRAME);
  const send = (leg: 'remote' | 'local', position: number, count: number, sentMs: number) => {
    last[leg] = Math.max(last[leg], sentMs + lateMs * random() ** 3);
    const feed = leg === 'remote' ? heard : played;
    if (!lost(position))
      ways.push({ atMs: last[leg], bring: () => feed.write(samplesAt(position, count), position) });
  };
  let [position, sent] = [0, 0];
  for (const { arrivesMs } of framesOf(line, CALL_MS)) {
    send('remote', position, FRAME, arrivesMs);
    position += FRAME;
    for (; sent < position + LEAD; sent += FRAME) send('local', sent, FRAME, arrivesMs);
  }
  for (const { atMs, bring } of ways.sort((a, b) => a.atMs - b.atMs)) {
    await clock.advance(Math.max(0, atMs - clock.now()));
    bring();
  }
  await clock.advance(5000);
  heard.end();
  played.end();
  const chunks: LegChunk[] = [];
  for await (const chunk of tap) chunks.push(chunk);
  return chunks;
}

it('joined legs stay aligned over a bad line and a slow connection between the processes', async () => {
  const trouble = fc.record({
    fromMs: fc.integer({ min: 500, max: CALL_MS - 2500 }),
    ms: fc.integer({ min: 20, max: 1500 }),
    kind: fc.constantFrom('lost' as const, 'delayed' as const),
  });
  const sharing: fc.Arbitrary<Sharing> = fc.record({
    line: fc.record({
      troubles: fc.array(trouble, { maxLength: 3 }),
      ppm: fc.integer({ min: -200, max: 200 }),
      jitterMs: fc.integer({ min: 0, max: 40 }),
      seed: fc.integer({ min: 1, max: 1000 }),
      frameMs: fc.constant(FRAME_MS),
    }),
    lateMs: fc.integer({ min: 0, max: 50 }),
    dropped: fc.array(
      fc.record({ from: fc.integer({ min: 20, max: 150 }), frames: fc.integer({ min: 1, max: 60 }) }),
      { maxLength: 2 },
    ),
    seed: fc.integer({ min: 1, max: 1000 }),
  });
  await fc.assert(
    fc.asyncProperty(sharing, async (given) => {
      const chunks = await heardBySecond(given);
      let [both, astray] = [0, 0];
      for (const { local, remote } of chunks) {
        for (let at = 0; at < remote.length; at += STEP) {
          if (remote[at] === 0 || local[at] === 0) continue;
          both += STEP;
          if (remote[at] !== local[at]) astray += STEP;
        }
      }
      const { line, lateMs, dropped } = given;
      // What had been played ahead when the line stood still lies where it was played. A frame may lie astray where
      // delays add up to more than the lead.
      const isLate = line.jitterMs + lateMs > LEAD_MS;
      const most = line.troubles.length * MOST_ASTRAY + (isLate ? FRAME : 0);
      expect(astray).toBeLessThanOrEqual(most);
      const troubleMs = line.troubles.reduce((sum, { ms }) => sum + ms, 0);
      const droppedMs = dropped.reduce((sum, { frames }) => sum + frames * FRAME_MS, 0);
      if (troubleMs + droppedMs < CALL_MS / 2) expect(both).toBeGreaterThan(CALL_MS * 3);
    }),
    { numRuns: RUNS, seed: 1, endOnFailure: true, examples: [[DROPPED_IN_A_BURST]] },
  );
});
