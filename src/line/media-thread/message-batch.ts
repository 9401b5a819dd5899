import { sharedMs } from '../../base/time/shared-clock.js';
import type { WireMessage } from '../dialect/media-event.js';

/** Records of many connections, in order, as they are sent between threads. */
export interface MessageBatch {
  readonly bytes: ArrayBuffer;
  /** Bytes in use. */
  readonly length: number;
  /** Time at which it was sent, on the clock that all threads share, in ms. */
  readonly at: number;
}

/**
 * Kinds of records. `opened` has the address that was asked for, `closed` has the error, if any. `closed` is answered by
 * `forget`, after which the number of the connection is given to another one.
 */
export const RECORD = { text: 0, bytes: 1, opened: 2, closed: 3, close: 4, abort: 5, forget: 6 } as const;
export type RecordKind = (typeof RECORD)[keyof typeof RECORD];

/** Takes a record. Bytes are valid during the call only. */
export type TakeRecord = (kind: RecordKind, connection: number, payload: WireMessage) => void;

/*
 * Head of a record: its kind and the encoding of its text, its connection, and the length of its payload (int32 each).
 * The payload follows. The next head begins at a multiple of 4.
 */
const HEAD_WORDS = 3;
const WORD = Int32Array.BYTES_PER_ELEMENT;
const KIND_BITS = 7;
/** Set in the kind of a text that has characters beyond ASCII. */
const UTF8 = 8;
/** Bytes of a batch. One with a longer message is as long as needed. */
const USUAL_BYTES = 64 * 1024;
/** Batches that were read and whose memory is kept. */
const MOST_SPARE = 8;

/** Collects records in a batch. */
export class MessageBatchWriter {
  #bytes: Buffer = Buffer.alloc(0);
  #words: Int32Array = new Int32Array();
  #length = 0;
  readonly #spare: ArrayBuffer[] = [];

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** True when the batch is as long as it should be. */
  get isFull(): boolean {
    return this.#length >= USUAL_BYTES / 2;
  }

  /** Adds a record. Returns the bytes of its payload. */
  add(kind: RecordKind, connection: number, payload: WireMessage = ''): number {
    const isText = typeof payload === 'string';
    const length = isText ? Buffer.byteLength(payload) : payload.length;
    const isAscii = !isText || length === payload.length;
    const head = this.#length / WORD;
    const at = this.#length + HEAD_WORDS * WORD;
    const end = at + spaceOf(length);
    if (end > this.#bytes.length) this.#grow(end);
    this.#words[head] = isAscii ? kind : kind | UTF8;
    this.#words[head + 1] = connection;
    this.#words[head + 2] = length;
    if (isText) this.#bytes.write(payload, at, isAscii ? 'latin1' : 'utf8');
    else this.#bytes.set(payload, at);
    this.#length = end;
    return length;
  }

  /** Returns the batch, and begins another one. */
  take(): MessageBatch {
    const batch = { bytes: this.#bytes.buffer as ArrayBuffer, length: this.#length, at: sharedMs() };
    this.#use(Buffer.alloc(0));
    this.#length = 0;
    return batch;
  }

  /** Keeps the memory of a batch that was read, for a batch of this writer. */
  reuse({ bytes }: MessageBatch): void {
    if (bytes.byteLength === USUAL_BYTES && this.#spare.length < MOST_SPARE) this.#spare.push(bytes);
  }

  #grow(needed: number): void {
    const used = this.#bytes.subarray(0, this.#length);
    const spare = needed <= USUAL_BYTES ? this.#spare.pop() : undefined;
    // Memory of its own, which can be given to the other thread.
    const size = Math.max(USUAL_BYTES, spaceOf(needed), 2 * this.#bytes.length);
    this.#use(spare ? Buffer.from(spare) : Buffer.allocUnsafeSlow(size));
    this.#bytes.set(used);
  }

  #use(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#words = new Int32Array(bytes.buffer, 0, bytes.length / WORD);
  }
}

/** Reads the records of a batch, in order. */
export function readBatch({ bytes, length }: MessageBatch, take: TakeRecord): void {
  const all = Buffer.from(bytes);
  const words = new Int32Array(bytes);
  for (let at = 0; at < length; ) {
    const head = at / WORD;
    const [kind = 0, connection = 0, size = 0] = [words[head], words[head + 1], words[head + 2]];
    const from = at + HEAD_WORDS * WORD;
    at = from + spaceOf(size);
    const isBytes = (kind & KIND_BITS) === RECORD.bytes;
    const payload = isBytes
      ? all.subarray(from, from + size)
      : all.toString(kind & UTF8 ? 'utf8' : 'latin1', from, from + size);
    take((kind & KIND_BITS) as RecordKind, connection, payload);
  }
}

/** Space that a payload of this length takes. */
function spaceOf(length: number): number {
  return (length + WORD - 1) & ~(WORD - 1);
}
