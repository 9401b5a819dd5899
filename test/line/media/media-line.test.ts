import { describe, expect, it } from 'vitest';
import { audioSocketLine } from '../../../src/line/audiosocket/audio-socket-line.js';
import { webSocketLine } from '../../../src/line/websocket/web-socket-line.js';
import { until } from '../../turns.js';
import { Bytes, closed, passing, stage, Texts } from './line-stage.js';

const ID = Buffer.from('8f4b8a3e9a5c4f5e8a3b1d2c3b4a5f60', 'hex');
const HEAD = [0x01, 0, 16, ...ID];
/** 20 ms of 8 kHz at one level. */
const frame = (level: number) => {
  const bytes = Buffer.alloc(323);
  bytes.set([0x10, 320 >> 8, 320 & 255]);
  for (let at = 3; at < 323; at += 2) bytes.writeInt16LE(level, at);
  return bytes;
};

describe('a line of AudioSocket', () => {
  it('makes a call of a connection: voice in both directions, digits, the end', async () => {
    const line = audioSocketLine({ target: 'listener', startTimeoutMs: 3_600_000 });
    const { clock, listener, exchange, failures } = await stage(line);
    const asterisk = new Bytes(line.port);
    asterisk.write(HEAD);
    await passing(clock, () => listener.calls[0]?.conversation !== undefined);
    const [call] = listener.calls;
    expect(listener.callers[0]).toMatchObject({
      handle: 'audiosocket',
      fullName: '8f4b8a3e-9a5c-4f5e-8a3b-1d2c3b4a5f60',
    });
    for (let at = 0; at < 20; at++) asterisk.write(frame(3000));
    asterisk.write([0x03, 0, 1, 0x35]);
    await passing(clock, () => (call?.digits.length ?? 0) > 0 && (call?.heard.includes(3000) ?? false));
    expect(call?.digits).toEqual(['5']);
    await passing(clock, () => asterisk.received.length >= 323 * 3);
    // Each is a whole frame of 20 ms at the rate of the call.
    expect([...asterisk.received.subarray(0, 3)]).toEqual([0x10, 1, 64]);
    expect(asterisk.received.readInt16LE(323 * 2 + 103)).toBeCloseTo(1000, -2);
    asterisk.write([0x00, 0, 0]);
    await passing(clock, () => call?.cause !== undefined && asterisk.closed);
    expect(call?.cause).toBe('hung-up');
    expect(line.activeCalls).toBe(0);
    expect(failures).toEqual([]);
    await closed(exchange, clock);
  });

  it('does not turn audio that came before the call was connected into a delay', async () => {
    const line = audioSocketLine({ target: 'listener', startTimeoutMs: 3_600_000 });
    const { clock, listener, exchange } = await stage(line);
    const asterisk = new Bytes(line.port);
    asterisk.write(HEAD);
    for (let at = 0; at < 50; at++) asterisk.write(frame(7000));
    await until(() => listener.calls.length > 0 || line.activeCalls > 0);
    await passing(clock, () => listener.calls[0]?.conversation !== undefined);
    for (let at = 0; at < 4; at++) asterisk.write(frame(3000));
    await passing(clock, () => listener.calls[0]?.heard.includes(3000) ?? false);
    expect(listener.calls[0]?.heard).not.toContain(7000);
    await closed(exchange, clock);
  });

  it('counts calls when they begin, not connections', async () => {
    const line = audioSocketLine({ target: 'listener', maxCalls: 1, startTimeoutMs: 3_600_000 });
    const { clock, listener, exchange } = await stage(line);
    const [first, second] = [new Bytes(line.port), new Bytes(line.port)];
    // Both have connected before either says whose call it is.
    await passing(clock, () => first.connected && second.connected);
    first.write(HEAD);
    second.write(HEAD);
    await passing(clock, () => listener.calls.length > 0 && (first.closed || second.closed));
    expect(listener.calls).toHaveLength(1);
    expect([first.closed, second.closed].filter(Boolean)).toHaveLength(1);
    await closed(exchange, clock);
  });

  it('tells Asterisk when the other end hangs up', async () => {
    const line = audioSocketLine({ target: 'listener', startTimeoutMs: 3_600_000 });
    const { clock, listener, exchange } = await stage(line);
    const asterisk = new Bytes(line.port);
    asterisk.write(HEAD);
    await passing(clock, () => listener.calls[0]?.conversation !== undefined);
    listener.calls[0]?.conversation?.end({ kind: 'hung-up' });
    await passing(clock, () => asterisk.closed);
    expect([...asterisk.received.subarray(-3)]).toEqual([0, 0, 0]);
    await closed(exchange, clock);
  });

  it('closes a silent connection, and one that is not AudioSocket, without a call', async () => {
    const line = audioSocketLine({ target: 'listener', startTimeoutMs: 1000 });
    const { clock, listener, exchange, failures } = await stage(line);
    const [silent, http] = [new Bytes(line.port), new Bytes(line.port)];
    http.write(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1000)));
    await passing(clock, () => http.closed && silent.closed);
    expect(listener.calls).toEqual([]);
    expect(failures.map(String)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('sent a frame'),
        expect.stringContaining('sent no start message in time'),
      ]),
    );
    await closed(exchange, clock);
  });
});

