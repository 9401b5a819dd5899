import type { Socket } from 'node:net';
import { systemClock } from '../clock.js';
import { Histogram } from './histogram.js';
import type { ReadClass } from './lease.js';
import { DirectReader, READ_BUFFER_BYTES } from './receive/direct-reader.js';
import { PublicReader, type ReaderEvents, type SocketReader } from './receive/socket-reader.js';
import { TimingWheel } from './timing-wheel.js';

/** What a connection tells its lease. */
export interface ConnectionEvents extends ReaderEvents {
  /** The kernel takes bytes again. */
  drain(): void;
}

/** The work of a read wheel's turn is spread over this many ticks: few, since a long run of reads costs less a piece. */
const READ_SLOTS = 8;

/**
 * How the connections of a thread are read: those that are read equally often share a wheel. Wheels turn on the
 * machine's clock, whatever that of the audio is: when bytes are fetched from the kernel is a matter of cost.
 */
export class ReadPlan {
  /** How late the wheels came to their slots, in ms. */
  readonly lateness = new Histogram();
  readonly #wheels = new Map<number, TimingWheel>();
  readonly #buffer: Buffer | undefined;

  /** @param direct Whether descriptors may be read directly, where the system allows it. */
  constructor(direct: boolean) {
    this.#buffer = direct ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : undefined;
  }

  /** A reader that is visited each `intervalMs` in the batched class. */
  readerOf(socket: Socket, intervalMs: number, events: ReaderEvents): SocketReader {
    const wheel = this.#wheelOf(intervalMs);
    const direct = this.#buffer && DirectReader.of(socket, this.#buffer, wheel, events);
    return direct ?? new PublicReader(socket, wheel, events);
  }

  /** Turns the wheels that are overdue: for loops that keep this thread busy. */
  catchUp(): void {
    for (const wheel of this.#wheels.values()) wheel.catchUp();
  }

  #wheelOf(intervalMs: number): TimingWheel {
    let wheel = this.#wheels.get(intervalMs);
    if (!wheel) {
      wheel = new TimingWheel(systemClock, { intervalMs, slots: READ_SLOTS, lateness: this.lateness });
      this.#wheels.set(intervalMs, wheel);
    }
    return wheel;
  }
}

/** The socket of a claimed lease. Each of its endings is told once, and none after {@link Connection.destroy}. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader: SocketReader;
  #over = false;

  /** @param readerOf Makes what reads the socket. */
  constructor(socket: Socket, readerOf: (events: ReaderEvents) => SocketReader, events: ConnectionEvents) {
    this.#socket = socket;
    const broken = (error: Error) => {
      if (!this.#over) events.broken(error);
      this.#over = true;
    };
    this.#reader = readerOf({ ...events, broken });
    socket.on('drain', () => events.drain());
    socket.on('error', broken);
  }

  read(readClass: ReadClass): void {
    this.#reader.read(readClass);
  }

  pause(): void {
    this.#reader.pause();
  }

  /** Gives out what the kernel has, then calls `onDrained`. */
  drain(onDrained: () => void): void {
    this.#reader.drain(onDrained);
  }

  /** False when the kernel's buffer is full: wait for `drain`. */
  write(bytes: Uint8Array): boolean {
    return !this.#over && this.#socket.write(bytes);
  }

  /** Sends what was written, then closes our side. */
  end(onFlushed: () => void): void {
    if (this.#over) onFlushed();
    else this.#socket.end(onFlushed);
  }

  destroy(): void {
    this.#over = true;
    this.#reader.close();
    this.#socket.destroy();
  }
}
