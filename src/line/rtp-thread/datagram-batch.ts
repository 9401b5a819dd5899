import type { RtpAddress } from '../rtp/rtp-transport.js';

/** Datagrams of many sockets, in the order of their arrival, as they are sent between threads. */
export interface DatagramBatch {
  readonly bytes: ArrayBuffer;
  /** Bytes in use. */
  readonly length: number;
  /** Addresses that the datagrams came from. */
  readonly addresses: readonly string[];
}

/** Takes a datagram of a batch: the bytes from `start` to `end`. */
export type TakeDatagram = (
  bytes: Buffer,
  start: number,
  end: number,
  from: RtpAddress,
  atMs: number,
) => void;

/*
 * Header of a datagram in a batch: time of arrival (float64), socket, length, index of the address, and port (uint32
 * each). Its bytes follow. The next header begins at a multiple of 8.
 */
const HEADER_BYTES = 24;
/** Bytes of a batch: at first, and at most, where it has some 10,000 packets of G.711. */
const FIRST_BYTES = 16 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;

/** Collects datagrams in a batch. */
export class BatchWriter {
  #bytes = new Uint8Array();
  #times = new Float64Array();
  #words = new Uint32Array();
  #length = 0;
  /** Bytes of the next batch: as many as the last one needed. */
  #usual = FIRST_BYTES;
  readonly #addresses = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Returns true when there is room for a datagram of this length. */
  hasRoom(length: number): boolean {
    return this.#length + spaceOf(length) <= MOST_BYTES;
  }

  /** Adds a datagram, for which there must be room. */
  add(socket: number, bytes: Uint8Array, { address, port }: RtpAddress, atMs: number): void {
    const space = spaceOf(bytes.length);
    while (this.#length + space > this.#bytes.length) this.#grow();
    let index = this.#addresses.get(address);
    if (index === undefined) {
      index = this.#addresses.size;
      this.#addresses.set(address, index);
    }
    const at = this.#length / 4;
    this.#times[at / 2] = atMs;
    this.#words[at + 2] = socket;
    this.#words[at + 3] = bytes.length;
    this.#words[at + 4] = index;
    this.#words[at + 5] = port;
    this.#bytes.set(bytes, this.#length + HEADER_BYTES);
    this.#length += space;
  }

  /** Returns the batch, and begins another one. */
  take(): DatagramBatch {
    const { buffer } = this.#bytes;
    const batch = { bytes: buffer, length: this.#length, addresses: [...this.#addresses.keys()] };
    this.#usual = Math.max(FIRST_BYTES, Math.ceil(this.#length / FIRST_BYTES) * FIRST_BYTES);
    this.#bytes = new Uint8Array();
    this.#length = 0;
    this.#addresses.clear();
    return batch;
  }

  #grow(): void {
    const size = Math.min(MOST_BYTES, Math.max(this.#usual, 2 * this.#bytes.length));
    // Memory of its own, which can be given to the other thread.
    const bytes = Buffer.allocUnsafeSlow(size);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#times = new Float64Array(bytes.buffer);
    this.#words = new Uint32Array(bytes.buffer);
  }
}

/**
 * Reads the datagrams of a batch: those of a socket one after the other, in the order of their arrival. What handles
 * them is then in the cache of the processor.
 *
 * @param takerOf Returns what takes the datagrams of a socket; undefined when nothing does.
 */
export function readDatagrams(
  { bytes, length, addresses }: DatagramBatch,
  takerOf: (socket: number) => TakeDatagram | undefined,
): void {
  const whole = Buffer.from(bytes);
  const times = new Float64Array(bytes);
  const words = new Uint32Array(bytes);
  for (const [socket, ats] of placesOf(words, length)) {
    const take = takerOf(socket);
    if (!take) continue;
    let from: RtpAddress | undefined;
    for (const at of ats) {
      const address = addresses[words[at + 4] ?? 0] ?? '';
      const port = words[at + 5] ?? 0;
      if (from?.address !== address || from.port !== port) from = { address, port };
      const start = at * 4 + HEADER_BYTES;
      take(whole, start, start + (words[at + 3] ?? 0), from, times[at / 2] ?? 0);
    }
  }
}

/** Finds the headers of the datagrams of each socket, by their words. */
function placesOf(words: Uint32Array, length: number): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (let at = 0; at < length / 4; at += spaceOf(words[at + 3] ?? 0) / 4) {
    const socket = words[at + 2] ?? 0;
    const known = places.get(socket);
    if (known) known.push(at);
    else places.set(socket, [at]);
  }
  return places;
}

/** Space that a datagram of this length takes. */
function spaceOf(length: number): number {
  return (HEADER_BYTES + length + 7) & ~7;
}
