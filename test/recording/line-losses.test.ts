import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  attach,
  type CallRecording,
  type Client,
  collectSamples,
  Exchange,
  MemoryTransport,
  PcmServer,
  recordCall,
  VirtualClock,
  verifyRecording,
  WavReader,
} from '../../src/index.js';
import { makeOf, type RtpCodecName } from '../../src/line/rtp/rtp-codec.js';
import { writeRtp } from '../../src/line/rtp/rtp-packet.js';
import { RtpSession } from '../../src/line/rtp/rtp-session.js';
import { SrtpContext } from '../../src/line/rtp/srtp.js';
import { ShareServer, shareJoiner } from '../../src/pcm.js';
import { isLoss, type LedgerSpan } from '../../src/stream/align/ledger.js';
import type { Conversation, Leg, Placing } from '../../src/switch/leg.js';
import { decodeG711, encodeG711 } from '../../src/voice/codec/g711.js';
import { splitChannels } from '../../src/voice.js';
import { AnsweringMachine, VoicemailArchive } from '../../src/voicemail.js';
import { wire } from '../line/rtp/wire.js';
import { randomFrom } from '../random.js';
import { driven, until } from '../turns.js';

const SEED = 20_261_130;
const PACKET = 160;
/** Calls that are tried: JACKFIELD_CALLS=200 npx vitest run test/recording/line-losses */
const CALLS = Number(process.env['JACKFIELD_CALLS'] ?? 4);

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;
let client: Client;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-losses-'));
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  exchange = await Exchange.start({ clock, patienceMs: 5000, users: [{ handle: 'alice' }] });
  server = new PcmServer();
  client = await attach(new MemoryTransport(exchange.endpoint('alice')));
});
afterEach(async () => {
  await client.close();
  await server.close();
  await exchange.close();
  await rm(folder, { recursive: true });
});

/** Fate of a packet: it comes after so many ms, or is lost, or is silence that is not sent, or comes damaged. */
type Fate = number | 'lost' | 'not-sent' | 'event';

/** Voice of which every stretch is unlike every other, as a phone sends it. */
function voiceOf(count: number, seed: number): { codes: Uint8Array; truth: Int16Array } {
  const random = randomFrom(seed);
  const codes = encodeG711(
    Int16Array.from({ length: count * PACKET }, () => (random() - 0.5) * 20_000),
    'mulaw',
  );
  return { codes, truth: decodeG711(codes, 'mulaw') };
}

/** A recorder of another process, which joins the voice of the first. */
interface Other {
  /** Begins before the call is answered. */
  begin(): Promise<CallRecording>;
  /** Comes after each packet. @returns false where it is not waited for. */
  came?(packets: number): Promise<boolean>;
}

