import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { RtpConnection } from '../../../src/line/rtp/rtp-options.js';
import { readTelephoneEvent } from '../../../src/line/rtp/telephone-event.js';
import { type RtpPacket, RtpSession, VirtualClock, VOICE_FORMAT, writeRtp } from '../../../src/line.js';
import { analyzeSamples } from '../../../src/voice/stage.js';
import { DtmfDetector } from '../../../src/voice/tone/dtmf-detector.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { randomFrom } from '../../random.js';
import { driven } from '../../turns.js';
import { WireEnd, wire } from './wire.js';

const FRAME = 320;

/** Two sessions on a wire, in a conversation whose ticks a test makes. */
async function call(options: Partial<RtpConnection> = {}, back: Partial<RtpConnection> = {}) {
  const clock = new VirtualClock();
  const ends = wire();
  const sessions = await Promise.all(ends.map((transport) => RtpSession.open({ clock, transport })));
  const [alice, bob] = sessions as [RtpSession, RtpSession];
  const connect = (session: RtpSession, peer: WireEnd, more: Partial<RtpConnection>) =>
    session.connect({ remote: peer.address, codec: 'PCMU', payloadType: 0, ...more });
  await connect(alice, ends[1], options);
  await connect(bob, ends[0], { ...options, ...back });
  void [alice.voice, bob.voice];
  const heard: Int16Array[] = [];
  /** Alice says `samples`, bob silence; returns what bob's end has played so far. */
  const say = async (samples: Int16Array) => {
    for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
      await clock.advance(20);
      await alice.voice.hear(samples.slice(at, at + FRAME));
      const frame = new Int16Array(FRAME);
      await bob.voice.speak(frame);
      heard.push(frame);
    }
    return Int16Array.from(heard.flatMap((frame) => [...frame]));
  };
  return { clock, alice, bob, ends, say };
}

const tone = (durationMs: number, frequency = 400) =>
  toneSamples({ frequency, durationMs, levelDbfs: -10, fadeMs: 0, format: VOICE_FORMAT });

/** Signal to noise of `heard` against `said`, delayed by as much as fits best up to 100 ms, in dB. */
function quality(said: Int16Array, heard: Int16Array, from = 3200): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let delay = 0; delay < 1600; delay++) {
    let [noise, power] = [1, 0];
    for (let i = from; i < heard.length; i++) {
      noise += ((heard[i] ?? 0) - (said[i - delay] ?? 0)) ** 2;
      power += (said[i - delay] ?? 0) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(power / noise));
  }
  return best;
}

describe('a session carries voice', () => {
  it.each([
    ['PCMU', 0, 30],
    ['PCMA', 8, 30],
    ['G722', 9, 30],
    ['opus', 111, 8],
  ] as const)('%s', async (codec, payloadType, least) => {
    const { bob, say } = await call({ codec, payloadType });
    const said = tone(600);
    const heard = await say(said);
    expect(quality(said, heard)).toBeGreaterThan(least);
    expect(bob.stats().received).toMatchObject({ packets: 30, lost: 0, duplicates: 0 });
    expect(bob.stats().playout).toMatchObject({ late: 0, concealedMs: 0, insertedMs: 0, removedMs: 0 });
  });

  it.each([10, 20, 30, 40, 50, 60])('in packets of %i ms', async (ptimeMs) => {
    const { ends, say } = await call({ ptimeMs });
    const said = tone(1200);
    expect(quality(said, await say(said), 6400)).toBeGreaterThan(30);
    expect(ends[0].sent).toHaveLength(1200 / ptimeMs);
    expect(ends[0].sent[0]).toHaveLength(12 + 8 * ptimeMs);
  });
});

