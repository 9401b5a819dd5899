import type { Socket } from 'node:net';
import { Histogram } from '../../base/histogram.js';
import { BYTES_PER_SAMPLE, type PcmFormat } from '../../base/pcm.js';
import { systemClock } from '../../base/time/clock.js';
import { TimingWheel } from '../../base/time/timing-wheel.js';
import type { ReadClass } from '../../stream/pcm-stream.js';
import type { Accepted } from './accepted.js';
import { DirectReader, READ_BUFFER_BYTES } from './direct-reader.js';
import { HOT_BYTES } from './revisits.js';
import { PublicReader, type ReaderEvents, type ReaderOwner, type SocketReader } from './socket-reader.js';

/** The lease that a connection belongs to. */
export interface ConnectionEvents extends ReaderEvents {
  /** The kernel takes bytes again. */
  drained(): void;
}

/** Ticks over which a read wheel spreads the work of a turn. They are few, since reads in a long row cost less each. */
const READ_SLOTS = 8;

/**
 * Interval for streams that only files take, in ms: earlier reads have no use there, and fewer, longer writes cost
 * less.
 */
const FILES_READ_INTERVAL_MS = 1000;
const READ_INTERVAL_MS = 250;

/**
 * Time between two reads of a stream in the batched class, in ms.
 * @param toldMs The option of its lease or of the server.
 * @param onlyFiles True when all sinks of the stream are files.
 */
export function readIntervalOf(format: PcmFormat, toldMs: number | undefined, onlyFiles: boolean): number {
  const wishedMs = toldMs ?? (onlyFiles ? FILES_READ_INTERVAL_MS : READ_INTERVAL_MS);
  return Math.min(wishedMs, longestReadInterval(format));
}

/**
 * Longest time between two reads of a stream, in ms. What comes in meanwhile fits into the kernel's receive buffer (64
 * KiB, until the kernel has seen the connection being read), and is not taken for more than live voice.
 */
function longestReadInterval({ sampleRate, channels }: PcmFormat): number {
  return Math.floor((HOT_BYTES / 2 / (sampleRate * channels * BYTES_PER_SAMPLE)) * 1000);
}

/**
 * Reads the connections of a thread. Connections with the same read interval share a wheel. Wheels always turn on the
 * machine's clock, also when the audio has another clock: the time at which bytes are fetched from the kernel only
 * affects the cost.
 */
export class ReadPlan {
  /** Delay of the wheels' visits, in ms. */
  readonly lateness = new Histogram();
  readonly #wheels = new Map<number, TimingWheel>();
  readonly #buffer: Buffer | undefined;

  /** @param direct True to read descriptors directly, where the system allows it. */
  constructor(direct: boolean) {
    this.#buffer = direct ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : undefined;
  }

  /** True when connections with a descriptor are read directly. */
  get direct(): boolean {
    return this.#buffer !== undefined;
  }

  /** Makes a reader that `wheel` visits in the batched class. */
  readerOf(accepted: Accepted, wheel: TimingWheel, owner: ReaderOwner): SocketReader {
    return this.#buffer && accepted.fd !== undefined
      ? new DirectReader(accepted, this.#buffer, wheel, owner)
      : new PublicReader(wheel, owner);
  }

  /** Turns the wheels that are overdue. For loops that keep this thread busy. */
  catchUp(): void {
    for (const wheel of this.#wheels.values()) wheel.catchUp();
  }

  /** The wheel that turns every `intervalMs`. */
  wheelOf(intervalMs: number): TimingWheel {
    let wheel = this.#wheels.get(intervalMs);
    if (!wheel) {
      wheel = new TimingWheel(systemClock, { intervalMs, slots: READ_SLOTS, lateness: this.lateness });
      this.#wheels.set(intervalMs, wheel);
    }
    return wheel;
  }
}

/** The connection of a claimed lease. It reports its end once, and never after {@link PeerConnection.destroy}. */
export class PeerConnection implements ReaderOwner {
  readonly #accepted: Accepted;
  readonly #readPlan: ReadPlan;
  readonly #reader: SocketReader;
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  #over = false;

  /** @param intervalMs Time between two reads in the batched class, in ms. */
  constructor(accepted: Accepted, readPlan: ReadPlan, intervalMs: number, events: ConnectionEvents) {
    this.#accepted = accepted;
    this.#readPlan = readPlan;
    this.#events = events;
    this.#reader = readPlan.readerOf(accepted, readPlan.wheelOf(intervalMs), this);
  }

  data(buffer: Uint8Array, start: number, end: number, headroom: number): void {
    this.#events.data(buffer, start, end, headroom);
  }

  ended(): void {
    this.#events.ended();
  }

  broken(error: Error): void {
    if (!this.#over) this.#events.broken(error);
    this.#over = true;
  }

  get room(): number {
    return this.#events.room;
  }

  /** The socket, made on first use: a connection that is only read, in the batched class, needs none. */
  get socket(): Socket {
    this.#socket ??= this.#open();
    return this.#socket;
  }

  read(readClass: ReadClass): void {
    this.#reader.read(readClass);
  }

  /** Sets the time between two reads in the batched class, from now on. */
  readEach(intervalMs: number): void {
    this.#reader.moveTo(this.#readPlan.wheelOf(intervalMs));
  }

  pause(): void {
    this.#reader.pause();
  }

  /** Gives out what the kernel has, then calls `onDrained`. */
  drain(onDrained: () => void): void {
    this.#reader.drain(onDrained);
  }

  /** Writes bytes. Returns false when the kernel's buffer is full: wait for `drain`. */
  write(bytes: Uint8Array): boolean {
    return !this.#over && this.socket.write(bytes);
  }

  /** Sends what was written, then closes our side. */
  end(onFlushed: () => void): void {
    if (this.#over) onFlushed();
    else this.socket.end(onFlushed);
  }

  destroy(): void {
    this.#over = true;
    this.#reader.close();
    this.#accepted.destroy();
  }

  #open(): Socket {
    const socket = this.#accepted.socket(this.#reader.onread);
    // Writes are paced, so each is sent at once (Nagle's algorithm, RFC 896, is off).
    socket.setNoDelay();
    socket.on('drain', () => this.#events.drained());
    socket.on('end', () => this.ended());
    socket.on('error', (error) => this.broken(error));
    return socket;
  }
}
