import type { Socket } from 'node:net';

/** What a connection tells its lease. */
export interface ConnectionEvents {
  /** Bytes that are valid during the call. */
  data(bytes: Uint8Array): void;
  /** The peer has closed its side; all it sent was given out. */
  end(): void;
  /** The kernel takes bytes again. */
  drain(): void;
  /** The connection broke. Nothing comes after this. */
  broken(error: Error): void;
}

/** The socket of a claimed lease. */
export class Connection {
  readonly #socket: Socket;
  #over = false;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    socket.on('data', (bytes) => events.data(bytes));
    socket.on('end', () => events.end());
    socket.on('drain', () => events.drain());
    socket.on('error', (error) => {
      if (!this.#over) events.broken(error);
    });
  }

  resume(): void {
    this.#socket.resume();
  }

  pause(): void {
    this.#socket.pause();
  }

  /** False when the kernel's buffer is full: wait for `drain`. */
  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  /** Sends what was written, then closes our side. */
  end(onFlushed: () => void): void {
    this.#socket.end(onFlushed);
  }

  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }
}
