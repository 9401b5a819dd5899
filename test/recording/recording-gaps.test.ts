import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  attach,
  type CallRecording,
  type Client,
  collectSamples,
  MemoryTransport,
  PcmServer,
  recordCall,
  VirtualClock,
  verifyRecording,
  WavReader,
} from '../../src/index.js';
import type { LedgerSpan } from '../../src/pcm.js';
import type { RecordingSidecar } from '../../src/recording.js';
import { splitChannels } from '../../src/voice.js';
import { HandFed, type Stream as Leg } from './hand-fed.js';

const SECOND = 16_000;
const FRAME = 320;
let folder: string;
let clock: VirtualClock;
let endpoint: HandFed;
let server: PcmServer;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-gaps-'));
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  endpoint = new HandFed();
  server = new PcmServer();
  client = await attach(new MemoryTransport(endpoint));
});
afterEach(async () => {
  for (const socket of endpoint.sockets.values()) socket.destroy();
  await client.close();
  await server.close();
  await rm(folder, { recursive: true });
});

async function record(): Promise<CallRecording> {
  const call = await client.call('ann');
  return await recordCall(call, server, { file: join(folder, 'call.wav'), input: false, io: 'sync', clock });
}

const ramp = (from: number, length: number, sign: 1 | -1) =>
  Int16Array.from({ length }, (_, i) => sign * (((from + i) % 30_000) + 1));

/** Streams a frame of each leg every 20 ms, and lets no time pass before it is taken. */
async function stream(
  recording: CallRecording,
  ms: number,
  legs: readonly Leg[],
  say: (leg: Leg) => Int16Array = (leg) => ramp(endpoint.said[leg], FRAME, leg === 'OUTPUT' ? 1 : -1),
): Promise<void> {
  const { remote, microphone } = recording.voice;
  const takenOf = (leg: Leg) => (leg === 'OUTPUT' ? remote : microphone)?.stats.samplesReceived ?? 0;
  for (let elapsed = 0; elapsed < ms; elapsed += 20) {
    await clock.advance(20);
    for (const leg of legs) endpoint.say(leg, say(leg));
    while (legs.some((leg) => takenOf(leg) < endpoint.said[leg])) await nextTurn();
    await nextTurn();
  }
}

/** Ends the call as an endpoint does; returns what was recorded. */
async function finished(recording: CallRecording): Promise<{
  sidecar: RecordingSidecar;
  left: Int16Array;
  right: Int16Array;
}> {
  endpoint.status('FINISHED');
  endpoint.end();
  const { sidecar, file } = await recording.finished;
  expect(await verifyRecording(file)).toMatchObject({ ok: true });
  await using reader = await WavReader.open(file);
  const [left = new Int16Array(), right = new Int16Array()] = splitChannels(await collectSamples(reader), 2);
  return { sidecar, left, right };
}

const span = (from: number, samples: number, kind: LedgerSpan['kind'], reason?: LedgerSpan['reason']) =>
  reason === undefined ? { from, samples, kind } : { from, samples, kind, reason };
const BOTH = ['OUTPUT', 'CAPTURE_MIC'] as const;

