import type { Socket } from 'node:net';
import type { ReadClass } from './lease.js';
import { DirectReader, READ_BUFFER_BYTES } from './receive/direct-reader.js';
import { PublicReader, type ReaderEvents, type SocketReader } from './receive/socket-reader.js';
import type { TimingWheel } from './timing-wheel.js';

/** What a connection tells its lease. */
export interface ConnectionEvents extends ReaderEvents {
  /** The kernel takes bytes again. */
  drain(): void;
}

/** How the connections of a thread are read. */
export class ReadPlan {
  readonly wheel: TimingWheel;
  readonly #buffer: Buffer | undefined;

  /** @param direct Whether descriptors may be read directly, where the system allows it. */
  constructor(wheel: TimingWheel, direct: boolean) {
    this.wheel = wheel;
    this.#buffer = direct ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : undefined;
  }

  readerOf(socket: Socket, events: ReaderEvents): SocketReader {
    const direct = this.#buffer && DirectReader.of(socket, this.#buffer, this.wheel, events);
    return direct ?? new PublicReader(socket, this.wheel, events);
  }
}

/** The socket of a claimed lease. Each of its endings is told once, and none after {@link Connection.destroy}. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader: SocketReader;
  #over = false;

  constructor(socket: Socket, plan: ReadPlan, events: ConnectionEvents) {
    this.#socket = socket;
    const broken = (error: Error) => {
      if (!this.#over) events.broken(error);
      this.#over = true;
    };
    this.#reader = plan.readerOf(socket, { ...events, broken });
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