describe('digits', () => {
  const event = { payloadType: 101, clockRate: 8000 };
  const silence = new Int16Array(32_000);

  it.each([
    ['as events', event],
    ['as tones, where events were not agreed on', undefined],
  ])('%s', async (_, telephoneEvent) => {
    const { alice, bob, say } = await call({ ...(telephoneEvent && { telephoneEvent }) });
    const digits: string[] = [];
    bob.on('digit', (digit) => digits.push(digit));
    const sent = [...'159#'].map((digit) => alice.sendDigit(digit, 100));
    await say(silence);
    await Promise.all(sent);
    expect(digits.join('')).toBe('159#');
  });

  it('are heard as tones, whether sent as events or tones', async () => {
    const { alice, say } = await call({ telephoneEvent: event });
    void alice.sendDigit('5', 200);
    const heard = await say(silence);
    const digits = analyzeSamples(heard, new DtmfDetector()).filter(({ type }) => type === 'begin');
    expect(digits.map(({ digit }) => digit)).toEqual(['5']);
  });

  it('end although the packets of their end are lost', async () => {
    const { alice, bob, ends, clock, say } = await call({ telephoneEvent: event });
    const ended: string[] = [];
    bob.on('digit-end', (digit) => ended.push(digit));
    ends[0].carry = (bytes) => (readTelephoneEvent(bytes.subarray(12))?.end ? [] : [bytes]);
    void alice.sendDigit('7', 200).catch(() => undefined);
    await say(silence.subarray(0, 320 * 14));
    await clock.advance(1000);
    expect(ended).toEqual(['7']);
  });

  it('are refused when invalid, and given up with the session', async () => {
    const { alice } = await call();
    await expect(alice.sendDigit('x')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    const waiting = alice.sendDigit('1');
    await alice.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe('a session accepts its peer only', () => {
  const packet = (sequence: number, more: Partial<RtpPacket> = {}) =>
    writeRtp({
      ...{ payloadType: 0, marker: false, ssrc: 99 },
      ...{ sequence, timestamp: sequence * 160, payload: Buffer.alloc(160, 0xff), ...more },
    });

  async function receiving(options: Partial<RtpConnection> = {}) {
    const clock = new VirtualClock();
    const [near, far] = wire();
    const session = await RtpSession.open({ clock, transport: near, timeoutMs: 1000 });
    const events: string[] = [];
    session.on('latched', ({ port }) => events.push(`latched ${port}`));
    session.on('timeout', () => events.push('timeout'));
    session.on('bye', () => events.push('bye'));
    const connect = (more: Partial<RtpConnection> = {}) =>
      session.connect({ remote: far.address, codec: 'PCMU', payloadType: 0, ...options, ...more });
    return { clock, session, near, far, connect, events };
  }

  it('latches onto the source of the first valid packet, and only once', async () => {
    const { session, near, far, connect, events } = await receiving();
    near.receive(packet(1), false);
    await connect();
    const behindNat = new WireEnd(7000);
    const stranger = new WireEnd(8000);
    near.receive(Buffer.from('nonsense'), false, stranger);
    near.receive(packet(1, { payloadType: 77 }), false, stranger);
    near.receive(packet(2), false, behindNat);
    for (let n = 0; n < 5; n++) near.receive(packet(n), false, stranger);
    near.receive(packet(3), false, far);
    near.receive(packet(3), false, behindNat);
    expect(events).toEqual(['latched 7000']);
    expect(session.remote?.port).toBe(7000);
    expect(session.stats()).toMatchObject({
      received: { packets: 2 },
      rejected: { early: 1, malformed: 1, payload: 1, strangers: 6 },
    });
    // The same agreement again changes nothing; another address does.
    await connect();
    expect(session.remote?.port).toBe(7000);
    await connect({ remote: { address: '192.0.2.1', port: 9000 } });
    expect(session.remote?.port).toBe(9000);
    near.receive(packet(4), false, new WireEnd(9000));
    expect(events).toEqual(['latched 7000', 'latched 9000']);
  });

  it('changes to another source that keeps sending, and not to a stray packet', async () => {
    const { session, near, connect } = await receiving();
    await connect();
    for (let n = 0; n < 3; n++) near.receive(packet(n), false);
    near.receive(packet(500, { ssrc: 1 }), false);
    near.receive(packet(600, { ssrc: 2 }), false);
    near.receive(packet(3), false);
    near.receive(packet(20_000), false);
    for (let n = 100; n < 105; n++) near.receive(packet(n, { ssrc: 3 }), false);
    expect(session.stats()).toMatchObject({
      received: { packets: 9, sources: 2, lost: 0 },
      rejected: { source: 3 },
    });
  });

  it('counts lost, duplicate and reordered packets, over a wrap of the numbers', async () => {
    const { session, near, connect } = await receiving();
    await connect();
    for (const n of [65_533, 65_535, 65_534, 65_536, 65_536, 65_539]) near.receive(packet(n & 0xffff), false);
    expect(session.stats().received).toMatchObject({ packets: 5, lost: 2, duplicates: 1, reordered: 1 });
  });

  it('reports silence of its peer once, and again after it was back', async () => {
    const { clock, near, connect, events } = await receiving();
    await connect();
    near.receive(packet(1), false);
    await clock.advance(5000);
    near.receive(packet(2), false);
    await clock.advance(5000);
    expect(events).toEqual(['latched 5000', 'timeout', 'timeout']);
  });

  it('closed because its peer is silent stops its timer', async () => {
    const { clock, session, connect, events } = await receiving();
    session.on('timeout', () => void session.close());
    await connect();
    await clock.advance(1000);
    const set = vi.spyOn(clock, 'timerAt');
    await clock.advance(10_000);
    expect(events).toEqual(['timeout']);
    expect(set).not.toHaveBeenCalled();
  });

  it('sends reports to its peer and reads its reports, also encrypted', async () => {
    const keys = (fill: number) => ({
      suite: 'AES_CM_128_HMAC_SHA1_32' as const,
      key: Buffer.alloc(30, fill).toString('base64'),
    });
    for (const isSecret of [false, true]) {
      const srtp = (local: number, remote: number) =>
        isSecret ? { srtp: { local: keys(local), remote: keys(remote) } } : {};
      const { clock, alice, bob, say, ends } = await call(srtp(1, 2), srtp(2, 1));
      let count = 0;
      ends[0].carry = (bytes, rtcp) => (!rtcp && ++count % 4 === 0 ? [] : [bytes]);
      await say(new Int16Array(16_000 * 20));
      expect(alice.stats().peer?.lossPercent).toBeCloseTo(25, -1);
      expect(alice.stats().peer).toMatchObject({ roundTripMs: expect.closeTo(0, 0) as number });
      expect(bob.stats().rejected).toMatchObject({ unauthentic: 0, malformed: 0 });
      const ended = new Promise<void>((resolve) => alice.once('bye', () => resolve()));
      await bob.close();
      await ended;
      await alice.close();
      await clock.advance(10_000);
    }
  });

  it('resolves all waits for the end of the played voice', async () => {
    const { clock, alice, bob, say } = await call();
    await say(toneSamples({ frequency: 400, durationMs: 200 }));
    await driven(clock, Promise.all([bob.played(), bob.played()]));
    await Promise.all([alice.close(), bob.close()]);
  });

  it('drops packets that are not encrypted with its key', async () => {
    const key = { suite: 'AES_CM_128_HMAC_SHA1_80', key: Buffer.alloc(30, 1).toString('base64') } as const;
    const { session, near, connect } = await receiving({ srtp: { local: key, remote: key } });
    await connect();
    near.receive(packet(1), false);
    near.receive(Buffer.alloc(200, 0x80), false);
    near.receive(Buffer.alloc(200, 0x80), true);
    expect(session.stats()).toMatchObject({ received: { packets: 0 }, rejected: { unauthentic: 3 } });
    await expect(connect({ srtp: { local: key, remote: { ...key, key: 'short' } } })).rejects.toThrow(
      /5 characters/,
    );
  });

  it('takes any bytes', async () => {
    const { session, near, connect } = await receiving({
      telephoneEvent: { payloadType: 101, clockRate: 8000 },
    });
    await connect({ accepts: [{ codec: 'opus', payloadType: 111 }] });
    void session.voice;
    const frame = new Int16Array(320);
    const random = randomFrom(11);
    for (let n = 0; n < 5000; n++) {
      const bytes = Buffer.from(Array.from({ length: random() * 60 }, () => random() * 256));
      if (bytes.length > 12 && random() < 0.9) {
        bytes[0] = 0x80 | (random() < 0.2 ? random() * 32 : 0);
        bytes[1] = [0, 8, 13, 101, 111, 128][Math.floor(random() * 6)] ?? 0;
        if (random() < 0.9) bytes.writeUInt32BE(4, 8);
      }
      near.receive(bytes, random() < 0.1);
      if (n % 50 === 0) await session.voice.speak(frame);
    }
    const { received, rejected } = session.stats();
    expect(received.packets + rejected.malformed + rejected.payload + rejected.source).toBeGreaterThan(3000);
    await session.close();
  });
});

describe('ports', () => {
  it('are an even one and the next; an exhausted range is reported', async () => {
    const free = await RtpSession.open();
    const { port } = free;
    expect(port % 2).toBe(0);
    expect(free.rtcpPort).toBe(port + 1);
    await free.close();
    const ports = { from: port - 1, to: port + 1 };
    const only = await RtpSession.open({ ports });
    expect(only.port).toBe(port);
    await expect(RtpSession.open({ ports })).rejects.toMatchObject({
      code: 'ERR_PORT',
      message: expect.stringMatching(/1 pair/) as string,
    });
    await only.close();
    await (await RtpSession.open({ ports })).close();
  });

  it('carry a call over UDP', async () => {
    const sessions = await Promise.all([RtpSession.open(), RtpSession.open()]);
    const [alice, bob] = sessions;
    const connect = (session: RtpSession, { port }: RtpSession) =>
      session.connect({ remote: { address: '127.0.0.1', port }, codec: 'PCMA', payloadType: 8 });
    await connect(alice, bob);
    await connect(bob, alice);
    const came = once(bob, 'latched');
    await alice.voice.hear(new Int16Array(320));
    await came;
    expect(bob.stats().received.packets).toBe(1);
    await Promise.all(sessions.map((session) => session.close()));
  });
});
