import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ReadClass } from '../lease.js';
import type { TimingWheel, WheelMember } from '../timing-wheel.js';
import { HOT_BYTES, type ReaderEvents, type SocketReader } from './socket-reader.js';

/*
 * The one place that reaches behind the public API. `net.Socket` keeps its libuv handle in `_handle`; since
 * Node 0.12 that has the descriptor as `fd` (-1 once closed; not on Windows), and the socket's own note of
 * whether libuv reads it in `reading`. Reading the descriptor itself costs one system call a visit: no
 * registration with epoll, no wake-up, no buffer allocated, no stream machinery. Measured against the public
 * resume-for-one-read it takes about half the CPU (docs/performance.md).
 */
interface Handle {
  readonly fd: number;
  reading: boolean;
  readStop(): void;
}

/** Size of the buffer that {@link DirectReader}s of a thread share. */
export const READ_BUFFER_BYTES = 256 * 1024;
/** Reads of one visit: what one stream may take before the others have their turn. */
const READS_PER_VISIT = 4;
/** A hot stream is fetched in every turn of the event loop until this long, in ms, has brought less than HOT_BYTES. */
const HOT_MS = 10;
/** Most that is fetched of a peer that goes on sending while its lease closes. */
const MAX_DRAIN_BYTES = 8 * 1024 * 1024;

function handleOf(socket: Socket): Handle | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  return isHandle(handle) ? handle : undefined;
}

function isHandle(handle: unknown): handle is Handle {
  if (typeof handle !== 'object' || handle === null) return false;
  if (!('fd' in handle && 'readStop' in handle)) return false;
  return typeof handle.fd === 'number' && handle.fd >= 0 && typeof handle.readStop === 'function';
}

/** Whether `socket` can be read through its descriptor here. */
export function canReadDirectly(socket: Socket): boolean {
  return process.platform !== 'win32' && handleOf(socket) !== undefined;
}

/** Reads the batched class straight from the descriptor; the immediate class by the socket's own events. */
export class DirectReader implements SocketReader, WheelMember {
  readonly #socket: Socket;
  readonly #wheel: TimingWheel;
  readonly #events: ReaderEvents;
  readonly #buffer: Buffer;
  #mode: ReadClass | 'paused' | 'closed' = 'paused';
  #chasing = false;
  #hotUntil = 0;
  #hotBytes = 0;
  #drainLeft = 0;
  #onDrained: (() => void) | undefined;

  /** @param buffer Is filled and given out within one visit; shared by all readers of a thread. */
  constructor(socket: Socket, wheel: TimingWheel, buffer: Buffer, events: ReaderEvents) {
    this.#socket = socket;
    this.#wheel = wheel;
    this.#buffer = buffer;
    this.#events = events;
    socket.pause();
    socket.on('data', (bytes: Buffer) => events.data(bytes));
    socket.on('end', () => events.end());
  }

  read(readClass: ReadClass): void {
    if (this.#mode === 'closed') return;
    if (readClass === 'immediate' && !this.#onDrained) {
      this.#mode = 'immediate';
      this.#wheel.delete(this);
      this.#socket.resume();
      return;
    }
    this.#mode = 'batched';
    this.#socket.pause();
    this.#wheel.add(this);
    this.#chase();
  }

  pause(): void {
    if (this.#mode === 'closed') return;
    this.#mode = 'paused';
    this.#wheel.delete(this);
    this.#socket.pause();
  }

  drain(onDrained: () => void): void {
    this.#onDrained = onDrained;
    this.#drainLeft = MAX_DRAIN_BYTES;
    this.read('batched');
  }

  close(): void {
    this.#mode = 'closed';
    this.#wheel.delete(this);
  }

  visit(): void {
    const taken = this.#take();
    if (this.#mode !== 'batched') return;
    if (this.#onDrained) this.#drained(taken);
    else this.#keepHot(taken);
  }

  /** Reads what is there, within the visit's share; returns the number of bytes. */
  #take(): number {
    let taken = this.#takeBuffered();
    for (let reads = 0; reads < READS_PER_VISIT && this.#mode === 'batched'; reads++) {
      const wanted = Math.min(this.#events.room(), this.#buffer.length);
      const read = wanted > 0 ? this.#read(wanted) : 0;
      if (read === 0) break;
      taken += read;
      this.#events.data(this.#buffer.subarray(0, read));
      if (read < wanted) break;
    }
    return taken;
  }

  /** Bytes that libuv read before the class was changed come first; after that it must not read again. */
  #takeBuffered(): number {
    const handle = handleOf(this.#socket);
    if (handle?.reading) {
      handle.reading = false;
      handle.readStop();
    }
    if (this.#socket.readableLength === 0) return 0;
    const bytes: Buffer | null = this.#socket.read(this.#socket.readableLength);
    if (handle?.reading) {
      handle.reading = false;
      handle.readStop();
    }
    if (bytes) this.#events.data(bytes);
    return bytes?.length ?? 0;
  }

  /** One read of the descriptor: 0 when nothing is there, or the stream is over. */
  #read(wanted: number): number {
    const handle = handleOf(this.#socket);
    if (!handle) return 0;
    try {
      const read = readSync(handle.fd, this.#buffer, 0, wanted, null);
      if (read === 0) this.#over(() => this.#events.end());
      return read;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      if (error.code !== 'EAGAIN') this.#over(() => this.#events.broken(error));
      return 0;
    }
  }

  #over(tell: () => void): void {
    const onDrained = this.#onDrained;
    this.close();
    if (onDrained) onDrained();
    else tell();
  }

  #drained(taken: number): void {
    this.#drainLeft -= taken;
    if (taken > 0 && this.#drainLeft > 0) {
      this.#chase();
      return;
    }
    if (this.#events.room() === 0) return;
    const onDrained = this.#onDrained;
    this.close();
    onDrained?.();
  }

  /** A stream that brings more than live voice is visited again in the next turn, as long as it does. */
  #keepHot(taken: number): void {
    if (taken < HOT_BYTES && this.#hotUntil === 0) return;
    this.#hotBytes += taken;
    const now = performance.now();
    if (this.#hotBytes >= HOT_BYTES) {
      this.#hotUntil = now + HOT_MS;
      this.#hotBytes = 0;
    }
    if (now < this.#hotUntil) {
      this.#chase();
      return;
    }
    this.#hotUntil = 0;
    this.#hotBytes = 0;
  }

  #chase(): void {
    if (this.#chasing) return;
    this.#chasing = true;
    setImmediate(() => {
      this.#chasing = false;
      if (this.#mode === 'batched') this.visit();
    });
  }
}
