import { type ChildProcess, fork, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attach,
  collectSamples,
  MemoryTransport,
  PcmServer,
  recordCall,
  verifyRecording,
  WavReader,
} from '../../src/index.js';
import type { ReadClass } from '../../src/pcm.js';
import type { RecordingSidecar } from '../../src/recording.js';
import { splitChannels } from '../../src/voice.js';
import { OneCall, type Stream } from './hand-fed.js';

const FRAME = 320;
const FRAME_MS = 20;
const LEVEL = 20;
/** Two stalls, and what comes after each: JACKFIELD_SECONDS=60 npx vitest run test/recording/two-processes takes twenty. */
const SECONDS = Number(process.env['JACKFIELD_SECONDS'] ?? 8);
/** Frames that the stream which stalls is without: the last 15 of each 150, which are 300 ms of 3 s. */
const STALLS = { every: 150, lost: 15 };
/** Two processes that want a processor each all the time. */
const BURNERS = 2;
/** Frames of the two legs that were sent at once lie this near to each other, in samples: 20 ms. */
const TOGETHER = 320;
/** The same soon after a stall: 100 ms. */
const AT_ONCE = 1600;
/**
 * When the flow is steady after a stall, in frames: a reader that looks at the stream now and then has seen enough of it
 * later; and how near frames lie to each other by then, in samples.
 */
const STEADY = { immediate: { after: 50, near: TOGETHER }, batched: { after: 100, near: 2 * TOGETHER } };

/** What one read brought, in frames, and how late the last of them was read, in ms. */
interface Read {
  readonly first: number;
  readonly last: number;
  readonly lateMs: number;
}

interface Recorded {
  readonly sidecar: RecordingSidecar;
  readonly verified: Awaited<ReturnType<typeof verifyRecording>>;
  readonly sent: Readonly<Record<Stream, readonly number[]>>;
  /** The reads of the microphone. */
  readonly reads: readonly Read[];
  /** Of each stream, where the samples of a frame lie. */
  readonly found: Readonly<Record<Stream, ReadonlyMap<number, readonly number[]>>>;
}

interface Told {
  readonly sent: Readonly<Record<string, readonly number[]>>;
  readonly startedAtMs: number;
}

const READ_CLASSES = ['immediate', 'batched'] as const;
const CALLS = READ_CLASSES.flatMap((readClass) => [
  { name: `steady, ${readClass}`, readClass, stalls: undefined },
  { name: `stalling, ${readClass}`, readClass, stalls: STALLS },
]);

let folder: string;
const others: ChildProcess[] = [];
const recorded = new Map<string, Recorded>();

/** Records calls whose streams another process sends, in real time and at once, while this machine has too much to do. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-load-'));
  for (let i = 0; i < BURNERS; i++) others.push(spawn(process.execPath, ['-e', 'for (;;);']));
  const sender = fork('test/recording/sending-process.mjs');
  others.push(sender);
  await using server = new PcmServer();
  const calls = await Promise.all(CALLS.map((options) => open(sender, server, options)));
  const told = once(sender, 'message');
  sender.send({ frames: SECONDS * 50 });
  const [{ sent, startedAtMs }] = (await told) as [Told];
  for (const { name, finish } of calls) {
    recorded.set(name, await finish((stream) => sent[`${name} ${stream}`] ?? [], startedAtMs));
  }
});
afterAll(async () => {
  for (const other of others) other.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function open(
  sender: ChildProcess,
  server: PcmServer,
  { name, readClass, stalls }: (typeof CALLS)[number],
) {
  const endpoint = new OneCall(async (stream, port) => {
    const dial = `${name} ${stream}`;
    sender.send({ dial, port, ...(stream === 'CAPTURE_MIC' && { stalls }) });
    for await (const [{ connected }] of on(sender, 'message')) if (connected === dial) return;
  });
  const client = await attach(new MemoryTransport(endpoint));
  const call = await client.call('ann');
  const file = join(folder, `${name}.wav`);
  const recording = await recordCall(call, server, { file, input: false, readClass });
  const reads: { first: number; last: number; atMs: number }[] = [];
  recording.voice.microphone?.addSink({
    write: (samples) => {
      const atMs = performance.timeOrigin + performance.now();
      reads.push({ first: frameOf(samples[0]), last: frameOf(samples.at(-1)), atMs });
    },
    end: () => undefined,
  });
  return {
    name,
    async finish(sentOf: (stream: Stream) => readonly number[], startedAtMs: number): Promise<Recorded> {
      endpoint.status('FINISHED');
      const { sidecar } = await recording.finished;
      await client.close();
      const verified = await verifyRecording(file);
      await using reader = await WavReader.open(file);
      const [left = new Int16Array(), right = new Int16Array()] = splitChannels(
        await collectSamples(reader),
        2,
      );
      return {
        sidecar,
        verified,
        reads: reads.map(({ first, last, atMs }) => {
          return { first, last, lateMs: atMs - startedAtMs - (last + 1) * FRAME_MS };
        }),
        sent: { CAPTURE_MIC: sentOf('CAPTURE_MIC'), OUTPUT: sentOf('OUTPUT') },
        found: { CAPTURE_MIC: placesOf(left), OUTPUT: placesOf(right) },
      };
    },
  };
}

const frameOf = (level = 0) => level / LEVEL - 1;

function placesOf(samples: Int16Array): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [place, level] of samples.entries()) {
    if (level === 0) continue;
    const frame = frameOf(level);
    const of = places.get(frame);
    if (of) of.push(place);
    else places.set(frame, [place]);
  }
  return places;
}

function recordedAs(kind: 'steady' | 'stalling', readClass: ReadClass): Recorded {
  const found = recorded.get(`${kind}, ${readClass}`);
  if (!found) throw new Error(`No call was recorded as ${kind}, ${readClass}.`);
  return found;
}

/** Holds that each frame that was sent is there, whole and once, and no other; and that the ledger says so. */
function expectAll({ sidecar, verified, sent, found }: Recorded): void {
  expect(verified).toMatchObject({ ok: true });
  for (const [stream, leg] of [
    ['OUTPUT', sidecar.legs.remote],
    ['CAPTURE_MIC', sidecar.legs.local],
  ] as const) {
    expect([...found[stream].keys()]).toEqual(sent[stream]);
    for (const places of found[stream].values()) {
      expect(places.length).toBe(FRAME);
      expect((places.at(-1) ?? 0) - (places[0] ?? 0)).toBe(FRAME - 1);
    }
    expect(leg).toMatchObject({ late: 0, cut: 0, drift: { inserted: 0, removed: 0 } });
    expect(leg.ledger.received).toBe(sent[stream].length * FRAME);
  }
}

