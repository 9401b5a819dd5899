import { randomFillSync } from 'node:crypto';
import type { WireMessage } from '../dialect/media-event.js';

const WHOLE = 0x80;
const TEXT = 1;
const BYTES = 2;
const MASKED = 0x80;
/** Lengths from which on two bytes say it, and eight. */
const LONG = 126;
const LONGER = 0x1_0000;

/** Random bytes that are made many at once. */
const randoms = Buffer.alloc(4096);
let used = randoms.length;

/**
 * Makes the frame of a message (RFC 6455, section 5.2), in one piece of memory of its own, so that one write sends it.
 *
 * @param isMasked true for what a client sends.
 */
export function frameOf(message: WireMessage, isMasked: boolean): Buffer {
  const isText = typeof message === 'string';
  const length = isText ? Buffer.byteLength(message) : message.length;
  const head = (length < LONG ? 2 : length < LONGER ? 4 : 10) + (isMasked ? 4 : 0);
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = WHOLE | (isText ? TEXT : BYTES);
  frame[1] = (isMasked ? MASKED : 0) | (length < LONG ? length : length < LONGER ? LONG : LONG + 1);
  if (length >= LONGER) frame.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= LONG) frame.writeUInt16BE(length, 2);
  if (isText) frame.write(message, head);
  else frame.set(message, head);
  if (isMasked) mask(frame, head);
  return frame;
}

/** Masks what follows the head, whose last four bytes become the mask: one that nobody can know beforehand. */
function mask(frame: Buffer, head: number): void {
  if (used === randoms.length) {
    randomFillSync(randoms);
    used = 0;
  }
  const at = used;
  used += 4;
  for (let i = 0; i < 4; i++) frame[head - 4 + i] = randoms[at + i] ?? 0;
  for (let i = head; i < frame.length; i++)
    frame[i] = (frame[i] ?? 0) ^ (randoms[at + ((i - head) & 3)] ?? 0);
}
