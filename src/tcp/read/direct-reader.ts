import { readSync } from 'node:fs';
import type { OnReadOpts } from 'node:net';
import type { TimingWheel, WheelMember } from '../../base/time/timing-wheel.js';
import type { ReadClass } from '../../stream/pcm-stream.js';
import type { Accepted } from './accepted.js';
import { Revisits } from './revisits.js';
import type { ReaderOwner, SocketReader } from './socket-reader.js';

/** Free bytes before the read data: the first bytes of a split sample are put there. */
const HEADROOM = 64;
/** Largest read, in bytes: it stays in the processor's cache until it is written. */
const READ_BYTES = 128 * 1024;
/** Size of the buffer that {@link DirectReader}s of a thread share. */
export const READ_BUFFER_BYTES = HEADROOM + READ_BYTES;
/** Most reads of one visit, before the other streams have their turn. */
const READS_PER_VISIT = 8;
/** Most bytes that are fetched from a peer that goes on sending while its lease closes. */
const MAX_DRAIN_BYTES = 8 * 1024 * 1024;

/** The last reads from a peer while its lease closes. */
interface Drain {
  /** Most bytes that are still fetched. */
  left: number;
  readonly done: () => void;
}

/**
 * Reads into one buffer that all readers of a thread share. In the batched class it reads the descriptor itself; in the
 * immediate class libuv reads. It takes half the CPU of the public API (docs/performance.md).
 */
export class DirectReader implements SocketReader, WheelMember {
  readonly #accepted: Accepted;
  #wheel: TimingWheel;
  readonly #owner: ReaderOwner;
  readonly #buffer: Buffer;
  #mode: ReadClass | 'new' | 'paused' | 'closed' = 'new';
  readonly #revisits = new Revisits(this);
  /** Set when the lease closes; all reads are batched from then on. */
  #drain: Drain | undefined;

  /** @param buffer Buffer that all readers of a thread share. It is filled and given out within one visit. */
  constructor(accepted: Accepted, buffer: Buffer, wheel: TimingWheel, owner: ReaderOwner) {
    this.#accepted = accepted;
    this.#buffer = buffer;
    this.#wheel = wheel;
    this.#owner = owner;
  }

  get onread(): OnReadOpts {
    return {
      buffer: this.#buffer.subarray(HEADROOM),
      callback: (length) => {
        this.#owner.data(this.#buffer, HEADROOM, HEADROOM + length, HEADROOM);
        return this.#mode === 'immediate';
      },
    };
  }

  read(readClass: ReadClass): void {
    if (this.#mode === 'closed') return;
    const waits = this.#mode === 'new' || this.#mode === 'paused';
    if (readClass === 'immediate' && !this.#drain) {
      this.#mode = 'immediate';
      this.#wheel.delete(this);
      this.#owner.socket.resume();
      return;
    }
    this.#stopListening();
    this.#mode = 'batched';
    this.#wheel.add(this);
    if (waits) this.#revisits.soon();
  }

  moveTo(wheel: TimingWheel): void {
    this.#wheel.handOver(this, wheel);
    this.#wheel = wheel;
  }

  pause(): void {
    if (this.#mode === 'closed') return;
    this.#stopListening();
    this.#mode = 'paused';
    this.#wheel.delete(this);
  }

  drain(onDrained: () => void): void {
    this.#drain = { left: MAX_DRAIN_BYTES, done: onDrained };
    this.read('batched');
    this.#revisits.soon();
  }

  close(): void {
    this.#mode = 'closed';
    this.#wheel.delete(this);
    this.#revisits.cancel();
  }

  visit(): void {
    const bytes = this.#readShare();
    if (this.#mode !== 'batched') return;
    if (this.#drain) this.#drained(this.#drain, bytes);
    else this.#revisits.after(bytes);
  }

  #stopListening(): void {
    if (this.#mode === 'immediate') this.#owner.socket.pause();
  }

  /** Reads what is there, up to the share of one visit; returns the number of bytes. */
  #readShare(): number {
    let bytes = 0;
    for (let reads = 0; reads < READS_PER_VISIT && this.#mode === 'batched'; reads++) {
      const wanted = Math.min(this.#owner.room, READ_BYTES);
      const read = wanted > 0 ? this.#read(wanted) : 0;
      if (read === 0) break;
      bytes += read;
      this.#owner.data(this.#buffer, HEADROOM, HEADROOM + read, HEADROOM);
      if (read < wanted) break;
    }
    return bytes;
  }

  /** Reads the descriptor once. Returns 0 when nothing is there, or when the stream is over. */
  #read(wanted: number): number {
    const { fd } = this.#accepted;
    if (fd === undefined) return 0;
    try {
      const read = readSync(fd, this.#buffer, HEADROOM, wanted, null);
      if (read === 0) this.#over(() => this.#owner.ended());
      return read;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      if (error.code !== 'EAGAIN') this.#over(() => this.#owner.broken(error));
      return 0;
    }
  }

  #over(tell: () => void): void {
    this.close();
    if (this.#drain) this.#drain.done();
    else tell();
  }

  #drained(drain: Drain, bytes: number): void {
    drain.left -= bytes;
    if (bytes > 0 && drain.left > 0) {
      this.#revisits.soon();
      return;
    }
    if (this.#owner.room === 0) return;
    this.close();
    drain.done();
  }
}
