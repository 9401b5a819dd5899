import { randomFillSync } from 'node:crypto';
import type { WireMessage } from '../dialect/media-event.js';

const WHOLE = 0x80;
const TEXT = 1;
const BYTES = 2;
const MASKED = 0x80;
/** Lengths from which on the length field has two bytes, and eight bytes. */
const LONG = 126;
const LONGER = 0x1_0000;

/** Random bytes, which are made in large batches. */
const randoms = Buffer.alloc(4096);
const WORD = Int32Array.BYTES_PER_ELEMENT;
const randomWords = new Int32Array(randoms.buffer, randoms.byteOffset, randoms.length / WORD);
let used = randoms.length;

/**
 * Makes the frame of a message (RFC 6455, section 5.2) in one buffer, so that one write sends it.
 *
 * @param isMasked true for frames of a client.
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
  if (isText) frame.write(message, head, length === message.length ? 'latin1' : 'utf8');
  else frame.set(message, head);
  if (isMasked) mask(frame, head);
  return frame;
}

/** Masks the payload with an unpredictable key, which becomes the last four bytes of the head. */
function mask(frame: Buffer, head: number): void {
  if (used === randoms.length) {
    randomFillSync(randoms);
    used = 0;
  }
  const at = used;
  used += 4;
  for (let i = 0; i < 4; i++) frame[head - 4 + i] = randoms[at + i] ?? 0;
  // Whole words at once, where they lie as the processor reads them.
  const start = frame.byteOffset + head;
  const words = start % WORD === 0 ? Math.floor((frame.length - head) / WORD) : 0;
  if (words > 0) {
    const payload = new Int32Array(frame.buffer, start, words);
    const key = randomWords[at / WORD] ?? 0;
    for (let i = 0; i < words; i++) payload[i] = (payload[i] ?? 0) ^ key;
  }
  for (let i = head + WORD * words; i < frame.length; i++)
    frame[i] = (frame[i] ?? 0) ^ (randoms[at + ((i - head) & 3)] ?? 0);
}
