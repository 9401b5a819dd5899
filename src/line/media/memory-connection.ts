import type { WireMessage } from '../dialect/media-event.js';
import type { ConnectionListener, MediaConnection } from './media-connection.js';

/** Makes the two ends of a connection without a network. */
export function memoryConnections(): [MediaConnection, MediaConnection] {
  const [one, other] = [new MemoryConnection(), new MemoryConnection()];
  one.peer = other;
  other.peer = one;
  return [one, other];
}

class MemoryConnection implements MediaConnection {
  readonly bufferedBytes = 0;
  readonly lagMs = 0;
  peer: MemoryConnection | undefined;
  readonly #waiting: (() => void)[] = [];
  #listener: ConnectionListener | undefined;
  #isOver = false;

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    for (const deliver of this.#waiting.splice(0)) deliver();
  }

  probe(): void {}

  send(message: WireMessage): void {
    const copy = typeof message === 'string' ? message : message.slice();
    if (!this.#isOver) this.peer?.take((listener) => listener.message(copy));
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const closed = (listener: ConnectionListener) => listener.closed();
    this.peer?.take((listener, end) => end.over(() => closed(listener)));
    this.take(closed);
  }

  abort(): void {
    this.close();
  }

  /** Delivers in a later turn, as a network would, so that a sender is never called back while it sends. */
  take(deliver: (listener: ConnectionListener, end: MemoryConnection) => void): void {
    const run = () => {
      const listener = this.#listener;
      if (listener) deliver(listener, this);
      else this.#waiting.push(run);
    };
    queueMicrotask(run);
  }

  over(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    tell();
  }
}