describe('a recorded call in which', () => {
  it('one side never speaks: its silence was received, and the other side is complete', async () => {
    const recording = await record();
    await stream(recording, 2000, BOTH, (leg) =>
      leg === 'OUTPUT' ? new Int16Array(FRAME) : ramp(endpoint.said[leg], FRAME, -1),
    );
    const { sidecar, left, right } = await finished(recording);
    expect(left).toEqual(ramp(0, 2 * SECOND, -1));
    expect(right).toEqual(new Int16Array(2 * SECOND));
    expect(sidecar.legs.remote.ledger.spans).toEqual([span(0, 2 * SECOND, 'received')]);
    expect(sidecar).toMatchObject({ complete: true, end: 'call-ended' });
  });

  it('a leg never comes: it is silent throughout, and the other side is complete', async () => {
    endpoint.refuses = 'CAPTURE_MIC';
    const recording = await record();
    await stream(recording, 2000, ['OUTPUT']);
    const { sidecar, left, right } = await finished(recording);
    expect(right).toEqual(ramp(0, 2 * SECOND, 1));
    expect(left).toEqual(new Int16Array(2 * SECOND));
    expect(sidecar.legs.local.ledger.spans).toEqual([span(0, 2 * SECOND, 'missing', 'never-came')]);
  });

  it('a stream stalls and its audio is lost: silence of exactly that length', async () => {
    const recording = await record();
    await stream(recording, 2000, BOTH);
    await stream(recording, 3000, ['OUTPUT']);
    await stream(recording, 1000, BOTH);
    const { sidecar, left, right } = await finished(recording);
    expect(right).toEqual(ramp(0, 6 * SECOND, 1));
    expect(left.subarray(0, 2 * SECOND)).toEqual(ramp(0, 2 * SECOND, -1));
    expect(left.subarray(2 * SECOND, 5 * SECOND)).toEqual(new Int16Array(3 * SECOND));
    expect(left.subarray(5 * SECOND)).toEqual(ramp(2 * SECOND, SECOND, -1));
    expect(sidecar.legs.local.ledger.spans).toEqual([
      span(0, 2 * SECOND, 'received'),
      span(2 * SECOND, 3 * SECOND, 'missing', 'stalled'),
      span(5 * SECOND, SECOND, 'received'),
    ]);
  });

  it('a leg stalls for 300 ms repeatedly: each stall is silence in its place, and reported', async () => {
    const recording = await record();
    for (let i = 0; i < 4; i++) {
      await stream(recording, 700, BOTH);
      await stream(recording, 300, ['OUTPUT']);
    }
    await stream(recording, 1000, BOTH);
    const { sidecar, left, right } = await finished(recording);
    expect(right).toEqual(ramp(0, 5 * SECOND, 1));
    for (let i = 0; i < 4; i++) {
      expect(left.subarray(i * SECOND, i * SECOND + 11_200)).toEqual(ramp(i * 11_200, 11_200, -1));
      expect(left.subarray(i * SECOND + 11_200, (i + 1) * SECOND)).toEqual(new Int16Array(4800));
    }
    expect(left.subarray(4 * SECOND)).toEqual(ramp(4 * 11_200, SECOND, -1));
    expect(sidecar).toMatchObject({
      complete: false,
      legs: { local: { late: 0, ledger: { missing: 4 * 4800 } } },
    });
    expect((await verifyRecording(recording.file)).misses).toEqual([
      'The local leg: 1.20 s missing (stalled): 0.30 s at 0.70 s, 0.30 s at 1.70 s, 0.30 s at 2.70 s and 1 more.',
    ]);
  });

  it('somebody holds: both legs are silent for exactly as long, and nothing is missing', async () => {
    const recording = await record();
    await stream(recording, 1000, BOTH);
    endpoint.status('LOCALHOLD');
    await nextTurn();
    await clock.advance(10_000);
    endpoint.status('INPROGRESS');
    await stream(recording, 2000, BOTH);
    const { sidecar, left, right } = await finished(recording);
    for (const [samples, sign] of [
      [left, -1],
      [right, 1],
    ] as const) {
      expect(samples.subarray(0, SECOND)).toEqual(ramp(0, SECOND, sign));
      expect(samples.subarray(SECOND, 11 * SECOND)).toEqual(new Int16Array(10 * SECOND));
      expect(samples.subarray(11 * SECOND)).toEqual(ramp(SECOND, 2 * SECOND, sign));
    }
    for (const { ledger } of [sidecar.legs.local, sidecar.legs.remote]) {
      expect(ledger.spans).toEqual([
        span(0, SECOND, 'received'),
        span(SECOND, 10 * SECOND, 'idle', 'hold'),
        span(11 * SECOND, 2 * SECOND, 'received'),
      ]);
    }
  });

  it('the connection of one leg breaks: silence from there to the end, and the other side continues', async () => {
    const recording = await record();
    await stream(recording, 2000, BOTH);
    const gone = new Promise((resolve) => recording.voice.microphone?.once('closed', resolve));
    endpoint.sockets.get('CAPTURE_MIC')?.resetAndDestroy();
    await gone;
    await stream(recording, 3000, ['OUTPUT']);
    const { sidecar, left, right } = await finished(recording);
    expect(right).toEqual(ramp(0, 5 * SECOND, 1));
    expect(left.subarray(0, 2 * SECOND)).toEqual(ramp(0, 2 * SECOND, -1));
    expect(left.subarray(2 * SECOND)).toEqual(new Int16Array(3 * SECOND));
    expect(sidecar.legs.local.ledger.spans).toEqual([
      span(0, 2 * SECOND, 'received'),
      span(2 * SECOND, 3 * SECOND, 'missing', 'connection-lost'),
    ]);
  });
});
