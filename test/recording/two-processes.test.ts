import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
const LEVEL = 20;
const SECONDS = 15;
const FRAMES = SECONDS * 50;
/** Two processes that want a processor each all the time. */
const BURNERS = 2;
/** Frames of the two legs that were sent at once lie this near to each other, in samples: 20 ms. */
const TOGETHER = 320;
/** The same within the second after a stall: 100 ms. */
const AT_ONCE = 1600;

let folder: string;
let others: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-load-'));
  others = Array.from({ length: BURNERS }, () => spawn(process.execPath, ['-e', 'for (;;);']));
});
afterEach(async () => {
  for (const other of others) other.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

interface Recorded {
  readonly sidecar: RecordingSidecar;
  readonly sent: Readonly<Record<Stream, readonly number[]>>;
  /** Of each stream, where the samples of a frame lie. */
  readonly found: Readonly<Record<Stream, ReadonlyMap<number, readonly number[]>>>;
}

/** Records a call whose streams another process sends, in real time, while this machine has too much to do. */
async function record(readClass: ReadClass, ...stalls: readonly string[]): Promise<Recorded> {
  const sender = fork('test/recording/sending-process.mjs', [String(FRAMES), ...stalls]);
  others.push(sender);
  const told = new Promise<Recorded['sent']>((resolve) => {
    sender.on('message', (message: { readonly sent?: Recorded['sent'] }) => {
      if (message.sent) resolve(message.sent);
    });
  });
  const endpoint = new OneCall(async (dial, port) => {
    const connected = once(sender, 'message');
    sender.send({ dial, port });
    await connected;
  });
  await using client = await attach(new MemoryTransport(endpoint));
  await using server = new PcmServer();
  const call = await client.call('ann');
  const file = join(folder, 'call.wav');
  const recording = await recordCall(call, server, { file, input: false, readClass });
  const sent = await told;
  endpoint.status('FINISHED');
  const { sidecar } = await recording.finished;
  expect(await verifyRecording(file)).toMatchObject({ ok: true });
  await using reader = await WavReader.open(file);
  const [left = new Int16Array(), right = new Int16Array()] = splitChannels(await collectSamples(reader), 2);
  return { sidecar, sent, found: { CAPTURE_MIC: placesOf(left), OUTPUT: placesOf(right) } };
}

function placesOf(samples: Int16Array): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [place, level] of samples.entries()) {
    if (level === 0) continue;
    const frame = level / LEVEL - 1;
    const of = places.get(frame);
    if (of) of.push(place);
    else places.set(frame, [place]);
  }
  return places;
}

/** Holds that each frame that was sent is there, whole and once, and no other; and that the ledger says so. */
function expectAll({ sidecar, sent, found }: Recorded): void {
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

describe.each(['immediate', 'batched'] as const)('on a machine with too much to do, read %s', (readClass) => {
  it('steady legs of another process are whole, together, and nothing is called a stall', async () => {
    const recorded = await record(readClass);
    expectAll(recorded);
    expect(apart(recorded).filter(({ samples }) => Math.abs(samples) > TOGETHER)).toEqual([]);
    const { local, remote } = recorded.sidecar.legs;
    expect([stalled(local), stalled(remote)]).toEqual([0, 0]);
    expect(remote.ledger.missing).toBe(0);
  });

  it('a leg that stalls for 300 ms each 3 s is whole, and the other one is untouched', async () => {
    const recorded = await record(readClass, 'CAPTURE_MIC', '150', '15');
    expectAll(recorded);
    expect(recorded.sidecar.complete).toBe(false);
    expect(recorded.sidecar.legs.remote.ledger.missing).toBe(0);
    // A batched reader that comes late itself sees too little to place each stall at once.
    if (readClass === 'batched') return;
    const all = apart(recorded);
    expect(all.filter(({ samples }) => Math.abs(samples) > AT_ONCE)).toEqual([]);
    const steady = all.filter(({ frame }) => frame % 150 >= 50 || frame < 135);
    expect(steady.filter(({ samples }) => Math.abs(samples) > TOGETHER)).toEqual([]);
  });
});
