import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  attach,
  MemoryTransport,
  PcmServer,
  recordCall,
  VirtualClock,
  verifyRecording,
  WavReader,
} from '../../src/index.js';
import {
  type FoundFrame,
  framesOf,
  type LineOptions,
  levelOf,
  RunFinder,
  SAMPLES_PER_MS,
  type Trouble,
} from '../stream/align/bad-line.js';
import { HandFed, type Stream } from './hand-fed.js';

const SEED = 20_260_130;
/** Calls that are tried: JACKFIELD_CALLS=50 npx vitest run test/recording/bad-line-call */
const CALLS = Number(process.env['JACKFIELD_CALLS'] ?? 4);
const CALL_MS = 40_000;
/** The first and the last of a call have no trouble: what is lost there is not told from a call that is shorter. */
const QUIET_MS = 3000;
/** A frame is found this near its place at once, and this near after a second of steady flow, in ms. */
const AT_ONCE_MS = 100;
const STEADY_MS = 20;
const STEADY_AFTER_MS = 1000;
const LEGS = { local: 'CAPTURE_MIC', remote: 'OUTPUT' } as const;
type Lines = Readonly<Record<keyof typeof LEGS, LineOptions>>;

const troubles = fc
  .array(
    fc.record({
      afterMs: fc.integer({ min: 1, max: 4000 }),
      ms: fc.oneof(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 20, max: 3000 })),
      kind: fc.constantFrom('lost' as const, 'delayed' as const),
    }),
    { maxLength: 15 },
  )
  .map((list) => {
    let at = QUIET_MS;
    return list.flatMap(({ afterMs, ms, kind }): Trouble[] => {
      const fromMs = at + afterMs;
      at = fromMs + ms;
      return at < CALL_MS - QUIET_MS ? [{ fromMs, ms, kind }] : [];
    });
  });
const badLine = (ppm: number): fc.Arbitrary<LineOptions> =>
  fc.record({
    troubles,
    ppm: fc.integer({ min: -ppm, max: ppm }),
    jitterMs: fc.constantFrom(0, 10, 40),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    frameMs: fc.constantFrom(20, 60),
  });

/** Sends the legs of a call over real sockets, as they arrive on such lines; returns what the recording has of them. */
async function record(lines: Lines) {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-line-'));
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const endpoint = new HandFed();
  const server = new PcmServer();
  const client = await attach(new MemoryTransport(endpoint));
  try {
    const call = await client.call('ann');
    const file = join(folder, 'call.wav');
    const recording = await recordCall(call, server, { file, input: false, io: 'sync', clock });
    const { remote, microphone } = recording.voice;
    const taken = (stream: Stream) => (stream === 'OUTPUT' ? remote : microphone)?.stats.samplesReceived ?? 0;
    const sent = { local: framesOf(lines.local, CALL_MS), remote: framesOf(lines.remote, CALL_MS) };
    const arriving = (['remote', 'local'] as const)
      .flatMap((leg) => sent[leg].map((frame) => ({ leg, ...frame })))
      .sort((a, b) => a.arrivesMs - b.arrivesMs);
    const startMs = clock.now();
    for (const { leg, index, arrivesMs } of arriving) {
      await clock.advance(Math.max(0, startMs + arrivesMs - clock.now()));
      const stream = LEGS[leg];
      endpoint.say(stream, new Int16Array(lines[leg].frameMs * SAMPLES_PER_MS).fill(levelOf(index)));
      while (taken(stream) < endpoint.said[stream]) await nextTurn();
    }
    await clock.advance(Math.max(0, startMs + CALL_MS - clock.now()));
    endpoint.status('FINISHED');
    endpoint.end();
    const { sidecar } = await recording.finished;
    const verified = await verifyRecording(file);
    await using reader = await WavReader.open(file);
    const runs = { local: new RunFinder(), remote: new RunFinder() };
    for await (const stereo of reader) {
      runs.local.push(stereo, 0);
      runs.remote.push(stereo, 1);
    }
    const found = (leg: keyof typeof LEGS) => runs[leg].find(sent[leg], lines[leg].frameMs);
    return { sidecar, verified, found: { local: found('local'), remote: found('remote') } };
  } finally {
    for (const socket of endpoint.sockets.values()) socket.destroy();
    await client.close();
    await server.close();
    await rm(folder, { recursive: true });
  }
}

/** Frames that do not lie where they belong, as near as can be asked for. */
function misplaced(frames: readonly FoundFrame[], { troubles: of }: LineOptions): FoundFrame[] {
  return frames.filter(({ sentMs, offMs }) => {
    const steady = !of.some(({ fromMs, ms }) => sentMs >= fromMs && sentMs < fromMs + ms + STEADY_AFTER_MS);
    return offMs === undefined || Math.abs(offMs) > (steady ? STEADY_MS : AT_ONCE_MS);
  });
}

it('a recorded call over bad lines has each received frame once, near its place, and reports what is missing', {
  timeout: 60_000 * CALLS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(badLine(300), badLine(0), async (local, remote) => {
      const lines = { local, remote };
      const { sidecar, verified, found } = await record(lines);
      expect(verified).toMatchObject({ ok: true });
      for (const leg of ['local', 'remote'] as const) {
        const { ledger, late, cut, drift } = sidecar.legs[leg];
        expect(misplaced(found[leg], lines[leg])).toEqual([]);
        expect([late, cut]).toEqual([0, 0]);
        const came = found[leg].length * lines[leg].frameMs * SAMPLES_PER_MS;
        expect(ledger.received).toBe(came + drift.inserted - drift.removed);
        const all = Math.floor(CALL_MS / lines[leg].frameMs / (1 + lines[leg].ppm / 1e6));
        const isTold = verified.misses.some((text) => text.startsWith(`The ${leg} leg: `));
        expect(isTold).toBe(ledger.missing > 0);
        if (found[leg].length < all) expect(isTold).toBe(true);
      }
      expect(sidecar.complete).toBe(verified.misses.length === 0);
    }),
    { seed: SEED, numRuns: CALLS, endOnFailure: true },
  );
});
