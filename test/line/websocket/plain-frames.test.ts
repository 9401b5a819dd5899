import { describe, expect, it } from 'vitest';
import { PlainFrames } from '../../../src/line/websocket/plain-frames.js';
import { frameOf } from '../../../src/line/websocket/web-socket-frame.js';
import { wsReceiver } from './ws-receiver.js';

const MAX = 100_000;
/** Memory that all pieces are read into, one after the other. */
const memory = Buffer.alloc(2 * MAX);

/** A frame of any first byte. */
function frame(first: number, payload: string | Uint8Array, isMasked: boolean): Buffer {
  const bytes = frameOf(typeof payload === 'string' ? Buffer.from(payload) : payload, isMasked);
  bytes[0] = first;
  return bytes;
}

/** What is read of pieces of a stream: by `PlainFrames` and what it leaves to `ws`, and how many bytes that are. */
function read(pieces: readonly Buffer[], isMasked: boolean) {
  const told: unknown[] = [];
  let left = 0;
  const ws = wsReceiver(isMasked, MAX, told);
  const frames = new PlainFrames(isMasked, MAX, {
    message: (message) => told.push(message),
    others: (bytes) => {
      left += bytes.length;
      ws.write(Buffer.from(bytes));
    },
  });
  for (const piece of pieces) {
    piece.copy(memory);
    frames.push(memory.subarray(0, piece.length));
  }
  return { told, left };
}

function readByWs(bytes: Buffer, isMasked: boolean): unknown[] {
  const told: unknown[] = [];
  wsReceiver(isMasked, MAX, told).write(Buffer.from(bytes));
  return told;
}

describe.each([true, false])('messages of a peer that masks: %s', (isMasked) => {
  const plain = [
    frameOf('a text', isMasked),
    frameOf(Uint8Array.of(1, 2, 3), isMasked),
    frameOf('Grüße'.repeat(20), isMasked),
    frameOf('', isMasked),
    frameOf(Buffer.alloc(70_000, 'voice'), isMasked),
  ];
  const stream = Buffer.concat([
    ...plain.slice(0, 2),
    frame(0x89, 'ping', isMasked),
    frame(0x01, 'a text ', isMasked),
    frame(0x8a, 'pong', isMasked),
    frame(0x80, 'in two', isMasked),
    ...plain.slice(2, 4),
    frame(0x02, 'bytes ', isMasked),
    frame(0x00, 'in ', isMasked),
    frame(0x80, 'three', isMasked),
    frameOf(Buffer.alloc(130, 'voice'), isMasked),
    frame(0x88, '', isMasked),
    frameOf('after the end', isMasked),
  ]);

  it('are read on their own when they are complete', () => {
    expect(read(plain, isMasked)).toEqual({ told: readByWs(Buffer.concat(plain), isMasked), left: 0 });
  });

  it('are read alike wherever the stream is cut', () => {
    const expected = readByWs(stream, isMasked);
    expect(expected).toHaveLength(10);
    for (let at = 0; at <= stream.length; at++)
      expect(read([stream.subarray(0, at), stream.subarray(at)], isMasked).told).toEqual(expected);
    expect(
      read(
        Array.from(stream, (_, at) => stream.subarray(at, at + 1)),
        isMasked,
      ).told,
    ).toEqual(expected);
  });

  it('are read alike when a frame comes in many pieces, for any payload', () => {
    // Each piece of the payload begins like a frame.
    const like = frameOf('not a message', isMasked);
    const payload = Buffer.concat(Array.from({ length: 20 }, () => like));
    const head = frame(0x82, Buffer.alloc(payload.length), isMasked).subarray(0, isMasked ? 8 : 4);
    if (isMasked) head.fill(0, 4);
    const bytes = Buffer.concat([head, payload, frameOf('a text', isMasked)]);
    const pieces = [bytes.subarray(0, head.length)];
    for (let at = head.length; at < bytes.length; at += like.length)
      pieces.push(bytes.subarray(at, at + like.length));
    expect(readByWs(bytes, isMasked)).toEqual([payload, 'a text']);
    expect(read(pieces, isMasked).told).toEqual([payload, 'a text']);
  });

  it('are read on the fast path again after other frames, in the next piece', () => {
    const pieces = [frame(0x89, 'ping', isMasked), plain[0] ?? stream];
    expect(read(pieces, isMasked)).toEqual({ told: ['ping ping', 'a text'], left: pieces[0]?.length });
    const cut = plain[0] ?? stream;
    const cuts = [cut.subarray(0, 1), cut.subarray(1), cut];
    expect(read(cuts, isMasked)).toEqual({ told: ['a text', 'a text'], left: cut.length });
  });

  it('after a close frame are not read, in a piece of their own', () => {
    for (const close of [frame(0x88, '', isMasked), frame(0x88, Uint8Array.of(0x03, 0xe8), isMasked)])
      for (let at = 1; at <= close.length; at++) {
        const pieces = [close.subarray(0, at), close.subarray(at), plain[0] ?? stream];
        const { told, left } = read(pieces, isMasked);
        expect(told).toEqual(readByWs(close, isMasked));
        expect(left).toBe(close.length);
      }
  });

  it.each<[string, Buffer]>([
    ['a mask that is wrong', frameOf('a text', !isMasked)],
    ['a text that is not UTF-8', frame(0x81, Uint8Array.of(0xc3, 0x28), isMasked)],
    ['a reserved bit', frame(0xc1, 'a text', isMasked)],
    ['an unknown opcode', frame(0x83, 'a text', isMasked)],
    ['a message within another', Buffer.concat([frame(1, '{', isMasked), frame(0x81, '{', isMasked)])],
    ['the rest of nothing', frame(0x80, 'a text', isMasked)],
    ['a length above the limit', frameOf(Buffer.alloc(MAX + 1), isMasked)],
  ])('end at %s, as the full parser does, and nothing is read after it', async (_, fault) => {
    const pieces = Buffer.concat([frameOf('first', isMasked), fault, frameOf('last', isMasked)]);
    const { told } = read([pieces], isMasked);
    const expected = readByWs(pieces, isMasked);
    // Errors of `ws` come in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(expected);
    expect(told).toEqual(['first', expect.any(Error)]);
  });
});