/** A socket through which another is reached, and which can stand still or break. */
async function relay(to: string, at: string) {
  const pairs: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(to);
    for (const each of [near, far]) each.on('error', () => undefined);
    near.pipe(far);
    far.pipe(near);
    pairs.push(near, far);
  }).listen(at);
  await once(server, 'listening');
  const each = (act: (socket: Socket) => void) => () => {
    for (const socket of pairs) act(socket);
  };
  return {
    stall: each((socket) => socket.pause()),
    goOn: each((socket) => socket.resume()),
    break: each((socket) => socket.destroy()),
    [Symbol.asyncDispose]: async () => {
      for (const socket of pairs) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a phone and a line have agreed on. Default PCMU, in the clear. */
interface Agreed {
  readonly codec?: RtpCodecName;
  readonly isSecret?: boolean;
}
const KEY = {
  suite: 'AES_CM_128_HMAC_SHA1_80',
  key: Buffer.alloc(30, 9).toString('base64'),
} as const;
const clockRateOf = (codec: RtpCodecName) => makeOf(codec)?.clockRate ?? 8000;

/** Bursts of a tone, each the packet of one of these numbers, as a codec with a memory sends them. */
async function tonesOf(count: number, at: ReadonlySet<number>, codec: RtpCodecName): Promise<Buffer[]> {
  const encoder = await makeOf(codec)?.encoder();
  return Array.from({ length: count }, (_, n) => {
    const samples = Int16Array.from({ length: 320 }, (_, i) =>
      at.has(n) ? 12_000 * Math.sin((2 * Math.PI * 1000 * i) / 16_000) : 0,
    );
    return Buffer.from(encoder?.encode(samples) ?? []);
  });
}

/** A phone that calls alice by a line. */
async function phone({ codec = 'PCMU', isSecret = false }: Agreed = {}) {
  const [near, far] = wire();
  const rtp = await RtpSession.open({ transport: near, clock, timeoutMs: 0 });
  const payloadType = makeOf(codec)?.payloadType ?? 0;
  const keys = isSecret ? new SrtpContext(KEY) : undefined;
  await rtp.connect({
    remote: far.address,
    codec,
    payloadType,
    ...(isSecret && { srtp: { local: KEY, remote: KEY } }),
    telephoneEvent: { payloadType: 101, clockRate: 8000 },
  });
  let conversation: Conversation | undefined;
  const leg: Leg = {
    identity: { handle: '+15550100', fullName: '+15550100', network: 'PSTN' },
    voice: rtp.voice,
    place: (placing: Placing) => placing.start(),
    connected: (given) => {
      conversation = given;
    },
    ended: () => undefined,
  };
  const ringing = new Promise<Awaited<ReturnType<Client['call']>>>((resolve) => {
    client.once('call', (call) => resolve(call));
  });
  exchange.callFrom(leg, 'alice');
  await clock.advance(1000);
  return {
    rtp,
    /** The call as alice's client has it. */
    call: await ringing,
    hangUp: () => conversation?.end({ kind: 'hung-up' }),
    /** Says packets that have these fates. `together` has all that is to hear a packet come along. */
    say: async (
      fates: readonly Fate[],
      {
        seed = 1,
        ppm = 0,
        payloads,
        together = async () => undefined,
      }: {
        seed?: number;
        ppm?: number;
        payloads?: readonly Buffer[] | undefined;
        together?: () => Promise<void>;
      } = {},
    ) => {
      const { codes, truth } = voiceOf(fates.length, seed);
      const startMs = clock.now();
      const period = 20 * (1 + ppm / 1e6);
      const step = clockRateOf(codec) / 50;
      let sequence = 65_500;
      const coming = fates.flatMap((fate, n) => {
        if (fate === 'not-sent') return [];
        const isEvent = fate === 'event';
        const payload = isEvent
          ? Buffer.from([5, 10, 0, 160])
          : (payloads?.[n] ?? Buffer.from(codes.subarray(n * PACKET, (n + 1) * PACKET)));
        const packet = writeRtp({
          ...{ payloadType: isEvent ? 101 : payloadType, marker: n === 0, ssrc: 7, payload },
          sequence: sequence++ & 0xffff,
          timestamp: (2 ** 32 - 5000 + n * step) >>> 0,
        });
        const sent = keys ? keys.protect(packet) : packet;
        return fate === 'lost' ? [] : [{ atMs: startMs + n * period + (isEvent ? 0 : fate), packet: sent }];
      });
      for (const { atMs, packet } of coming.sort((a, b) => a.atMs - b.atMs)) {
        await clock.advance(Math.max(0, atMs - clock.now()));
        far.send(packet, near.address, false);
        await together();
      }
      await clock.advance(Math.max(0, startMs + fates.length * period - clock.now()) + 300);
      return truth;
    },
  };
}

/** Calls alice from a phone whose packets have these fates; the recording of what she hears, and that of `other`. */
async function recordedCall(
  fates: readonly Fate[],
  {
    seed = 1,
    ppm = 0,
    payloads,
    other,
    ...agreed
  }: Agreed & { seed?: number; ppm?: number; payloads?: readonly Buffer[]; other?: Other } = {},
) {
  const { rtp, call, say, hangUp } = await phone(agreed);
  const file = join(folder, `${Math.random()}.wav`);
  const recording = await recordCall(call, server, { file, input: false, io: 'sync', clock });
  const joined = await other?.begin();
  // Between processes are real sockets, which the clock must not leave behind.
  let packets = 0;
  const together = async () => {
    const { remote } = recording.voice;
    const isAwaited = (await other?.came?.(++packets)) ?? true;
    if (joined && isAwaited)
      await until(() => joined.voice.remote.received.position === remote.received.position);
  };
  await call.answer();
  await clock.advance(200);
  await together();
  const truth = await say(fates, { seed, ppm, payloads, together });
  hangUp();
  const { sidecar } = await recording.finished;
  const others = await joined?.finished;
  await rtp.close();
  const verified = await verifyRecording(file);
  await using reader = await WavReader.open(file);
  const [, heard = new Int16Array()] = splitChannels(await collectSamples(reader), 2);
  return { sidecar, others: others?.sidecar, verified, heard, truth, stats: rtp.stats() };
}

const ledgerOf = (call: Awaited<ReturnType<typeof recordedCall>>) => call.sidecar.legs.remote.ledger;
const samplesOf = (spans: readonly LedgerSpan[], reason: string) =>
  spans.reduce(
    (sum, span) => sum + (span.kind === 'concealed' && span.reason === reason ? span.samples : 0),
    0,
  );

/** Parts of a packet by which it is known: some are whole although it was joined to others, lengthened or shortened. */
const WINDOWS = [64, 40, 88, 112, 136] as const;
const WINDOW = 20;

/** Place of packet `n` in the recording from `start` on; nothing where it is not there. */
function placeOf(n: number, { heard, truth }: { heard: Int16Array; truth: Int16Array }, start = 0) {
  for (const window of WINDOWS) {
    const from = n * PACKET + window;
    for (let at = start; at + 2 * WINDOW <= heard.length; at++) {
      let same = 0;
      while (same < WINDOW && heard[at + 2 * same] === truth[from + same]) same++;
      if (same === WINDOW) return at - 2 * window;
    }
  }
  return undefined;
}

/** A codec blurs where a tone begins: by so many samples at most. */
const NEAR = 48;

/** Places at which tones begin in a recording that is otherwise silent. */
function burstsIn(heard: Int16Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < heard.length; at++) {
    if (Math.abs(heard[at] ?? 0) < 4000) continue;
    places.push(at);
    at += 1600;
  }
  return places;
}

const good = (count: number): Fate[] => Array.from({ length: count }, () => 0);

/** Of a packet that came too late a part may have been played: at most so many samples of it. */
const PARTS = 320;
/** Of a packet of which too little was played to be known: at least so many samples were not. */
const UNSEEN = 200;
const ppms = fc.constantFrom(-500, 0, 500);
const troubles = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 5, max: 40 }).map(good) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }).map((n) => Array<Fate>(n).fill('lost')) },
      { weight: 1, arbitrary: fc.integer({ min: 5, max: 40 }).map((n) => Array<Fate>(n).fill('lost')) },
      { weight: 2, arbitrary: fc.integer({ min: 3, max: 60 }).map((n) => Array<Fate>(n).fill('not-sent')) },
      // A stall, and all of it at once.
      {
        weight: 2,
        arbitrary: fc
          .integer({ min: 2, max: 40 })
          .map((n) => Array.from({ length: n }, (_, i): Fate => (n - i) * 20)),
      },
      { weight: 2, arbitrary: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 5, maxLength: 30 }) },
    ),
    { minLength: 4, maxLength: 16 },
  )
  .map((parts): Fate[] => [...good(20), ...parts.flat(), ...good(40)]);