const START = {
  event: 'start',
  sequenceNumber: '1',
  streamSid: 'MZ1',
  start: {
    streamSid: 'MZ1',
    accountSid: 'AC1',
    callSid: 'CA1',
    tracks: ['inbound'],
    customParameters: { to: 'listener', from: '+15550123' },
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
  },
};
const MEDIA = {
  event: 'media',
  sequenceNumber: '2',
  streamSid: 'MZ1',
  media: {
    track: 'inbound',
    chunk: '1',
    timestamp: '0',
    payload: Buffer.alloc(160, 0x00).toString('base64'),
  },
};

describe('a line of Twilio', () => {
  it('makes a call of a stream whose parameters name the callee', async () => {
    const line = webSocketLine({ dialect: 'twilio', startTimeoutMs: 3_600_000 });
    const { clock, listener, exchange } = await stage(line);
    const twilio = await new Texts(`ws://127.0.0.1:${line.port}/media`).open();
    twilio.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    twilio.send(START);
    await passing(clock, () => listener.calls[0]?.conversation !== undefined);
    for (let at = 0; at < 10; at++) twilio.send(MEDIA);
    const [call] = listener.calls;
    await passing(clock, () => call?.heard.some((sample) => sample < -30_000) ?? false);
    await passing(clock, () => twilio.texts.length > 3);
    expect(twilio.json[0]).toMatchObject({ event: 'media', streamSid: 'MZ1' });
    twilio.send({ event: 'stop', sequenceNumber: '9', streamSid: 'MZ1', stop: { callSid: 'CA1' } });
    await passing(clock, () => call?.cause !== undefined);
    await closed(exchange, clock);
  });

  it('refuses messages of another call: the connection ends, and the call fails', async () => {
    const line = webSocketLine({ dialect: 'twilio', target: 'listener', startTimeoutMs: 3_600_000 });
    const { clock, listener, exchange, failures } = await stage(line);
    const twilio = await new Texts(`ws://127.0.0.1:${line.port}/`).open();
    twilio.send(START);
    await passing(clock, () => listener.calls[0]?.conversation !== undefined);
    twilio.send({ ...MEDIA, streamSid: 'MZ2' });
    await passing(clock, () => listener.calls[0]?.cause !== undefined && twilio.closed !== undefined);
    expect(listener.calls[0]?.cause).toBe('failed');
    expect(listener.calls[0]?.heard.every((sample) => sample === 0)).toBe(true);
    expect(String(failures[0])).toContain('a stream other than');
    await closed(exchange, clock);
  });
});

describe('calls to an application', () => {
  it('are made by connecting to it, as a provider of its dialect', async () => {
    const inside = webSocketLine({ dialect: 'raw', target: 'listener', startTimeoutMs: 3_600_000 });
    const far = await stage(inside);
    const line = webSocketLine({
      dialect: 'raw',
      listen: false,
      connect: { url: (number) => `ws://127.0.0.1:${inside.port}/?to=${number.slice(1)}` },
    });
    const near = await stage(line);
    const caller = near.client('alice');
    caller.send('CALL +15550100');
    while (far.listener.calls[0]?.conversation === undefined) {
      await near.clock.advance(20);
      await far.clock.advance(20);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const id = caller.newest('CALL');
    await until(() => caller.told(`CALL ${id} STATUS`).includes('INPROGRESS'));
    caller.send(`SET CALL ${id} STATUS FINISHED`);
    await passing(far.clock, () => far.listener.calls[0]?.cause !== undefined);
    expect(near.failures).toEqual([]);
    await closed(near.exchange, near.clock);
    await closed(far.exchange, far.clock);
  });
});