const inRound = (frame: number) => frame % STALLS.every;
/** Whether the stream stood still between two frames, just before the first or just after the last. */
const isBeside = (first: number, last: number) =>
  inRound(first) === 0 ||
  inRound(last) === STALLS.every - STALLS.lost - 1 ||
  Math.floor(first / STALLS.every) < Math.floor(last / STALLS.every);
/** Reads are long from so many frames on: of a reader that looks now and then, all are. */
const LONG_READ = { immediate: 5, batched: 0 };

/** How far apart frames lie that were sent at once. */
function apart({ found }: Recorded): { readonly frame: number; readonly samples: number }[] {
  return [...found.CAPTURE_MIC].flatMap(([frame, [left = 0]]) => {
    const [right] = found.OUTPUT.get(frame) ?? [];
    return right === undefined ? [] : [{ frame, samples: left - right }];
  });
}

const stalled = (leg: RecordingSidecar['legs']['local']) =>
  leg.ledger.spans
    .filter(({ reason }) => reason === 'stalled')
    .reduce((sum, { samples }) => sum + samples, 0);

describe.each(READ_CLASSES)('on an overloaded machine, read %s', (readClass) => {
  it('steady legs of another process are complete and aligned, without reported stalls', () => {
    const call = recordedAs('steady', readClass);
    expectAll(call);
    expect(apart(call).filter(({ samples }) => Math.abs(samples) > TOGETHER)).toEqual([]);
    const { local, remote } = call.sidecar.legs;
    expect([stalled(local), stalled(remote)]).toEqual([0, 0]);
    expect(remote.ledger.missing).toBe(0);
  });

  it('a leg that stalls for 300 ms every 3 s is complete and in its place, and the other one is unaffected', () => {
    const call = recordedAs('stalling', readClass);
    expectAll(call);
    expect(call.sidecar.complete).toBe(false);
    expect(call.sidecar.legs.remote.ledger.missing).toBe(0);
    const all = apart(call);
    const readOf = (frame: number) => call.reads.find(({ first, last }) => frame >= first && frame <= last);
    // What was late before the stream stood still may lie as late as it was.
    expect(
      all.filter(({ frame, samples }) => {
        const { lateMs = 0, last = frame } = readOf(frame) ?? {};
        return samples > Math.max(AT_ONCE, (lateMs + (last - frame + 1) * FRAME_MS) * 16 + TOGETHER);
      }),
    ).toEqual([]);
    // Nobody can tell where in a long read, or on which side of it, the stream stood still.
    const isTold = (frame: number) => {
      const { first = frame, last = frame } = readOf(frame) ?? {};
      return last - first < LONG_READ[readClass] || !isBeside(first, last);
    };
    expect(all.filter(({ frame, samples }) => samples < -AT_ONCE && isTold(frame))).toEqual([]);
    const { after, near } = STEADY[readClass];
    // What comes late before a stall is not told from what was lost; a read has one place, for all its frames.
    const steady = all.filter(({ frame }) => {
      const { first = frame, last = frame } = readOf(frame) ?? {};
      return inRound(first) >= after && inRound(first) + last - first < STALLS.every - 2 * STALLS.lost;
    });
    expect(steady.filter(({ samples }) => Math.abs(samples) > near)).toEqual([]);
  });
});