describe('what a call by a line has lost is in the ledger, to the sample', () => {
  it.each<[string, Fate[], number]>([
    ['nothing', good(100), 0],
    ['one packet', [...good(50), 'lost', ...good(50)], 320],
    [
      'three in a row, and one',
      [...good(30), 'lost', 'lost', 'lost', ...good(30), 'lost', ...good(30)],
      1280,
    ],
    ['a burst of a second', [...good(50), ...good(50).map((): Fate => 'lost'), ...good(50)], 16_000],
    [
      'a digit, whose packets hold no voice',
      [...good(40), ...good(8).map((): Fate => 'event'), ...good(40)],
      0,
    ],
    ['a packet that comes too late', [...good(50), 900, ...good(60)], 320],
  ])('%s', async (_, fates, lost) => {
    const call = await recordedCall(fates);
    const { spans } = ledgerOf(call);
    expect(call.verified).toMatchObject({ ok: true });
    const losses = spans.filter((span) => span.kind === 'concealed' && isLoss(span));
    expect(losses.reduce((sum, { samples }) => sum + samples, 0)).toBe(lost);
    expect(call.sidecar.legs.remote.quality).toMatchObject({
      ...{ codec: 'PCMU', scale: 'narrowband', packets: fates.filter((fate) => fate !== 'lost').length },
      lost: fates.filter((fate) => fate === 'lost').length,
      mos: expect.any(Number) as number,
    });
    expect([call.sidecar.complete, call.verified.misses.length]).toEqual([lost === 0, lost === 0 ? 0 : 1]);
    // Each begins right behind what came last, and ends right before what came next.
    for (const { from, samples } of losses) {
      const before = fates.findIndex((_, n) => (placeOf(n, call) ?? 0) + 320 === from);
      expect(placeOf(before + 1 + samples / 320, call)).toBe(from + samples);
    }
  });

  it.each([
    ['nothing for less than half a second, and then hangs up', 5, 'not-sent'],
    ['nothing for longer than that', 30, 'stalled'],
  ] as const)('%s', async (_, packets, reason) => {
    const call = await recordedCall([...good(50), ...good(packets).map((): Fate => 'lost')]);
    const { spans } = ledgerOf(call);
    const end = (placeOf(49, call) ?? 0) + 320;
    const tail = spans.filter(({ from, samples }) => from + samples > end);
    expect(tail).toEqual([{ from: end, samples: call.heard.length - end, kind: 'concealed', reason }]);
    expect(tail[0]?.samples).toBeGreaterThan(packets * 320);
    expect(call.sidecar.complete).toBe(reason === 'not-sent');
  });

  it.each(['G722', 'opus'] as const)('also by %s, whose samples are not what was said', async (codec) => {
    const fates: Fate[] = [
      ...good(40),
      'lost',
      ...good(30),
      ...['lost', 'lost', 'lost'].map((fate) => fate as Fate),
      ...good(40),
      ...good(20).map((_, n): Fate => (20 - n) * 20),
      ...good(40),
      ...good(10).map((): Fate => 'not-sent'),
      ...good(40),
    ];
    // One before and one behind each trouble, far from it.
    const at = [25, 60, 100, 155, 210];
    const payloads = await tonesOf(fates.length, new Set(at), codec);
    const call = await recordedCall(fates, { codec, isSecret: true, payloads });
    const { spans, received, concealed = 0, idle, missing } = ledgerOf(call);
    expect(received + concealed + idle + missing).toBe(call.heard.length);
    expect(samplesOf(spans, 'lost')).toBe(4 * 320);
    // The delay that is learnt from a stall may leave one packet of it out.
    expect(samplesOf(spans, 'late')).toBeLessThanOrEqual(320);
    const heldUp = samplesOf(spans, 'held-up');
    expect(heldUp).toBeGreaterThan(0);
    const places = burstsIn(call.heard);
    expect(places).toHaveLength(at.length);
    const { insertedMs = 0, removedMs = 0 } = call.stats.playout ?? {};
    const moved = insertedMs * 16 - removedMs * 16;
    const apart = (places.at(-1) ?? 0) - (places[0] ?? 0);
    expect(Math.abs(apart - (210 - 25) * 320 - moved)).toBeLessThanOrEqual(NEAR);
    // Up to the stall nothing is moved.
    for (const n of [1, 2])
      expect(Math.abs((places[n] ?? 0) - (places[0] ?? 0) - ((at[n] ?? 0) - 25) * 320)).toBeLessThanOrEqual(
        NEAR,
      );
    expect(call.sidecar.complete).toBe(false);
  });

  it('also where another process has the call, which shares its voice', async () => {
    const socket = join(folder, 'voice.sock');
    await using _share = await ShareServer.open(() => [server], socket);
    await using mine = await attach(new MemoryTransport(exchange.endpoint('alice')));
    await using ports = new PcmServer();
    const begin = async () => {
      const [same] = await mine.calls.search('ACTIVECALLS');
      const file = join(folder, 'joined.wav');
      return recordCall(same as NonNullable<typeof same>, ports, {
        file,
        input: false,
        io: 'sync',
        clock,
        join: shareJoiner([socket]),
      });
    };
    const fates: Fate[] = [...good(30), 'lost', 'lost', ...good(20), 'not-sent', 'not-sent', ...good(30)];
    const { sidecar, others } = await recordedCall(fates, { other: { begin } });
    const concealed = (spans: readonly LedgerSpan[] = []) => spans.filter(({ kind }) => kind === 'concealed');
    expect(concealed(sidecar.legs.remote.ledger.spans).length).toBeGreaterThan(1);
    expect(concealed(others?.legs.remote.ledger.spans)).toEqual(concealed(sidecar.legs.remote.ledger.spans));
    expect(others?.complete).toBe(false);
  });

  it.each(['stalls', 'breaks'] as const)(
    'also where what comes from that process %s in the middle of a gap',
    async (what) => {
      const socket = join(folder, 'voice.sock');
      const through = join(folder, 'relay.sock');
      await using _share = await ShareServer.open(() => [server], socket);
      await using way = await relay(socket, through);
      await using mine = await attach(new MemoryTransport(exchange.endpoint('alice')));
      await using ports = new PcmServer();
      const begin = async () => {
        const [same] = await mine.calls.search('ACTIVECALLS');
        const file = join(folder, 'joined.wav');
        const options = { file, input: false, io: 'sync', clock, join: shareJoiner([through]) } as const;
        return recordCall(same as NonNullable<typeof same>, ports, options);
      };
      let isOpen = true;
      const came = async (packets: number) => {
        // The first one is told before any has come.
        if (packets === 51) {
          await clock.advance(100);
          isOpen = false;
          if (what === 'stalls') way.stall();
          else way.break();
        } else if (packets === 61 && what === 'stalls') {
          way.goOn();
          isOpen = true;
        }
        return isOpen;
      };
      const fates: Fate[] = [...good(50), ...good(20).map((): Fate => 'lost'), ...good(40)];
      const { sidecar, others } = await recordedCall(fates, { other: { begin, came } });
      const made = (spans: readonly LedgerSpan[] = []) => spans.filter(({ kind }) => kind === 'concealed');
      const [gap] = made(sidecar.legs.remote.ledger.spans);
      const theirs = others?.legs.remote.ledger;
      expect(gap).toMatchObject({ samples: 20 * 320, reason: 'lost' });
      if (what === 'stalls') {
        expect(made(theirs?.spans)).toEqual(made(sidecar.legs.remote.ledger.spans));
        expect(others?.complete).toBe(false);
        return;
      }
      // It ends there, with all that was made up until then.
      const [part] = made(theirs?.spans);
      const { received = 0, concealed = 0 } = theirs ?? {};
      expect(part).toMatchObject({ from: gap?.from, samples: received + concealed - (gap?.from ?? 0) });
      expect(part?.samples).toBeGreaterThan(640);
    },
  );

  it('of a message that an answering machine takes as well', async () => {
    await using archive = await VoicemailArchive.open(join(folder, 'archive'));
    const greeting = { tone: 500, ms: 100 } as const;
    await using machine = await AnsweringMachine.start({
      client,
      server,
      archive,
      clock,
      afterMs: 0,
      greeting,
    });
    const kept = once(machine, 'message');
    const { call, say, hangUp, rtp } = await phone();
    await until(async () => {
      await clock.advance(100);
      return call.status === 'INPROGRESS';
    });
    await clock.advance(2000);
    const fates: Fate[] = [
      ...good(30),
      ...['lost', 'lost', 60, 40, 20].map((fate) => fate as Fate),
      ...good(20),
      ...good(8).map((): Fate => 'not-sent'),
      ...good(20),
      ...good(30).map((): Fate => 'lost'),
      ...good(10),
      'lost',
    ];
    const truth = await say(fates);
    hangUp();
    await driven(clock, kept);
    await rtp.close();
    const [message] = [...archive.find()];
    const path = join(folder, 'archive', message?.audio?.path ?? '');
    await using reader = await WavReader.open(path);
    const heard = await collectSamples(reader);
    const { spans = [], received = 0, concealed = 0 } = message?.ledger ?? {};
    expect(received + concealed).toBe(heard.length);
    const parts = { heard, truth };
    const behind = (n: number) => (placeOf(n, parts) ?? 0) + 320;
    const named = spans.filter(({ kind }) => kind === 'concealed');
    const between = (from: number, to: number) =>
      named.filter((span) => span.from >= behind(from) && span.from < behind(to));
    const sums = (from: number, to: number) => {
      const stretches = between(from, to);
      expect(stretches[0]?.from).toBe(behind(from));
      const last = stretches.at(-1);
      return [(last?.from ?? 0) + (last?.samples ?? 0), stretches.map(({ reason }) => reason)];
    };
    expect(samplesOf(between(29, 32), 'lost')).toBe(640);
    expect(sums(54, 63)).toEqual([behind(63) - 320, ['not-sent']]);
    expect(sums(82, 113)).toEqual([behind(113) - 320, ['lost']]);
    expect(named.at(-1)).toEqual({
      ...{ from: behind(122), samples: heard.length - behind(122) },
      ...{ kind: 'concealed', reason: 'not-sent' },
    });
    expect(message).toMatchObject({ complete: false });
    expect(await archive.verify()).toMatchObject({ checked: 1, faults: [] });
    const sidecar = JSON.parse(
      await readFile(path.replace(/wav$/, `${message?.key}.json`), 'utf8'),
    ) as object;
    expect(sidecar).toMatchObject({ ledger: message?.ledger, complete: false });
  });

  it('whatever happens at once: lost packets, bursts, stalls, silence that is not sent, jitter, and a clock that is off', {
    timeout: 30_000 * CALLS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(troubles, fc.integer({ min: 1, max: 1e6 }), ppms, async (fates, seed, ppm) => {
        const call = await recordedCall(fates, { seed, ppm, isSecret: seed % 2 === 0 });
        expect(call.verified).toMatchObject({ ok: true });
        const { spans, concealed = 0 } = ledgerOf(call);
        const [lost, late, heldUp, notSent] = (['lost', 'late', 'held-up', 'not-sent'] as const).map(
          (reason) => samplesOf(spans, reason),
        ) as [number, number, number, number];
        expect(lost + late + heldUp + notSent).toBe(concealed);
        const places = fates.map(() => undefined as number | undefined);
        let last = 0;
        let from = 0;
        for (const [n, fate] of fates.entries()) {
          if (typeof fate !== 'number') continue;
          places[n] = placeOf(n, call, from);
          if (places[n] === undefined) continue;
          from = places[n] + 1;
          last = n;
        }
        const first = places.findIndex((place) => place !== undefined);
        // Nothing is lost silently, and nothing is called lost that was heard.
        const between = fates.filter((_, n) => n > first && n < last);
        const gone = between.filter((fate) => fate === 'lost').length;
        const heard = places.slice(first + 1, last).filter((place) => place !== undefined).length;
        const unheard = between.filter((fate) => fate !== 'not-sent').length - heard;
        const { insertedMs = 0, removedMs = 0 } = call.stats.playout ?? {};
        const [inserted, removed] = [insertedMs * 16 - heldUp, removedMs * 16];
        expect(inserted).toBeGreaterThanOrEqual(0);
        // What is shortened to make up for a delay or a drift may be what was made up.
        expect(lost + late).toBeGreaterThanOrEqual(gone * 320 + (unheard - gone) * UNSEEN - removed);
        expect(lost + late).toBeLessThanOrEqual(
          unheard * 320 + inserted + PARTS * spans.filter(isLoss).length,
        );
        // What came is as far apart as it was said.
        const apart = (places[last] ?? 0) - (places[first] ?? 0);
        if (inserted === 0 && removed === 0) expect(apart).toBe((last - first) * 320 + heldUp);
        expect(call.sidecar.complete).toBe(lost + late === 0);
      }),
      { seed: SEED, numRuns: CALLS, endOnFailure: true },
    );
  });
});
