import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { audioSocketLine } from '../../../src/line/audiosocket/audio-socket-line.js';
import { frameOf } from '../../../src/line/websocket/web-socket-frame.js';
import { webSocketLine } from '../../../src/line/websocket/web-socket-line.js';
import { turn, until } from '../../turns.js';
import { closed, passing, stage } from './line-stage.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const MB = 1 << 20;
/** What the documentation promises that a message costs at most, and what a measurement is off by. */
const BOUND = 4 * MB;
const NOISE = MB;
const STEP = 2 * MB;
const TEN_MB = Buffer.alloc(10 * MB);
const MINUTES = { startTimeoutMs: 3_600_000, maxCalls: 2 };

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** Calls of Twilio: how one begins, and what it says. */
const TWILIO = {
  begin: (id: string) => {
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
    const start = { event: 'start', streamSid: id, start: { streamSid: id, mediaFormat } };
    return Buffer.concat([Buffer.from(REQUEST), frameOf(JSON.stringify(start), true)]);
  },
  loud: (id: string) => {
    const payload = Buffer.alloc(160, 0x9f).toString('base64');
    return frameOf(JSON.stringify({ event: 'media', streamSid: id, media: { payload } }), true);
  },
};

/** Calls of AudioSocket. */
const ASTERISK = {
  begin: (id: string) => Buffer.concat([Uint8Array.of(1, 0, 16), Buffer.alloc(16, id)]),
  loud: () => Buffer.concat([Uint8Array.of(0x10, 1, 64), Buffer.alloc(320, 0x20)]),
};

/** Head of a frame of a client, with a mask of zeros. */
function headOf(length: number): Buffer {
  const head = Buffer.alloc(14);
  head.set([0x81, 0xff]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** Two calls of a line: one that is good, and one that is about to be hostile. */
async function twoCalls(
  line: ReturnType<typeof webSocketLine>,
  { begin, loud }: { begin(id: string): Buffer; loud(id: string): Buffer },
) {
  const staged = await stage(line);
  const { clock, listener } = staged;
  const dialled = async (id: string, count: number): Promise<Socket> => {
    const socket = connect(line.port, '127.0.0.1').on('error', () => undefined);
    socket.resume().write(begin(id));
    await passing(clock, () => listener.calls.length === count && !!listener.calls[count - 1]?.conversation);
    return socket;
  };
  const good = await dialled('a', 1);
  const bad = await dialled('b', 2);
  const [call, other] = listener.calls;
  return {
    ...staged,
    bad,
    other,
    /** Checks that the good call is heard from now on, and was not ended. */
    goodCallGoesOn: async () => {
      call?.heard.splice(0);
      good.write(loud('a'));
      await passing(clock, () => call?.heard.some((sample) => sample > 4000) ?? false);
      expect(call?.cause).toBeUndefined();
    },
    close: async () => {
      good.destroy();
      bad.destroy();
      await closed(staged.exchange, clock);
    },
  };
}

/** Memory outside of the heap of JavaScript that is in use: buffers and samples. The second run frees what the first found. */
function usedBytes(): number {
  gc();
  gc();
  return process.memoryUsage().arrayBuffers;
}

/** Writes bytes, and returns the most memory that was in use until all were taken or the socket was closed. */
async function mostWhile(socket: Socket, bytes: Buffer): Promise<number> {
  let most = 0;
  for (let at = 0; at < bytes.length && !socket.destroyed; at += STEP) {
    let isTaken = false;
    socket.write(bytes.subarray(at, at + STEP), () => {
      isTaken = true;
    });
    await until(() => isTaken || socket.destroyed);
    await turn();
    most = Math.max(most, usedBytes());
  }
  return most;
}

describe('a peer that sends 10 MB in a call uses limited memory, and does not affect another call', () => {
  it('in one message of a WebSocket, which ends its call', async () => {
    const calls = await twoCalls(
      webSocketLine({ target: 'listener', dialect: 'twilio', ...MINUTES }),
      TWILIO,
    );
    const before = usedBytes();
    calls.bad.write(headOf(TEN_MB.length));
    expect((await mostWhile(calls.bad, TEN_MB)) - before).toBeLessThan(NOISE);
    await passing(calls.clock, () => calls.other?.cause !== undefined);
    expect(calls.failures).toEqual([expect.objectContaining({ code: 'ERR_LIMIT' })]);
    await calls.goodCallGoesOn();
    await calls.close();
  });

  it('in a message of 4 MB that does not end', async () => {
    const calls = await twoCalls(
      webSocketLine({ target: 'listener', dialect: 'twilio', ...MINUTES }),
      TWILIO,
    );
    const before = usedBytes();
    calls.bad.write(headOf(BOUND));
    const most = await mostWhile(calls.bad, TEN_MB.subarray(0, BOUND - 1));
    expect(most - before).toBeLessThan(BOUND + NOISE);
    await calls.goodCallGoesOn();
    expect(calls.other?.cause).toBeUndefined();
    // What follows makes it whole: it is no JSON.
    await mostWhile(calls.bad, TEN_MB.subarray(0, 1));
    await passing(calls.clock, () => calls.other?.cause !== undefined);
    expect(calls.failures).toEqual([expect.objectContaining({ code: 'ERR_SYNTAX' })]);
    expect(usedBytes() - before).toBeLessThan(NOISE);
    await calls.close();
  });

  it('as audio of AudioSocket, of which only the newest is kept', async () => {
    const calls = await twoCalls(audioSocketLine({ target: 'listener', ...MINUTES }), ASTERISK);
    const frame = Buffer.concat([Uint8Array.of(0x10, 0xff, 0xfe), TEN_MB.subarray(0, 0xfffe)]);
    const all = Buffer.concat(Array.from({ length: 160 }, () => frame));
    const before = usedBytes();
    expect((await mostWhile(calls.bad, all)) - before).toBeLessThan(NOISE);
    await calls.goodCallGoesOn();
    expect(calls.other?.cause).toBeUndefined();
    expect(calls.failures).toEqual([]);
    await calls.close();
  });
});
