import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { makeOf } from '../../../src/line/rtp/rtp-codec.js';
import type { RtpPacket } from '../../../src/line/rtp/rtp-packet.js';
import { PlacedVoice } from '../../../src/line/rtp-playout/placed-voice.js';
import { VoiceDecoding } from '../../../src/line/rtp-playout/voice-decoding.js';
import { RtpSource } from '../../../src/line/rtp-receive/rtp-source.js';
import type { StreamGap } from '../../../src/stream/align/ledger.js';
import { FedStream } from '../../../src/stream/fed-stream.js';
import type { ReadClass } from '../../../src/stream/pcm-stream.js';
import { decodeG711, encodeG711 } from '../../../src/voice/codec/g711.js';
import { randomFrom } from '../../random.js';

const PACKET = 160;
const PACKET_MS = 20;

/** A packet on its way: what it holds, and when it comes. */
interface Sent {
  readonly packet: RtpPacket;
  readonly atMs: number;
}

/** A voice of which every stretch is unlike every other, and its packets; some are silence that is not sent. */
function packetsOf(count: number, options: { readonly seed: number; readonly ssrc?: number } = { seed: 1 }) {
  const random = randomFrom(options.seed);
  const codes = encodeG711(
    Int16Array.from({ length: count * PACKET }, () => (random() - 0.5) * 20_000),
    'mulaw',
  );
  const [sequence, timestamp] = [65_500, 2 ** 32 - 50 * PACKET];
  const packets = Array.from(
    { length: count },
    (_, i): RtpPacket => ({
      payloadType: 0,
      marker: i === 0,
      sequence: (sequence + i) & 0xffff,
      timestamp: (timestamp + i * PACKET) >>> 0,
      ssrc: options.ssrc ?? 7,
      payload: Buffer.from(codes.subarray(i * PACKET, (i + 1) * PACKET)),
    }),
  );
  return { packets, truth: decodeG711(codes, 'mulaw') };
}

async function decoding(): Promise<VoiceDecoding> {
  const make = makeOf('PCMU');
  if (!make) throw new Error('no PCMU');
  return new VoiceDecoding(make, await make.decoder());
}

/** Brings packets when they come; returns what the stream gave, at 8 kHz, with its gaps. */
async function placed(sent: readonly Sent[], reorderMs = 400, readClass: ReadClass = 'immediate') {
  const clock = new VirtualClock();
  const stream = new FedStream(clock);
  stream.readClass = readClass;
  let writes = 0;
  const voice = new PlacedVoice(clock, stream, { reorderMs, originMs: 0 });
  const source = new RtpSource(7, 8000);
  const decode = await decoding();
  const heard = new Map<number, number>();
  let last = 0;
  stream.addSink({
    write: (samples, position) => {
      writes++;
      expect(position).toBeGreaterThanOrEqual(last);
      last = position + samples.length;
      // Every other sample is one that was sent, unchanged.
      for (let i = 0; i < samples.length; i += 2) heard.set(Math.floor((position + i) / 2), samples[i] ?? 0);
    },
    end: () => undefined,
  });
  for (const { packet, atMs } of [...sent].sort((a, b) => a.atMs - b.atMs)) {
    await clock.advance(Math.max(0, atMs - clock.now()));
    const taken = source.take(packet, clock.now());
    if (typeof taken === 'object') voice.arrive(taken, decode);
  }
  await clock.advance(reorderMs + 1000);
  voice.end();
  const gaps = stream.gapsBetween(0, Number.MAX_SAFE_INTEGER);
  await stream.close();
  return { heard, gaps, voice, writes, end: last / 2 };
}

/** True samples at their places, `start` being that of the first one; those of `missing` packets are not there. */
function compare(
  heard: ReadonlyMap<number, number>,
  truth: Int16Array,
  start: number,
  missing: ReadonlySet<number>,
) {
  let wrong = 0;
  let absent = 0;
  for (let i = 0; i < truth.length; i++) {
    const there = heard.get(start + i);
    if (missing.has(Math.floor(i / PACKET))) wrong += there === undefined ? 0 : 1;
    else if (there === undefined) absent++;
    else if (there !== truth[i]) wrong++;
  }
  return { wrong, absent };
}

const samplesOf = (gaps: readonly StreamGap[], reason: string) =>
  gaps.filter((gap) => gap.reason === reason).reduce((sum, { samples }) => sum + samples / 2, 0);

