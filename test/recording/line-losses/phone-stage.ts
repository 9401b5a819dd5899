import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
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
} from '../../../src/index.js';
import { makeOf, type RtpCodecName } from '../../../src/line/rtp/rtp-codec.js';
import { writeRtp } from '../../../src/line/rtp/rtp-packet.js';
import { RtpSession } from '../../../src/line/rtp/rtp-session.js';
import { SrtpContext } from '../../../src/line/rtp/srtp.js';
import type { LedgerSpan } from '../../../src/stream/align/ledger.js';
import type { Conversation, Leg, Placing } from '../../../src/switch/leg.js';
import { decodeG711, encodeG711 } from '../../../src/voice/codec/g711.js';
import { splitChannels } from '../../../src/voice.js';
import { wire } from '../../line/rtp/wire.js';
import { randomFrom } from '../../random.js';
import { until } from '../../turns.js';

const PACKET = 160;

/** Where a phone calls alice by a line, and her client's calls are recorded. */
export interface PhoneStage {
  readonly folder: string;
  readonly clock: VirtualClock;
  readonly exchange: Exchange;
  readonly server: PcmServer;
  readonly client: Client;
}

/** Makes a stage before each test of the file and clears it away after it. */
export function onPhoneStage(enter: (stage: PhoneStage) => void): void {
  let stage: PhoneStage;
  beforeEach(async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const exchange = await Exchange.start({ clock, patienceMs: 5000, users: [{ handle: 'alice' }] });
    stage = {
      folder: await mkdtemp(join(tmpdir(), 'jackfield-losses-')),
      clock,
      exchange,
      server: new PcmServer(),
      client: await attach(new MemoryTransport(exchange.endpoint('alice'))),
    };
    enter(stage);
  });
  afterEach(async () => {
    await stage.client.close();
    await stage.server.close();
    await stage.exchange.close();
    await rm(stage.folder, { recursive: true });
  });
}

/** Fate of a packet: it comes after so many ms, or is lost, or is silence that is not sent, or comes damaged. */
export type Fate = number | 'lost' | 'not-sent' | 'event';

export const good = (count: number): Fate[] => Array.from({ length: count }, () => 0);

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
export interface Other {
  /** Begins before the call is answered. */
  begin(): Promise<CallRecording>;
  /** Comes after each packet. @returns false where it is not waited for. */
  came?(packets: number): Promise<boolean>;
}

/** What a phone and a line have agreed on. Default PCMU, in the clear. */
export interface Agreed {
  readonly codec?: RtpCodecName;
  readonly isSecret?: boolean;
}
const KEY = {
  suite: 'AES_CM_128_HMAC_SHA1_80',
  key: Buffer.alloc(30, 9).toString('base64'),
} as const;
const clockRateOf = (codec: RtpCodecName) => makeOf(codec)?.clockRate ?? 8000;

/** A phone that calls alice by a line. */
export async function phone(
  { clock, exchange, client }: PhoneStage,
  { codec = 'PCMU', isSecret = false }: Agreed = {},
) {
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
export async function recordedCall(
  stage: PhoneStage,
  fates: readonly Fate[],
  {
    seed = 1,
    ppm = 0,
    payloads,
    other,
    ...agreed
  }: Agreed & { seed?: number; ppm?: number; payloads?: readonly Buffer[]; other?: Other } = {},
) {
  const { rtp, call, say, hangUp } = await phone(stage, agreed);
  const { clock, server, folder } = stage;
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

export const ledgerOf = (call: Awaited<ReturnType<typeof recordedCall>>) => call.sidecar.legs.remote.ledger;
export const samplesOf = (spans: readonly LedgerSpan[], reason: string) =>
  spans.reduce(
    (sum, span) => sum + (span.kind === 'concealed' && span.reason === reason ? span.samples : 0),
    0,
  );

/** Parts of a packet by which it is known: some are whole although it was joined to others, lengthened or shortened. */
const WINDOWS = [64, 40, 88, 112, 136] as const;
const WINDOW = 20;

/** Place of packet `n` in the recording from `start` on; nothing where it is not there. */
export function placeOf(n: number, { heard, truth }: { heard: Int16Array; truth: Int16Array }, start = 0) {
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
