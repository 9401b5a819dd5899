import { isAscii, isUtf8 } from 'node:buffer';
import type { WireMessage } from '../dialect/media-event.js';

const TEXT = 0x81;
const BYTES = 0x82;
const MASKED = 0x80;
const WHOLE = 0x80;
const OPCODE = 0x0f;
/** Opcode from which on a frame is a control frame. */
const CONTROL = 8;
const CLOSE = 8;
/** Values of the length field after which the length follows, in two and in eight bytes. */
const LONG = 126;
const LONGER = 127;
/** Bytes of the longest head without its mask. */
const MAX_HEAD = 10;
const MASK_BYTES = 4;

/** Owner of {@link PlainFrames}. */
export interface PlainFramesOwner {
  message(message: WireMessage): void;
  /** Takes bytes that are not a plain message. They are valid during the call only. */
  others(bytes: Buffer): void;
}

/**
 * Reads the plain messages of a WebSocket (RFC 6455, section 5.2): those that are one frame, and are whole in one piece
 * of the stream. Everything else goes to `others`, in order: control frames, fragments, frames that are cut, and
 * faults. What follows in the same piece goes there as well, because a fault may have been among it. Nothing is read
 * after the end of a close frame.
 */
export class PlainFrames {
  readonly #masked: number;
  readonly #maxBytes: number;
  readonly #owner: PlainFramesOwner;
  /** Bytes of the last frame that have not come. */
  #owed = 0;
  /** Head of the last frame, where that was cut itself. */
  #head: Buffer = Buffer.alloc(0);
  #isFragmented = false;
  /** True after a close frame. Nothing that follows it is a message. */
  #isClosed = false;

  /**
   * @param isMasked true for frames of a client.
   * @param maxBytes Longest message.
   */
  constructor(isMasked: boolean, maxBytes: number, owner: PlainFramesOwner) {
    this.#masked = isMasked ? MASKED : 0;
    this.#maxBytes = maxBytes;
    this.#owner = owner;
  }

  push(bytes: Buffer): void {
    if (this.#isClosed && this.#owed === 0) return;
    const at = this.#owed > 0 || this.#head.length > 0 ? 0 : this.#takePlain(bytes);
    if (at === bytes.length) return;
    const rest = bytes.subarray(at);
    this.#follow(rest);
    this.#owner.others(rest);
  }

  /** Takes messages as long as they are plain. Returns the end of the last one. */
  #takePlain(bytes: Buffer): number {
    let at = 0;
    while (!this.#isFragmented && at + 2 <= bytes.length) {
      const first = bytes[at] ?? 0;
      const head = headOf(bytes, at);
      if ((first !== TEXT && first !== BYTES) || !head || head.masked !== this.#masked) break;
      const end = at + head.size + head.length;
      if (end > bytes.length || head.length > this.#maxBytes) break;
      const payload = bytes.subarray(at + head.size, end);
      if (this.#masked) unmask(payload, bytes, at + head.size - MASK_BYTES);
      const message = first === BYTES ? Buffer.from(payload) : textOf(payload);
      if (message === undefined) {
        // Others find the fault in a text that is not UTF-8, in the bytes that came.
        if (this.#masked) unmask(payload, bytes, at + head.size - MASK_BYTES);
        break;
      }
      at = end;
      this.#owner.message(message);
    }
    return at;
  }

  /** Follows frames without reading them, up to a close frame. */
  #follow(bytes: Buffer): void {
    if (bytes.length < this.#owed) {
      this.#owed -= bytes.length;
      return;
    }
    let at = this.#owed;
    let all = bytes;
    if (this.#head.length > 0) {
      all = Buffer.concat([this.#head, bytes]);
      this.#head = Buffer.alloc(0);
    }
    while (at < all.length && !this.#isClosed) {
      const head = headOf(all, at);
      if (!head) {
        this.#head = Buffer.from(all.subarray(at, at + MAX_HEAD));
        return;
      }
      const first = all[at] ?? 0;
      const opcode = first & OPCODE;
      this.#isClosed = opcode === CLOSE;
      if (opcode < CONTROL) this.#isFragmented = (first & WHOLE) === 0;
      at += head.size + head.length;
    }
    this.#owed = Math.max(0, at - all.length);
  }
}

interface Head {
  /** Bytes of the head, with those of the mask. */
  readonly size: number;
  /** Bytes of the payload. */
  readonly length: number;
  readonly masked: number;
}

/** Reads the head of the frame at `at`; undefined when it is not whole. */
function headOf(bytes: Buffer, at: number): Head | undefined {
  if (at + 2 > bytes.length) return undefined;
  const second = bytes[at + 1] ?? 0;
  const masked = second & MASKED;
  const short = second & ~MASKED;
  const size = 2 + (short === LONG ? 2 : short === LONGER ? 8 : 0);
  if (at + size > bytes.length) return undefined;
  const length =
    short < LONG
      ? short
      : short === LONG
        ? bytes.readUInt16BE(at + 2)
        : Number(bytes.readBigUInt64BE(at + 2));
  return { size: size + (masked ? MASK_BYTES : 0), length, masked };
}

/** Applies a mask, which is at `at` in `bytes`: it masks, or undoes that. */
function unmask(payload: Buffer, bytes: Buffer, at: number): void {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  const { length } = payload;
  const whole = length - (length % MASK_BYTES);
  for (let i = 0; i < whole; i += MASK_BYTES) {
    payload[i] = (payload[i] ?? 0) ^ a;
    payload[i + 1] = (payload[i + 1] ?? 0) ^ b;
    payload[i + 2] = (payload[i + 2] ?? 0) ^ c;
    payload[i + 3] = (payload[i + 3] ?? 0) ^ d;
  }
  for (let i = whole; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (bytes[at + (i & 3)] ?? 0);
}

/** Returns a text; undefined for bytes that are not UTF-8. */
function textOf(payload: Buffer): string | undefined {
  if (isAscii(payload)) return payload.toString('latin1');
  return isUtf8(payload) ? payload.toString('utf8') : undefined;
}