describe('voice is placed by its timestamps, to the sample', () => {
  it.each([
    ['as it comes', 'immediate', 101],
    ['a third of a second at once', 'batched', 8],
  ] as const)('in order, %s', async (_, readClass, most) => {
    const { packets, truth } = packetsOf(100);
    const sent = packets.map((packet, i) => ({ packet, atMs: 100 + i * PACKET_MS }));
    const { heard, gaps, writes, end } = await placed(sent, 400, readClass);
    expect(writes).toBeLessThanOrEqual(most);
    expect(compare(heard, truth, (100 - PACKET_MS) * 8, new Set())).toEqual({ wrong: 0, absent: 0 });
    expect(gaps.filter(({ reason }) => reason === 'lost')).toEqual([]);
    expect(end).toBe(80 * 8 + truth.length);
  });

  it.each([
    [1, 'immediate'],
    [10, 'batched'],
    [81, 'batched'],
  ] as const)(
    'through loss, jitter, duplicates, stalls, bursts, silence suppression and drift at once: %i %s',
    async (seed, readClass) => {
      const count = 1500;
      const { packets, truth } = packetsOf(count, { seed });
      const random = randomFrom(seed * 77 + 1);
      const drift = 1 + (random() - 0.5) * 1e-3;
      const silent = new Set<number>();
      const lost = new Set<number>();
      // Pauses of up to 4 s: their packets are numbered as if they did not exist.
      for (let at = 200; at < count - 300; at += 250) {
        for (let i = 0; i < random() * 200; i++) silent.add(at + i);
      }
      let bad = false;
      let stall = 0;
      let number = 0;
      const sent: Sent[] = [];
      for (const [i, packet] of packets.entries()) {
        if (silent.has(i)) continue;
        const numbered = { ...packet, sequence: (65_500 + number++) & 0xffff };
        // Gilbert and Elliott's model of bursts of loss.
        bad = random() < (bad ? 0.7 : 0.02);
        if (bad && i > 20 && i < count - 1) {
          lost.add(i);
          continue;
        }
        if (random() < 0.005 && i > 20) stall = Math.max(stall, i * PACKET_MS + 200 + random() * 3000);
        const usual = (100 + i * PACKET_MS) * drift + (i < 5 ? 0 : random() * 150);
        const atMs = Math.max(usual, stall);
        sent.push({ packet: numbered, atMs });
        if (random() < 0.03) sent.push({ packet: numbered, atMs: atMs + random() * 300 });
      }
      const { heard, gaps, voice } = await placed(sent, 1000, readClass);
      const absentPackets = new Set([...silent, ...lost]);
      const [start = 0] = heard.keys();
      expect(Math.abs(start - (100 * drift - PACKET_MS) * 8)).toBeLessThan(4);
      expect(compare(heard, truth, start, absentPackets)).toEqual({ wrong: 0, absent: 0 });
      expect(voice.stats).toMatchObject({ late: 0, jumps: 0 });
      expect(samplesOf(gaps, 'lost')).toBe([...lost].length * PACKET);
    },
  );

  it('a sender whose clock stood still continues at its arrival', async () => {
    const { packets, truth } = packetsOf(200);
    const sent = packets.map((packet, i) => ({ packet, atMs: 100 + i * PACKET_MS + (i < 100 ? 0 : 5000) }));
    const { heard, gaps, voice } = await placed(sent);
    expect(voice.stats.jumps).toBe(1);
    const [before, after] = [truth.subarray(0, 100 * PACKET), truth.subarray(100 * PACKET)];
    expect(compare(heard, before, 640, new Set())).toEqual({ wrong: 0, absent: 0 });
    expect(compare(heard, after, 640 + 100 * PACKET + 40_000, new Set())).toEqual({ wrong: 0, absent: 0 });
    expect(samplesOf(gaps, 'not-sent')).toBe(640 + 40_000);
  });

  it('a stall of the network is a delay: audio that comes in a burst afterwards keeps its place', async () => {
    const { packets, truth } = packetsOf(400);
    const sent = packets.map((packet, i) => {
      const atMs = 100 + i * PACKET_MS;
      return { packet, atMs: i < 100 || i >= 350 ? atMs : Math.max(atMs, 100 + 350 * PACKET_MS) };
    });
    const { heard, voice } = await placed(sent);
    expect(compare(heard, truth, 640, new Set())).toEqual({ wrong: 0, absent: 0 });
    expect(voice.stats).toMatchObject({ jumps: 0, lost: 0 });
  });

  it('a jump of the timestamps is not followed', async () => {
    const { packets, truth } = packetsOf(100);
    const sent = packets.map((packet, i) => ({
      packet: i < 50 ? packet : { ...packet, timestamp: (packet.timestamp + 8000 * 3600) >>> 0 },
      atMs: 100 + i * PACKET_MS,
    }));
    const { heard, voice } = await placed(sent);
    expect(voice.stats.jumps).toBe(1);
    expect(compare(heard, truth, 640, new Set())).toEqual({ wrong: 0, absent: 0 });
  });

  it('a missing packet is waited for no longer than configured', async () => {
    const { packets, truth } = packetsOf(60);
    const late = (i: number) => (i === 20 ? 300 : i === 40 ? 700 : 0);
    const sent = packets.map((packet, i) => ({ packet, atMs: 100 + i * PACKET_MS + late(i) }));
    const { heard, voice } = await placed(sent, 400);
    expect(voice.stats).toMatchObject({ late: 1, lost: 320 });
    expect(compare(heard, truth, 640, new Set([40]))).toEqual({ wrong: 0, absent: 0 });
  });
});
